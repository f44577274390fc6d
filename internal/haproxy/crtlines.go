package haproxy

import (
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
)

// namesPerLine bounds what has to be written again when one name of a line goes at run time.
const namesPerLine = 64

// CrtLines are the lines of a crt-list as HAProxy reads them at its start, and the objects of each, from 1.
//
// Entries that ask for nothing but a certificate share a line: HAProxy makes a TLS context for each line, and that is most
// of what it does at a start (of 5,000 names with 500 certificates: 1.2 s with a line for each name, 0.5 s so). An entry
// with settings of its own, such as client CAs, stays alone, because 3.2 ties TLS sessions to the names of a line.
func (b *Bundle) CrtLines(list string) ([]cfg.CrtEntry, [][]issue.Ref) {
	var lines []cfg.CrtEntry
	origins := [][]issue.Ref{nil}
	open := map[string]int{} // file -> line that takes more names
	for n, e := range b.CrtLists[list] {
		if e.String() == "" {
			continue // as it is not written
		}
		var from []issue.Ref
		if table := b.Lines[list]; n+1 < len(table) {
			from = table[n+1]
		}
		if at, ok := open[e.File()]; ok && shares(e) {
			names := slices.Concat(lines[at].Names(), e.Names())
			if longer, fits := e.For(names); fits && len(names) <= namesPerLine {
				lines[at] = longer
				origins[at+1] = slices.Concat(origins[at+1], from)
				continue
			}
		}
		if shares(e) {
			open[e.File()] = len(lines)
		}
		lines, origins = append(lines, e), append(origins, from)
	}
	return lines, origins
}

// shares reports whether other names may stand on the line of an entry. One with "!" decides about all names of its line.
func shares(e cfg.CrtEntry) bool {
	return slices.Equal(e.Options(), []string{"verify", "none"}) && len(e.Names()) > 0 &&
		!slices.ContainsFunc(e.Names(), func(name string) bool { return strings.HasPrefix(name, "!") })
}
