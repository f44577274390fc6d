// Package haproxy holds what HAProxy reads, as a whole, and the difference between two such wholes.
//
// A Bundle is complete and deterministic: the same model gives the same bytes. Whether a difference can be applied at
// run time follows from where it is (the skeleton or a table), never from the feature it belongs to.
package haproxy

import (
	"bytes"
	"cmp"
	"maps"
	"net/netip"
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
	Frame    Text            // the sections that do not belong to a route
	Variants map[string]Text // defaults sections for some backends
	Backends []*Backend      // shared between bundles, and not written
	Spares   []Backend       // without servers: they serve nobody yet
	// RouteMaps and NameMaps are the maps in which a request finds its route and its host.
	RouteMaps, NameMaps []string
	Ports               []netip.AddrPort         // that are listened on beside those of HTTP and HTTPS
	Lines               map[string][][]issue.Ref // entry of a crt-list or line of a pattern file, from 1 -> objects it was made of
	Maps                map[string][]cfg.MapEntry
	Patterns            map[string][]cfg.MapKey   // lists that a condition compares with, in no order
	CrtLists            map[string][]cfg.CrtEntry // an entry for each name; CrtLines has the lines
	Certs               map[string]File           // certificates with keys
	CAs                 map[string]File           // trust anchors and revocation lists
	Static              map[string]File           // what never changes at run time, such as error pages
	Trust               Trust
}

// Trust is how connections are told from those that were made before client CAs or revocation lists changed. All names
// are empty where nobody is asked for a certificate.
type Trust struct {
	Now     string // map: what a connection is numbered with when it is accepted, under TrustNow
	Since   string // map: authority -> the first number whose certificates count
	Tickets string // file of the keys of TLS tickets
}

// What the maps of a Trust begin with.
const (
	TrustNow   = "now"
	TrustBegin = 1
)

// NewBundle returns a bundle with nothing in it.
func NewBundle() *Bundle {
	return &Bundle{
		Lines: map[string][][]issue.Ref{}, Maps: map[string][]cfg.MapEntry{}, Patterns: map[string][]cfg.MapKey{},
		CrtLists: map[string][]cfg.CrtEntry{}, Certs: map[string]File{}, CAs: map[string]File{}, Static: map[string]File{},
	}
}

// AddLine notes the objects of the next line of a file.
func (b *Bundle) AddLine(file string, from []issue.Ref) {
	if b.Lines[file] == nil {
		b.Lines[file] = [][]issue.Ref{nil} // line 0 is none
	}
	b.Lines[file] = append(b.Lines[file], from)
}

// Add appends what is in another bundle, its frame aside. Files of the same name are the same.
func (b *Bundle) Add(more *Bundle) {
	b.Backends = append(b.Backends, more.Backends...)
	b.Ports = append(b.Ports, more.Ports...)
	for name, lines := range more.Lines {
		if b.Lines[name] == nil {
			b.Lines[name] = [][]issue.Ref{nil}
		}
		b.Lines[name] = append(b.Lines[name], lines[1:]...)
	}
	for name, entries := range more.Maps {
		b.Maps[name] = append(b.Maps[name], entries...)
	}
	for name, patterns := range more.Patterns {
		b.Patterns[name] = append(b.Patterns[name], patterns...)
	}
	for name, entries := range more.CrtLists {
		b.CrtLists[name] = append(b.CrtLists[name], entries...)
	}
	maps.Copy(b.Certs, more.Certs)
	maps.Copy(b.CAs, more.CAs)
	maps.Copy(b.Static, more.Static)
}

// Text is a part of the configuration. Origins has the objects of each line, from 1.
type Text struct {
	Bytes   []byte
	Origins [][]issue.Ref
}

// Backend is the section of a group of routes.
type Backend struct {
	Name    string
	Owner   issue.Ref // the Ingress
	Movable bool      // nothing but the maps of routes leads to it: any other with the same Body could serve its routes
	Rules   Text      // the section without its servers
	Lists   []string  // patterns that no other backend compares with, sorted
	Servers []Server  // by name
	// CookieKey is what cookies of servers are made with; "": they have none.
	CookieKey string
}

// Body is the rules without the name of the backend and those of its lists: the defaults section that they begin with,
// and what stands in the section.
func (b Backend) Body() []byte {
	out := b.nameless()
	for _, list := range b.Lists {
		out = bytes.ReplaceAll(out, []byte(list), []byte("*"+path.Ext(list)))
	}
	return out
}

func (b Backend) nameless() []byte {
	return b.Rules.Bytes[min(len("backend ")+len(b.Name), len(b.Rules.Bytes)):]
}

// Copy is a backend with the same rules and another name, without servers; its lists are its own.
func (b Backend) Copy(name string) Backend {
	out := Backend{Name: name, Rules: Text{Bytes: slices.Concat([]byte("backend "+name), b.nameless()), Origins: b.Rules.Origins}}
	for _, list := range b.Lists {
		own := path.Dir(list) + "/" + name + path.Ext(list)
		out.Lists = append(out.Lists, own)
		out.Rules.Bytes = bytes.ReplaceAll(out.Rules.Bytes, []byte(list), []byte(own))
	}
	return out
}

// Server is a server line.
type Server struct {
	Name string
	Addr netip.AddrPort // invalid for a DNS name
	Args []string       // behind the address, as words
	Text Text
}

// Config is the main file. Its backends are in the order of their names, whatever they share.
func (b *Bundle) Config() Text {
	out := Text{Bytes: bytes.Clone(b.Frame.Bytes), Origins: slices.Clone(b.Frame.Origins)}
	for _, name := range slices.Sorted(maps.Keys(b.Variants)) {
		out.add(Text{[]byte("\n"), [][]issue.Ref{nil, nil}})
		out.add(b.Variants[name])
	}
	for _, spare := range b.Spares {
		out.add(Text{[]byte("\n"), [][]issue.Ref{nil, nil}})
		out.add(spare.Rules)
	}
	for _, backend := range slices.SortedFunc(slices.Values(b.Backends), func(a, b *Backend) int { return cmp.Compare(a.Name, b.Name) }) {
		out.add(Text{[]byte("\n"), [][]issue.Ref{nil, nil}})
		out.add(backend.Rules)
		for _, s := range backend.Servers {
			out.add(s.Text)
		}
	}
	return out
}

// add appends; line 0 of Origins is none.
func (t *Text) add(more Text) {
	t.Bytes = append(t.Bytes, more.Bytes...)
	if len(more.Origins) > 0 {
		t.Origins = append(t.Origins, more.Origins[1:]...)
	}
}

// File is the content of a file and the objects it was made of.
type File struct {
	Data []byte
	From []issue.Ref
	// Authority is by what Trust.Since knows a file of CAs or revocation lists.
	Authority string
}

// Content is a file as it is written.
type Content struct {
	Data   []byte
	Secret bool // for the eyes of the owner only
}

// Files returns every file by its name. The keys of TLS tickets are other ones each time, so that no session outlives the
// worker that reads them; everything else is the same for the same bundle.
func (b *Bundle) Files() map[string]Content {
	out := map[string]Content{ConfigFile: {Data: b.Config().Bytes}}
	for name, entries := range b.Maps {
		out[name] = Content{Data: cfg.MapFile(entries)}
	}
	for name, patterns := range b.Patterns {
		out[name] = Content{Data: cfg.PatternFile(patterns)}
	}
	for _, spare := range b.Spares {
		for _, name := range spare.Lists {
			out[name] = Content{Data: cfg.PatternFile(nil)}
		}
	}
	for name := range b.CrtLists {
		lines, _ := b.CrtLines(name)
		out[name] = Content{Data: cfg.CrtList(lines)}
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
	if b.Trust.Tickets != "" {
		out[b.Trust.Tickets] = Content{Data: ticketKeys(), Secret: true}
	}
	return out
}

// OriginsOf names the objects behind a place in a file, as HAProxy's messages give it; nil if none is known.
func (b *Bundle) OriginsOf(file string, line int) []issue.Ref {
	table := b.Lines[file]
	if _, ok := b.CrtLists[file]; ok {
		_, table = b.CrtLines(file)
	}
	if path.Base(file) == ConfigFile {
		table = b.Config().Origins
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
