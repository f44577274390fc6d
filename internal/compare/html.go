package compare

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
	Policy   string
	CSS      template.CSS
	JS       template.JS
	Headline string
	Share    string // of the requests that are the same
	Bar      []page.Part
	Verdicts []page.Part // of the requests that are not
	Hosts    []string
	Kinds    []string
	Fields   []string
	Listed   []Result // of Requests
	Hidden   bool     // there are more
}

// listed is how many requests a page lists: more than that no browser shows at ease.
const listed = 5000

// WriteHTML writes one page that needs nothing else. Text of answers and objects is escaped by its context, and shown
// with escapes where it does not print.
func WriteHTML(w io.Writer, r *Report) error {
	examples := map[string]Result{}
	for _, result := range r.Requests {
		examples[result.Request.ID] = result
	}
	t, err := template.New("page").Funcs(template.FuncMap{
		"p":      issue.Printable,
		"detail": detail,
		"count":  count,
		"example": func(g Group) Result {
			result := examples[g.Requests[0]]
			result.Differences = slices.DeleteFunc(slices.Clone(result.Differences), func(d Difference) bool { return d.Field != g.Field })
			return result
		},
		"fields": func(r Result) string {
			var out []string
			for _, d := range r.Differences {
				out = append(out, issue.Printable(d.Field))
			}
			return strings.Join(out, " ")
		},
		"few": few,
	}).Parse(pageHTML)
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
	v := view{Report: r, CSS: page.Style(pageCSS), JS: template.JS(pageJS), Headline: headline(r), Share: page.Percent(r.Same, r.Planned)}
	v.Policy = page.Policy(v.CSS, v.JS)
	v.Bar = page.Bar([]page.Part{
		{Name: string(Differs), Words: "different", Count: r.Different},
		{Name: string(Unsteady), Words: "unsteady", Count: r.Unsteady},
		{Name: string(Known), Words: "accepted", Count: r.Accepted},
		{Name: string(Failed), Words: "failed", Count: r.Failed},
		{Name: "unasked", Words: "not asked", Count: r.Planned - r.Compared - r.Failed},
		{Name: "same", Words: "the same", Count: r.Same},
	})
	for _, part := range v.Bar[:4] {
		if part.Count > 0 {
			v.Verdicts = append(v.Verdicts, part)
		}
	}
	v.Listed, v.Hidden = r.Requests[:min(len(r.Requests), listed)], len(r.Requests) > listed
	hosts, kinds, fields := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, result := range v.Listed {
		hosts[result.Request.Name()] = true
		kinds[string(result.Request.Kind)] = true
		for _, d := range result.Differences {
			fields[d.Field] = true
		}
	}
	v.Hosts, v.Kinds, v.Fields = slices.Sorted(maps.Keys(hosts)), slices.Sorted(maps.Keys(kinds)), slices.SortedFunc(maps.Keys(fields), compareFields)
	return v
}

// headline says first what matters most.
func headline(r *Report) string {
	switch {
	case r.Interrupted:
		return fmt.Sprintf("Interrupted: %d of %s differ so far", r.Different, count(r.Planned, "request"))
	case r.Different > 0:
		return fmt.Sprintf("%d of %s are answered differently", r.Different, count(r.Planned, "request"))
	case r.Failed > 0:
		return fmt.Sprintf("%d of %s could not be sent", r.Failed, count(r.Planned, "request"))
	case r.Accepted+r.Unsteady > 0:
		return fmt.Sprintf("%s: nothing differs that is not accepted or unsteady", count(r.Planned, "request"))
	default:
		return fmt.Sprintf("%s: all are answered the same", count(r.Planned, "request"))
	}
}

// few lists the first of many.
func few(list []string) string {
	const most = 8
	text := issue.Printable(strings.Join(list[:min(most, len(list))], ", "))
	if more := len(list) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
