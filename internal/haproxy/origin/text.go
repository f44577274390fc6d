package origin

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Filter chooses lines. The zero value chooses all.
type Filter struct {
	File   string    // its name, or "" for every file
	Number int       // of the line in its file; 0 for every line
	Object issue.Ref // the kind, namespace and name of an object; the zero value for every line
}

// Object reads "Ingress/shop/web", or "IngressClass/nginx" for what has no namespace.
func Object(s string) (issue.Ref, error) {
	parts := strings.Split(s, "/")
	if slices.Contains(parts, "") || len(parts) < 2 || len(parts) > 3 {
		return issue.Ref{}, fmt.Errorf("%q is not Kind/namespace/name", s)
	}
	ref := issue.Ref{Kind: parts[0], Name: parts[len(parts)-1]}
	if len(parts) == 3 {
		ref.Namespace = parts[1]
	}
	return ref, nil
}

// Choose returns the lines that the filter chooses; never nil.
func (f Filter) Choose(lines []Line) []Line {
	out := []Line{}
	for _, l := range lines {
		if f.File != "" && l.File != f.File || f.Number != 0 && l.Number != f.Number {
			continue
		}
		if f.Object != (issue.Ref{}) && !slices.ContainsFunc(l.From, f.Object.Same) {
			continue
		}
		out = append(out, l)
	}
	return out
}

// WriteJSON writes the lines as one array.
func WriteJSON(w io.Writer, lines []Line) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(lines); err != nil {
		return fmt.Errorf("write the lines: %w", err)
	}
	return nil
}

// WriteText writes each file under its name, each line as "number | text | objects". Text can't drive the terminal.
func WriteText(w io.Writer, lines []Line) error {
	out := bufio.NewWriter(w)
	file := ""
	for i, l := range lines {
		if l.File != file {
			if file = l.File; i > 0 {
				fmt.Fprintln(out)
			}
			fmt.Fprintln(out, issue.Printable(file))
		}
		number := ""
		if l.Number > 0 {
			number = fmt.Sprint(l.Number)
		}
		from := make([]string, 0, len(l.From))
		for _, r := range l.From {
			from = append(from, place(r))
		}
		text := fmt.Sprintf("%6s | %s | %s", number, issue.Printable(strings.ReplaceAll(l.Text, "\t", "    ")), issue.Printable(strings.Join(from, ", ")))
		fmt.Fprintln(out, strings.TrimRight(text, " "))
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the lines: %w", err)
	}
	return nil
}

func place(r issue.Ref) string {
	switch {
	case r.File == "":
		return r.String()
	case r.Line == 0:
		return fmt.Sprintf("%s (%s)", r, r.File)
	default:
		return fmt.Sprintf("%s (%s:%d)", r, r.File, r.Line)
	}
}
