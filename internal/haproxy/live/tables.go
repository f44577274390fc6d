package live

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// tables changes maps and patterns.
func (p *planner) tables() {
	moved := p.moved()
	for _, name := range slices.Sorted(maps.Keys(p.next.bundle.Maps)) {
		old, known := p.old.bundle.Maps[name]
		if !known {
			p.reload("new table")
			continue
		}
		next := p.next.bundle.Maps[name]
		before, after := window(old, next, sameEntry)
		if len(moved) > 0 && slices.Contains(p.next.bundle.RouteMaps, name) {
			before, after = old, next
		}
		p.mapChanges(name, p.old.seated(name, before), p.next.seated(name, after))
	}
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(p.next.bundle.Patterns)) {
		old, known := p.old.bundle.Patterns[name]
		if !known {
			p.reload("new list")
			continue
		}
		if !sameList(old, p.next.bundle.Patterns[name]) {
			p.listChanges(name, old, p.next.bundle.Patterns[name])
			changed = append(changed, name)
		}
	}
	p.keepApart(changed)
}

// moved are the backends of both bundles that have another seat than before: their routes lead elsewhere, although the
// tables of the bundles are the same.
func (p *planner) moved() []string {
	had := map[string]bool{}
	for _, b := range p.gone {
		had[b.Name] = true
	}
	var out []string
	for _, b := range p.come {
		if had[b.Name] && p.old.seats.at(b.Name) != p.next.seats.at(b.Name) {
			out = append(out, b.Name)
		}
	}
	return out
}

func sameList(a, b []cfg.MapKey) bool { return slices.Equal(a, b) || maps.Equal(keySet(a), keySet(b)) }

// keepApart needs a reload when a route comes to, or leaves, a backend whose lists change: in the moment in which a list
// holds the old and the new, the route would let in somebody whom it never should.
func (p *planner) keepApart(lists []string) {
	if len(lists) == 0 {
		return
	}
	owners := map[string]bool{}
	for _, b := range slices.Concat(p.old.bundle.Backends, p.next.bundle.Backends) {
		for _, list := range lists {
			if bytes.Contains(b.Rules.Bytes, []byte(list)) {
				owners[b.Name] = true
			}
		}
	}
	if len(owners) == 0 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(p.next.bundle.Maps)) {
		if slices.Contains(p.next.bundle.NameMaps, name) {
			continue
		}
		old, desired := entrySet(p.old.bundle.Maps[name]), entrySet(p.next.bundle.Maps[name])
		for entry := range old {
			if !desired[entry] && leadsTo(entry, owners) {
				p.reload("routes of a backend whose lists change")
			}
		}
		for entry := range desired {
			if !old[entry] && leadsTo(entry, owners) {
				p.reload("routes of a backend whose lists change")
			}
		}
	}
}

func entrySet(entries []cfg.MapEntry) map[string]bool {
	out := make(map[string]bool, len(entries))
	for _, e := range entries {
		out[e.Key.String()+" "+e.Value.String()] = true
	}
	return out
}

func leadsTo(entry string, backends map[string]bool) bool {
	for name := range backends {
		if strings.Contains(entry, name) {
			return true
		}
	}
	return false
}

// listChanges adds what is new and then removes what is old. Meanwhile the list holds both, so it is never empty: who is
// let in or kept out in that moment was before or is afterwards.
func (p *planner) listChanges(name string, old, desired []cfg.MapKey) {
	had, has := keySet(old), keySet(desired)
	for _, k := range slices.Sorted(maps.Keys(has)) {
		if !had[k] {
			p.protect = append(p.protect, runtime.AddPattern(name, k))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(had)) {
		if !has[k] {
			p.release = append(p.release, runtime.DelPattern(name, k))
		}
	}
}

func keySet(keys []cfg.MapKey) map[string]bool {
	out := make(map[string]bool, len(keys))
	for _, k := range keys {
		out[k.String()] = true
	}
	return out
}

// seated returns a table by key; a route whose backend has a seat elsewhere leads there.
func (w *Worker) seated(name string, entries []cfg.MapEntry) map[string]string {
	routes := slices.Contains(w.bundle.RouteMaps, name)
	out := make(map[string]string, len(entries))
	for _, e := range entries {
		value := e.Value.String()
		if routes && len(w.seats.taken) > 0 {
			flags, owner, _ := strings.Cut(value, "|")
			if spare, ok := w.seats.taken[owner]; ok {
				value = flags + "|" + spare + "|" + owner
			}
		}
		out[e.Key.String()] = value
	}
	return out
}

// mapChanges orders by what a request sees first: a name of a host and its routes come last and go first.
func (p *planner) mapChanges(name string, old, desired map[string]string) {
	entrance := slices.Contains(p.next.bundle.RouteMaps, name) || slices.Contains(p.next.bundle.NameMaps, name)
	var add, drop []runtime.Command
	for _, k := range slices.Sorted(maps.Keys(desired)) {
		before, exists := old[k]
		switch {
		case !exists:
			add = append(add, runtime.AddMap(name, k, desired[k]))
		case before != desired[k]:
			add = append(add, runtime.SetMap(name, k, desired[k]))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(old)) {
		if _, stays := desired[k]; !stays {
			drop = append(drop, runtime.DelMap(name, k))
		}
	}
	if entrance {
		p.route = append(p.route, append(drop, add...)...)
		return
	}
	p.protect = append(p.protect, add...)
	p.release = append(drop, p.release...)
}
