package reference

import (
	"bytes"
	"fmt"
	"strings"
)

// document collects Markdown.
type document struct{ bytes.Buffer }

func (d *document) paragraph(text string) { fmt.Fprintf(d, "%s\n\n", text) }

// table writes rows under a head. Cells are Markdown: see plain and code.
func (d *document) table(head []string, rows [][]string) {
	line := func(cells []string) { fmt.Fprintf(d, "| %s |\n", strings.Join(cells, " | ")) }
	line(head)
	fmt.Fprintf(d, "|%s\n", strings.Repeat("---|", len(head)))
	for _, cells := range rows {
		line(cells)
	}
	d.WriteByte('\n')
}

// markdown is the text without the empty line at its end.
func (d *document) markdown() []byte { return append(bytes.TrimRight(d.Bytes(), "\n"), '\n') }

// plain is text as it stands in a cell.
func plain(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", ">", "&gt;", "*", `\*`).Replace(s)
}

// code is text in backticks as it stands in a cell; nothing for nothing. GitHub wants a bar escaped there too.
func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + strings.NewReplacer("|", `\|`, "\n", " ").Replace(s) + "`"
}
