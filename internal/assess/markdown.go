package assess

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// roomMarkdown is how many bytes of Ingresses a pull request is shown; a comment there has a limit of 65,536 characters.
const roomMarkdown = 50_000

// WriteMarkdown writes the report for a pull request. Text of objects stays text: no link, no mention, no HTML, no new cell.
func WriteMarkdown(w io.Writer, r *Report) error {
	var text bytes.Buffer
	out := &text
	fmt.Fprintf(out, "## Assessment of the Ingresses\n\n%s\n\n", r.Headline())
	fmt.Fprintf(out, "| outcome | Ingresses | hosts |\n|---|--:|--:|\n")
	for _, o := range Outcomes() {
		fmt.Fprintf(out, "| %s | %d | %d |\n", o.Words(), r.Totals.Ingresses.Of(o), r.Totals.Hosts.Of(o))
	}
	shown, left := 0, 0
	for n := range r.Ingresses {
		i := &r.Ingresses[n]
		if len(i.Findings) == 0 || i.Outcome == Foreign {
			continue
		}
		if text.Len() > roomMarkdown {
			left++
			continue
		}
		if shown++; shown == 1 {
			fmt.Fprintf(out, "\n### The riskiest first\n\n| Ingress | outcome | where | what happens | write instead |\n|---|---|---|---|---|\n")
		}
		for m, f := range i.Findings {
			name := ""
			if m == 0 {
				name = code(i.Namespace+"/"+i.Name) + escape(position(i.File, i.Line))
			}
			markdownRow(out, name, f)
		}
	}
	if left > 0 {
		fmt.Fprintf(out, "\nAnd %d more Ingresses: see `hawser assess -o html`.\n", left)
	}
	markdownController(out, r)
	if len(r.Other) > 0 {
		fmt.Fprintf(out, "\n### Elsewhere\n\n| object | outcome | where | what happens | write instead |\n|---|---|---|---|---|\n")
		for _, f := range r.Other {
			markdownRow(out, code(f.Object.String())+escape(position(f.Object.File, f.Object.Line)), f)
		}
	}
	if len(r.Unchecked) > 0 {
		fmt.Fprintf(out, "\n%d objects were not among the manifests and were taken for good.\n", len(r.Unchecked))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(out, "\n%s\n", escape(note))
	}
	_, err := w.Write(text.Bytes())
	return err
}

func markdownRow(out io.Writer, name string, f Finding) {
	outcome := f.Outcome.Words()
	if f.Guard && f.Outcome == Withheld {
		outcome = "**" + outcome + "**"
	}
	fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", name, outcome, code(f.Field), escape(sentence(f)), code(strings.TrimRight(f.Suggestion, "\n")))
}

func markdownController(out io.Writer, r *Report) {
	title := "\n### The controller\n\n| flag or setting | outcome | what happens | write instead |\n|---|---|---|---|\n"
	for _, f := range r.Controller.Flags {
		if f.Outcome != Served {
			fmt.Fprintf(out, "%s| %s | %s | %s | |\n", title, code("--"+f.Name+"="+f.Value), f.Outcome.Words(), escape(f.Message))
			title = ""
		}
	}
	for _, f := range r.Controller.Findings {
		fmt.Fprintf(out, "%s| %s | %s | %s | %s |\n", title, code(f.Field), f.Outcome.Words(), escape(sentence(f)), code(f.Suggestion))
		title = ""
	}
}

// special are the characters that Markdown acts upon in the middle of a line; www. and a scheme make links by themselves.
const special = "\\`*_[]()!|<>~&$:^="

// escape is text as it stands in a cell.
func escape(s string) string {
	var b strings.Builder
	for n, c := range issue.Printable(s) {
		switch {
		case strings.ContainsRune(special, c), c == '.' && n >= 3 && strings.EqualFold(issue.Printable(s)[n-3:n], "www"):
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '@' || c == '#': // a mention or a reference is none when something stands behind the character
			b.WriteRune(c)
			b.WriteString("<!-- -->")
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// code is text in backticks as it stands in a cell; lines are shown one after the other. Nothing for nothing.
func code(s string) string {
	var out []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(issue.Printable(line)); line == "" {
			continue
		}
		longest, run := 0, 0
		for _, c := range line {
			if run++; c != '`' {
				run = 0
			}
			longest = max(longest, run)
		}
		fence, blank := strings.Repeat("`", longest+1), ""
		if longest > 0 {
			blank = " "
		}
		out = append(out, fence+blank+strings.ReplaceAll(line, "|", `\|`)+blank+fence)
	}
	return strings.Join(out, "<br>")
}
