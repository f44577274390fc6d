package assess

import (
	"bytes"
	_ "embed" // the parts of the page
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/page"
)

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string
)

// view is what the template reads beside the report.
type view struct {
	*Report
	Policy     string // Content-Security-Policy: this style and this script, nothing else
	CSS        template.CSS
	JS         template.JS
	Share      string // of the Ingresses that would be served
	Open       int    // routes
	Bar        []bar
	BarLabel   string
	Namespaces []string
	Keys       []string // annotations, by name
	Export     string
}

// bar is one outcome in the picture of all.
type bar struct {
	Outcome Outcome
	page.Part
}

// told is a finding and whose it is, where that is not clear from its place.
type told struct {
	Finding Finding
	Subject string
}

// WriteHTML writes one page that needs nothing else: no script, style, font or picture from elsewhere. Text of objects is
// escaped by its context, and shown with escapes where it does not print.
func WriteHTML(w io.Writer, r *Report) error {
	t, err := template.New("page").Funcs(functions()).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, newView(r)); err != nil {
		return fmt.Errorf("fill the page: %w", err)
	}
	_, err = w.Write(out.Bytes())
	return err
}

func newView(r *Report) view {
	p := view{
		Report: r, CSS: page.Style(pageCSS), JS: template.JS(pageJS), Export: Export,
		Share: page.Percent(r.Totals.Ingresses.Answered(), r.Totals.Ingresses.Total),
		Open:  r.Totals.Routes - r.Totals.Closed,
	}
	var parts []page.Part
	var label []string
	for _, o := range Outcomes() {
		n := r.Totals.Ingresses.Of(o)
		parts = append(parts, page.Part{Name: string(o), Words: o.Words(), Count: n})
		label = append(label, fmt.Sprintf("%s %d", o.Words(), n))
	}
	for n, part := range page.Bar(parts) {
		p.Bar = append(p.Bar, bar{Outcomes()[n], part})
	}
	p.Policy = page.Policy(p.CSS, p.JS)
	p.BarLabel = strings.Join(label, ", ")
	namespaces := map[string]bool{}
	for n := range r.Ingresses {
		namespaces[r.Ingresses[n].Namespace] = true
	}
	p.Namespaces = slices.Sorted(maps.Keys(namespaces))
	for _, a := range r.Annotations {
		p.Keys = append(p.Keys, a.Key)
	}
	slices.Sort(p.Keys)
	return p
}

// HasController reports whether there is anything to say of it.
func (r *Report) HasController() bool {
	return r.Controller.Workload != nil || r.Controller.ConfigMap != nil
}

// opened is how many Ingresses the page shows with their findings from the start.
const opened = 3

func functions() template.FuncMap {
	return template.FuncMap{
		"p":        issue.Printable,
		"class":    func(s string) string { return issue.Printable(classWord(s)) },
		"short":    func(key string) string { return issue.Printable(key[strings.LastIndex(key, "/")+1:]) },
		"join":     func(list []string) string { return issue.Printable(strings.Join(list, " ")) },
		"few":      few,
		"sentence": sentence,
		"lines":    lines,
		"first": func(list []string) string {
			if len(list) == 0 {
				return ""
			}
			return list[0]
		},
		"open": func(n int, i Ingress) bool { return n < opened && i.Outcome != Served && i.Outcome != Foreign },
		"about": func(f Finding, of any) told {
			if i, ok := of.(Ingress); ok && f.Object.Kind == "Ingress" && f.Object.Name == i.Name && f.Object.Namespace == i.Namespace {
				return told{Finding: f}
			}
			return told{f, strings.TrimSpace(f.Object.String() + position(f.Object.File, f.Object.Line))}
		},
	}
}

// few lists the first of many.
func few(list []string) string {
	const most = 4
	text := issue.Printable(strings.Join(list[:min(most, len(list))], ", "))
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func lines(s string) string {
	list := strings.Split(strings.TrimRight(s, "\n"), "\n")
	for n := range list {
		list[n] = issue.Printable(list[n])
	}
	return strings.Join(list, "\n")
}
