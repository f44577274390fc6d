// Package origin tells for each line that HAProxy reads which objects it was made of.
//
// It takes a bundle as it is and adds nothing to it. Files with private keys are named, and never shown.
package origin

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// Line is one line of a file. Its JSON form is stable: members are added, never changed.
type Line struct {
	File   string      `json:"file"`
	Number int         `json:"line"` // from 1; 0 stands for a whole file that is not shown
	Text   string      `json:"text"`
	From   []issue.Ref `json:"from"` // empty: it is there whatever the objects are
}

// Of lists the main file, then the tables by name, then the files that are not shown.
func Of(b *haproxy.Bundle, m *model.Model) []Line {
	config := b.Config()
	out := lines(haproxy.ConfigFile, config.Bytes, func(n int, _ string) []issue.Ref { return at(config.Origins, n) })
	known := newNames(b, m)
	tables := map[string]func(int, string) []issue.Ref{}
	for name := range b.Maps {
		tables[name] = func(n int, text string) []issue.Ref {
			if noted := at(b.Lines[name], n); noted != nil {
				return noted
			}
			return known.entry(text)
		}
	}
	for name := range b.Patterns {
		tables[name] = func(n int, _ string) []issue.Ref { return at(b.Lines[name], n) }
	}
	for name := range b.CrtLists {
		_, from := b.CrtLines(name)
		tables[name] = func(n int, _ string) []issue.Ref { return at(from, n) }
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		out = append(out, lines(name, content(b, name), tables[name])...)
	}
	return append(out, whole(b)...)
}

func content(b *haproxy.Bundle, name string) []byte {
	if entries, ok := b.Maps[name]; ok {
		return cfg.MapFile(entries)
	}
	if keys, ok := b.Patterns[name]; ok {
		return cfg.PatternFile(keys)
	}
	lines, _ := b.CrtLines(name)
	return cfg.CrtList(lines)
}

func lines(file string, data []byte, from func(n int, text string) []issue.Ref) []Line {
	var out []Line
	n := 0
	for line := range bytes.Lines(data) {
		n++
		text := strings.TrimSuffix(string(line), "\n")
		out = append(out, Line{File: file, Number: n, Text: text, From: sorted(from(n, text))})
	}
	return out
}

// whole stands for the files whose lines nobody needs to see.
func whole(b *haproxy.Bundle) []Line {
	var out []Line
	for _, kind := range []struct {
		files map[string]haproxy.File
		text  string
	}{{b.Certs, "(a certificate with its key, not shown)"}, {b.CAs, "(certificates or revocation lists)"}, {b.Static, "(the same for all objects)"}} {
		for _, name := range slices.Sorted(maps.Keys(kind.files)) {
			out = append(out, Line{File: name, Text: kind.text, From: sorted(kind.files[name].From)})
		}
	}
	return out
}

func at(table [][]issue.Ref, n int) []issue.Ref {
	if n < len(table) {
		return table[n]
	}
	return nil
}

func sorted(refs []issue.Ref) []issue.Ref {
	out := slices.DeleteFunc(append([]issue.Ref{}, refs...), func(r issue.Ref) bool { return r == issue.Ref{} })
	slices.SortFunc(out, func(a, b issue.Ref) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return slices.CompactFunc(out, issue.Ref.Same)
}

// names find the objects of an entry of a map: its value or key names a backend, or its key begins with a host.
type names struct {
	owners map[string]issue.Ref // by the name of a backend
	hosts  map[string]*model.Host
}

func newNames(b *haproxy.Bundle, m *model.Model) names {
	out := names{owners: map[string]issue.Ref{}, hosts: map[string]*model.Host{}}
	for _, backend := range b.Backends {
		out.owners[backend.Name] = backend.Owner
	}
	for _, h := range m.Hosts {
		out.hosts[h.Name.String()] = h
		if h.Name.Wildcard() {
			out.hosts[h.Name.Suffix()] = h
		}
		for _, alias := range h.Aliases {
			out.hosts[alias.String()] = h
			out.hosts[alias.Suffix()] = h
		}
	}
	return out
}

func (n names) entry(text string) []issue.Ref {
	key, value, _ := strings.Cut(text, " ")
	host := n.hosts[cutAt(key, "/|")]
	var out []issue.Ref
	for _, word := range slices.Concat(strings.FieldsFunc(value, isMark), strings.FieldsFunc(key, isMark)) {
		if owner, known := n.owners[word]; known {
			out = append(out, owner)
		} else if host != nil {
			out = append(out, closedBy(word, host)...)
		}
	}
	if len(out) == 0 && host != nil {
		return host.Origins
	}
	return out
}

// closedBy reads the name that stands in a map for a closed route, whose backend does not exist.
func closedBy(word string, host *model.Host) []issue.Ref {
	parts := strings.Split(word, ":")
	if len(parts) < 4 {
		return nil
	}
	for _, from := range host.Origins {
		if unescape(parts[0]) == from.Namespace && unescape(parts[1]) == from.Name {
			return []issue.Ref{from}
		}
	}
	return nil
}

// unescape undoes how names of backends are written: "_" and two digits for a byte.
func unescape(s string) string {
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '_' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

func isMark(r rune) bool { return r == '|' || r == ';' }

func cutAt(s, marks string) string {
	if i := strings.IndexAny(s, marks); i >= 0 {
		return s[:i]
	}
	return s
}
