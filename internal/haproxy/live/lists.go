package live

import (
	"maps"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// listsOf is what a worker has in its lists that has just read a bundle.
func listsOf(b *haproxy.Bundle) map[string][]cfg.MapKey {
	out := maps.Clone(b.Patterns)
	for _, spare := range b.Spares {
		for _, name := range spare.Lists {
			out[name] = nil
		}
	}
	return out
}

// listsOf names the lists of a backend as the worker does: a backend in a spare has those of the spare.
func (w *Worker) listsOf(b *haproxy.Backend) []string {
	if spare, seated := w.seats.taken[b.Name]; seated {
		return w.seats.lists[spare]
	}
	return b.Lists
}

// desiredLists are the lists of the bundle by their names in the worker.
func (w *Worker) desiredLists() map[string][]cfg.MapKey {
	if len(w.seats.taken) == 0 {
		return w.bundle.Patterns
	}
	out := maps.Clone(w.bundle.Patterns)
	for _, b := range w.bundle.Backends {
		if _, seated := w.seats.taken[b.Name]; !seated {
			continue
		}
		for i, name := range w.listsOf(b) {
			delete(out, b.Lists[i])
			out[name] = w.bundle.Patterns[b.Lists[i]]
		}
	}
	return out
}

// lists changes what conditions compare with.
func (p *planner) lists() {
	needed, desired := p.old.desiredLists(), p.next.desiredLists()
	changed := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(desired)) {
		had, known := p.old.lists[name]
		_, stays := needed[name]
		switch {
		case !known:
			p.reload("new list")
			continue
		case sameList(had, desired[name]):
			continue
		case len(had) == 0: // whoever needs it comes when it is full
		case stays:
			changed[name] = true
		default:
			p.reload("list of a backend that is used again")
			continue
		}
		p.listChanges(name, had, desired[name])
		p.next.lists[name] = desired[name]
	}
	p.emptyLists(desired)
	p.keepApart(changed)
}

// emptyLists is for those of spares that serve nobody any more: whoever comes next finds nothing in them.
func (p *planner) emptyLists(desired map[string][]cfg.MapKey) {
	for name, spare := range p.old.seats.taken {
		if p.next.seats.taken[name] == spare {
			continue
		}
		for _, list := range p.old.seats.lists[spare] {
			if _, needed := desired[list]; !needed {
				p.listChanges(list, p.old.lists[list], nil)
				p.next.lists[list] = nil
			}
		}
	}
}

// keepApart needs a reload when a route comes to, or leaves, a backend whose lists change: in the moment in which a list
// holds the old and the new, the route would let in somebody whom it never should.
func (p *planner) keepApart(lists map[string]bool) {
	if len(lists) == 0 {
		return
	}
	owners := map[string]bool{}
	for _, w := range []*Worker{p.old, p.next} {
		for _, b := range w.bundle.Backends {
			if slices.ContainsFunc(w.listsOf(b), func(name string) bool { return lists[name] }) {
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

func sameList(a, b []cfg.MapKey) bool { return slices.Equal(a, b) || maps.Equal(keySet(a), keySet(b)) }
