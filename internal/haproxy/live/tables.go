package live

import (
	"maps"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// tables changes maps and lists.
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
	p.lists()
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
