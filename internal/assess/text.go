package assess

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/page"
)

// WriteText writes the report for a reader, the riskiest first. Ingresses that are served as they are, are only counted.
func WriteText(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "%s\n\n", r.Headline())
	writeTotals(out, r)
	writeIngresses(out, r)
	writeController(out, r)
	writeFindings(out, "Elsewhere", r.Other)
	writeAnnotations(out, r)
	writeUnchecked(out, r)
	for _, note := range r.Notes {
		fmt.Fprintf(out, "Note: %s\n", issue.Printable(note))
	}
	return out.Flush()
}

// Headline is the report in one sentence.
func (r *Report) Headline() string {
	c := r.Totals.Ingresses
	if c.Total == 0 {
		return "There is no Ingress to serve."
	}
	return fmt.Sprintf("%d of %d Ingresses (%s) would be served, %d (%s) exactly as they are.",
		c.Answered(), c.Total, page.Percent(c.Answered(), c.Total), c.Served, page.Percent(c.Served, c.Total))
}

func writeTotals(out io.Writer, r *Report) {
	fmt.Fprintf(out, "%-28s%10s%10s\n", "", "Ingresses", "hosts")
	for _, o := range Outcomes() {
		fmt.Fprintf(out, "%-28s%10d%10d\n", o.Words(), r.Totals.Ingresses.Of(o), r.Totals.Hosts.Of(o))
	}
	if r.Totals.Routes > 0 {
		fmt.Fprintf(out, "\n%d of %d routes are open.\n", r.Totals.Routes-r.Totals.Closed, r.Totals.Routes)
	}
	if len(r.Classes) > 1 {
		fmt.Fprintf(out, "\nBy class:\n")
		for _, c := range r.Classes {
			fmt.Fprintf(out, "  %-26s%10d to serve, %d withheld, %d left to another controller\n", issue.Printable(classWord(c.Name)), c.Ingresses.Total, c.Ingresses.Withheld, c.Ingresses.Foreign)
		}
	}
	fmt.Fprintln(out)
}

func classWord(class string) string {
	if class == "" {
		return "(no class)"
	}
	return class
}

func writeIngresses(out io.Writer, r *Report) {
	for n := range r.Ingresses {
		i := &r.Ingresses[n]
		if len(i.Findings) == 0 || i.Outcome == Foreign {
			continue
		}
		fmt.Fprintf(out, "%s: Ingress %s/%s%s", i.Outcome.Words(), issue.Printable(i.Namespace), issue.Printable(i.Name), position(i.File, i.Line))
		if i.Closed > 0 {
			fmt.Fprintf(out, ", %d of %d routes closed", i.Closed, i.Routes)
		}
		fmt.Fprintf(out, "\n")
		for _, f := range i.Findings {
			writeFinding(out, f, i)
		}
		fmt.Fprintln(out)
	}
}

func position(file string, line int) string {
	switch {
	case file == "":
		return ""
	case line == 0:
		return " (" + issue.Printable(file) + ")"
	default:
		return fmt.Sprintf(" (%s:%d)", issue.Printable(file), line)
	}
}

// writeFinding names the object only where it is not the Ingress itself.
func writeFinding(out io.Writer, f Finding, of *Ingress) {
	subject := issue.Printable(f.Field)
	if of == nil || f.Object.Kind != "Ingress" || f.Object.Name != of.Name || f.Object.Namespace != of.Namespace {
		subject = strings.TrimSpace(issue.Printable(f.Object.String()) + " " + subject)
	}
	if f.Line > 0 {
		subject += fmt.Sprintf(" (line %d)", f.Line)
	}
	fmt.Fprintf(out, "  %-11s%s [%s]\n", f.Outcome, subject, f.Code)
	fmt.Fprintf(out, "             %s\n", sentence(f))
	if f.Suggestion != "" {
		lines := strings.Split(strings.TrimRight(f.Suggestion, "\n"), "\n")
		for n := range lines {
			lines[n] = issue.Printable(lines[n])
		}
		fmt.Fprintf(out, "             Write instead: %s\n", strings.Join(lines, "\n                            "))
	}
}

// sentence is the message with what ingress-nginx does, where that is known to be the same.
func sentence(f Finding) string {
	s := issue.Printable(f.Message)
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	if f.Same {
		s += " So it is in ingress-nginx."
	}
	return s
}

func writeFindings(out io.Writer, title string, list []Finding) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(out, "%s:\n", title)
	for _, f := range list {
		writeFinding(out, f, nil)
	}
	fmt.Fprintln(out)
}

func writeController(out io.Writer, r *Report) {
	c := r.Controller
	if c.Workload != nil {
		fmt.Fprintf(out, "Controller: %s%s, %d flags\n", issue.Printable(c.Workload.String()), position(c.Workload.File, c.Workload.Line), len(c.Flags))
	}
	for _, f := range c.Flags {
		if f.Outcome != Served {
			fmt.Fprintf(out, "  %-11s--%s=%s: %s\n", f.Outcome, issue.Printable(f.Name), issue.Printable(f.Value), issue.Printable(f.Message))
		}
	}
	if c.ConfigMap != nil {
		fmt.Fprintf(out, "Settings: %s, %d keys\n", issue.Printable(c.ConfigMap.String()), len(c.Settings))
	}
	for _, f := range c.Findings {
		writeFinding(out, f, nil)
	}
	if c.Workload != nil || c.ConfigMap != nil {
		fmt.Fprintln(out)
	}
}

func writeAnnotations(out io.Writer, r *Report) {
	if len(r.Annotations) == 0 {
		return
	}
	fmt.Fprintf(out, "%-10s %9s %8s  annotation\n", "support", "Ingresses", "findings")
	for _, a := range r.Annotations {
		fmt.Fprintf(out, "%-10s %9d %8d  %s\n", a.Support, a.Ingresses, a.Findings, issue.Printable(a.Key))
	}
	fmt.Fprintln(out)
}

// shownUnchecked is how many assumed objects of a kind the text names.
const shownUnchecked = 5

func writeUnchecked(out io.Writer, r *Report) {
	if len(r.Unchecked) == 0 {
		return
	}
	fmt.Fprintf(out, "Not checked: %d objects are named and were not among the manifests; they were taken for good.\n", len(r.Unchecked))
	for start := 0; start < len(r.Unchecked); {
		end := start
		for end < len(r.Unchecked) && r.Unchecked[end].Kind == r.Unchecked[start].Kind {
			end++
		}
		for _, u := range r.Unchecked[start:min(end, start+shownUnchecked)] {
			fmt.Fprintf(out, "  %s %s/%s: %s\n", u.Kind, issue.Printable(u.Namespace), issue.Printable(u.Name), u.Consequence)
		}
		if more := end - start - shownUnchecked; more > 0 {
			fmt.Fprintf(out, "  and %d more of kind %s\n", more, r.Unchecked[start].Kind)
		}
		start = end
	}
	fmt.Fprintf(out, "  To check them: %s | hawser assess --manifests -\n\n", Export)
}

// Export is the command that prints all that an assessment reads.
const Export = "kubectl get ingress,ingressclass,svc,endpointslice,secret,cm,deploy,ds -A -o yaml"
