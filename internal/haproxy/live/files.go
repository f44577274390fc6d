package live

import (
	"bytes"
	"maps"
	"slices"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// files changes certificates and the names that they are for.
func (p *planner) files() {
	old, next := p.old.bundle, p.next.bundle
	if sameMap(old.CAs, next.CAs) && sameMap(old.Static, next.Static) && sameMap(old.Certs, next.Certs) && sameMap(old.CrtLists, next.CrtLists) {
		return
	}
	p.trustChanges()
	for name, file := range next.Static {
		if read, ok := p.old.static[name]; !ok || !sameFile(read, file) {
			p.reload("files that are read at the start")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(next.Certs)) {
		before, exists := old.Certs[name]
		if !exists {
			p.prepare = append(p.prepare, runtime.Cert.New(name))
		}
		if !exists || !sameFile(before, next.Certs[name]) {
			p.prepare = append(p.prepare, runtime.Cert.Set(name, next.Certs[name].Data), runtime.Cert.Commit(name))
		}
	}
	for _, list := range slices.Sorted(maps.Keys(next.CrtLists)) {
		p.crtList(list, old.CrtLists[list], next.CrtLists[list])
	}
	for _, name := range slices.Sorted(maps.Keys(old.Certs)) {
		if _, stays := next.Certs[name]; !stays {
			p.end.files = append(p.end.files, runtime.Cert.Del(name))
		}
	}
}

func sameFile(a, b haproxy.File) bool { return bytes.Equal(a.Data, b.Data) }

// crtList adds and removes lines. The first line is the default certificate and can't be replaced; a name whose line
// changes is given a new one first, and HAProxy uses the older one until that is deleted (measured).
func (p *planner) crtList(list string, old, next []cfg.CrtEntry) {
	if len(old) == 0 || len(next) == 0 || old[0].String() != next[0].String() {
		p.reload("default certificate")
		return
	}
	old, next = window(old, next, sameLine)
	had, has := lines(old), lines(next)
	for _, e := range next {
		if had[e.String()] {
			continue
		}
		if asksForCerts(e) {
			p.reload("client-certificate policy of a name")
			return
		}
		p.prepare = append(p.prepare, runtime.AddCrtList(list, e.File(), e.Options(), e.Names()))
	}
	for _, e := range old {
		if has[e.String()] {
			continue
		}
		if asksForCerts(e) {
			p.reload("client-certificate policy of a name")
			return
		}
		p.end.drop(list, e)
	}
}

func lines(entries []cfg.CrtEntry) map[string]bool {
	out := make(map[string]bool, len(entries))
	for _, e := range entries {
		out[e.String()] = true
	}
	return out
}

// asksForCerts reports whether a handshake under the entry asks for a client certificate.
func asksForCerts(e cfg.CrtEntry) bool { return slices.Contains(e.Options(), "ca-file") }
