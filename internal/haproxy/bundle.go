// Package haproxy holds what HAProxy reads, as a whole, and the difference between two such wholes.
//
// A Bundle is complete and deterministic: the same model gives the same bytes. Whether a difference can be applied at
// run time follows from where it is (the skeleton or a table), never from the feature it belongs to.
package haproxy

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
)

// ConfigFile is the name of the main file; every other name of a Bundle is relative to the same directory, and the
// configuration names files the same way (default-path config).
const ConfigFile = "haproxy.cfg"

// Bundle is everything that HAProxy reads.
type Bundle struct {
	Config   []byte
	Origins  [][]issue.Ref            // line of Config, from 1 -> objects it was made of
	Lines    map[string][][]issue.Ref // the same for crt-lists and patterns
	Maps     map[string][]cfg.MapEntry
	Patterns map[string][]cfg.MapKey // regular expressions, in the order of comparison
	CrtLists map[string][]cfg.CrtEntry
	Certs    map[string]File // certificates with keys
	CAs      map[string]File // trust anchors and revocation lists
	Static   map[string]File // what never changes at run time, such as error pages
}

// File is the content of a file and the objects it was made of.
type File struct {
	Data []byte
	From []issue.Ref
}

// Content is a file as it is written.
type Content struct {
	Data   []byte
	Secret bool // for the eyes of the owner only
}

// Files returns every file by its name.
func (b *Bundle) Files() map[string]Content {
	out := map[string]Content{ConfigFile: {Data: b.Config}}
	for name, entries := range b.Maps {
		out[name] = Content{Data: cfg.MapFile(entries)}
	}
	for name, patterns := range b.Patterns {
		out[name] = Content{Data: cfg.PatternFile(patterns)}
	}
	for name, entries := range b.CrtLists {
		out[name] = Content{Data: cfg.CrtList(entries)}
	}
	for name, f := range b.Certs {
		out[name] = Content{Data: f.Data, Secret: true}
	}
	for name, f := range b.CAs {
		out[name] = Content{Data: f.Data}
	}
	for name, f := range b.Static {
		out[name] = Content{Data: f.Data}
	}
	return out
}

// Equal reports whether HAProxy would read the same.
func (b *Bundle) Equal(other *Bundle) bool {
	return maps.EqualFunc(b.Files(), other.Files(), func(x, y Content) bool { return bytes.Equal(x.Data, y.Data) })
}

// OriginsOf names the objects behind a place in a file, as HAProxy's messages give it; nil if none is known.
func (b *Bundle) OriginsOf(file string, line int) []issue.Ref {
	table := b.Lines[file]
	if path.Base(file) == ConfigFile {
		table = b.Origins
	}
	if line > 0 && line < len(table) {
		return table[line]
	}
	return nil
}

// OriginsIn names the objects of the first certificate or CA file that a message of HAProxy speaks of.
func (b *Bundle) OriginsIn(message string) []issue.Ref {
	for _, files := range []map[string]File{b.Certs, b.CAs} {
		for _, name := range slices.Sorted(maps.Keys(files)) {
			if strings.Contains(message, "'"+name+"'") {
				return files[name].From
			}
		}
	}
	return nil
}
