package render

import (
	"bytes"
	"iter"
	"reflect"
	"slices"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/model"
)

// Renderer renders again and again. It remembers what it made of the shards of the last model, so that a change costs
// what changed; the result is the same as that of Render. It belongs to one goroutine.
type Renderer struct {
	options Options
	last    *renderer // nil: there is none
	shards  map[*model.Shard]*fragment
	prints  map[*model.Route]string // of routes that groupCommon has seen
}

// New returns a renderer that remembers nothing yet.
func New(o Options) *Renderer { return &Renderer{options: o} }

// fragment is what a shard comes to.
type fragment struct {
	groups  []*group
	byRoute map[*model.Route]*group
	common  []hosted                     // routes that belong to no Ingress
	led     []string                     // where they led when it was rendered
	bundle  *haproxy.Bundle              // nil: it is not rendered yet
	reads   map[model.BackendID]struct{} // backends whose endpoints matter to more than the servers of groups
	asks    map[model.BackendID]struct{} // backends of which it matters whether they have endpoints
	first   int                          // of its backends in the whole bundle
}

// Render fails only if the model holds something that HAProxy can't carry: with Errors, one for each object. The bundle
// shares memory with earlier ones; nobody writes to it.
func (n *Renderer) Render(m *model.Model) (*haproxy.Bundle, error) {
	r := newRenderer(m, n.options)
	changed := n.changed(m)
	if n.last != nil && n.onlyEndpoints(m, changed) {
		return n.move(r, changed)
	}
	shards := m.Shards
	if shards == nil {
		shards = []*model.Shard{{Hosts: m.Hosts}}
	}
	known := make(map[*model.Shard]*fragment, len(shards))
	for _, s := range shards {
		f := n.shards[s]
		if f == nil {
			f = groupRoutes(s.Hosts)
		}
		known[s] = f
		r.fragments = append(r.fragments, f)
		r.groups = append(r.groups, f.groups...)
	}
	if r.common = n.groupCommon(r.fragments); r.common != nil {
		common := &model.Shard{}
		shards, known[common] = append(slices.Clip(shards), common), r.common
		r.fragments, r.groups = append(r.fragments, r.common), append(r.groups, r.common.groups...)
	}
	r.policies = policiesOf(m)
	r.whole.Frame = r.text(r.frame()...)
	r.whole.Variants = r.variants()
	same := n.last != nil && bytes.Equal(n.last.whole.Frame.Bytes, r.whole.Frame.Bytes) && reflect.DeepEqual(n.last.model.Global, m.Global)
	for i, s := range shards {
		f := r.fragments[i]
		if !same || f.bundle == nil || f.uses(changed) || r.common != nil && !slices.Equal(f.led, f.leads(r.common)) {
			f = r.render(s, f)
			known[s], r.fragments[i] = f, f
		}
		f.first = len(r.whole.Backends)
		r.whole.Add(f.bundle)
	}
	r.whole.Spares = r.spares()
	r.clusterServices()
	r.streamBackends()
	r.passBackends()
	if len(r.unfit) > 0 {
		return nil, r.unfit
	}
	n.last, n.shards = r, known
	return r.whole, nil
}

func newRenderer(m *model.Model, o Options) *renderer {
	whole := haproxy.NewBundle()
	whole.RouteMaps, whole.NameMaps = []string{routeMap, regexMap}, []string{hostMap, wildcardMap, aliasMap}
	for _, file := range []string{hostMap, wildcardMap, routeMap} {
		whole.Maps[file] = nil
	}
	r := &renderer{model: m, options: o, bundle: whole, whole: whole, reads: map[model.BackendID]struct{}{}}
	r.backendOf = func(id model.BackendID) *model.Backend {
		i, found := slices.BinarySearchFunc(m.Backends, id, func(b *model.Backend, id model.BackendID) int { return b.ID.Compare(id) })
		if !found {
			return nil
		}
		return m.Backends[i]
	}
	return r
}

// render renders a shard.
func (r *renderer) render(s *model.Shard, f *fragment) *fragment {
	out := &fragment{groups: f.groups, byRoute: f.byRoute, common: f.common, bundle: haproxy.NewBundle(), reads: map[model.BackendID]struct{}{}, asks: map[model.BackendID]struct{}{}}
	r.at, r.bundle = out, out.bundle
	r.hostMaps(s.Hosts)
	r.routeMaps(s.Hosts)
	r.certificates(s.Hosts)
	r.backends()
	r.at, r.bundle = nil, r.whole
	if r.common != nil {
		out.led = f.leads(r.common)
	}
	return out
}

// uses reports whether a fragment depends on one of the backends.
func (f *fragment) uses(changed map[model.BackendID]*model.Backend) bool {
	if len(changed) == 0 {
		return false
	}
	return touched(f.reads, changed) || touched(f.asks, changed) || slices.ContainsFunc(f.groups, func(g *group) bool { return g.uses(changed) })
}

func touched(reads map[model.BackendID]struct{}, changed map[model.BackendID]*model.Backend) bool {
	for id := range reads {
		if _, ok := changed[id]; ok {
			return true
		}
	}
	return false
}

// uses reports whether the servers of a group are those of one of the backends.
func (g *group) uses(changed map[model.BackendID]*model.Backend) bool {
	forward, ok := g.action.(model.Forward)
	return ok && changed[forward.Backend] != nil
}

// changed has the backends that are others than in the last model; nil for one that is gone.
func (n *Renderer) changed(m *model.Model) map[model.BackendID]*model.Backend {
	out := map[model.BackendID]*model.Backend{}
	if n.last == nil {
		return out
	}
	old := n.last.model.Backends
	for _, b := range m.Backends {
		if len(old) > 0 && old[0] == b { // as nearly all are
			old = old[1:]
			continue
		}
		for len(old) > 0 && old[0].ID.Compare(b.ID) < 0 {
			out[old[0].ID], old = nil, old[1:]
		}
		if len(old) > 0 && old[0].ID == b.ID {
			if old[0] != b {
				out[b.ID] = b
			}
			old = old[1:]
			continue
		}
		out[b.ID] = b
	}
	for _, b := range old {
		out[b.ID] = nil
	}
	return out
}

// onlyEndpoints reports whether all that changed are servers of groups.
func (n *Renderer) onlyEndpoints(m *model.Model, changed map[model.BackendID]*model.Backend) bool {
	was := n.last.model
	if !slices.Equal(was.Shards, m.Shards) || m.Shards == nil || !slices.Equal(was.Streams, m.Streams) || !reflect.DeepEqual(was.Global, m.Global) {
		return false
	}
	for id, b := range changed {
		old := n.last.backendOf(id)
		if b == nil || old == nil || named(b) || named(old) || len(b.Endpoints) == 0 || len(old.Endpoints) == 0 {
			return false
		}
		if _, matters := n.last.reads[id]; matters {
			return false
		}
	}
	return !slices.ContainsFunc(n.last.using(changed), func(i int) bool { return touched(n.last.fragments[i].reads, changed) })
}

// using finds the fragments that use one of the backends, by their place.
func (r *renderer) using(changed map[model.BackendID]*model.Backend) []int {
	if r.users == nil {
		r.users = make(map[model.BackendID][]int, len(r.model.Backends))
		for i, f := range r.fragments {
			for id := range f.backends() {
				if known := r.users[id]; len(known) == 0 || known[len(known)-1] != i {
					r.users[id] = append(known, i)
				}
			}
		}
	}
	var out []int
	for id := range changed {
		out = append(out, r.users[id]...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// backends yields those that the fragment depends on; some come more than once.
func (f *fragment) backends() iter.Seq[model.BackendID] {
	return func(yield func(model.BackendID) bool) {
		for _, of := range []map[model.BackendID]struct{}{f.reads, f.asks} {
			for id := range of {
				if !yield(id) {
					return
				}
			}
		}
		for _, g := range f.groups {
			if forward, ok := g.action.(model.Forward); ok && !yield(forward.Backend) {
				return
			}
		}
	}
}

func named(b *model.Backend) bool {
	return slices.ContainsFunc(b.Endpoints, func(e model.Endpoint) bool { return e.Name != "" })
}

// move renders the servers of the backends that changed.
func (n *Renderer) move(r *renderer, changed map[model.BackendID]*model.Backend) (*haproxy.Bundle, error) {
	whole := *n.last.whole
	whole.Backends = slices.Clone(whole.Backends)
	next := *n.last
	next.model, next.backendOf, next.whole, next.bundle = r.model, r.backendOf, &whole, &whole
	next.fragments = slices.Clone(next.fragments)
	users := next.using(changed)
	for _, i := range users {
		f := next.fragments[i]
		moved := *f
		own := *f.bundle
		moved.bundle, own.Backends = &own, slices.Clone(own.Backends)
		next.fragments[i] = &moved
		for _, g := range f.groups {
			if !g.uses(changed) {
				continue
			}
			at, _ := slices.BinarySearchFunc(own.Backends, &haproxy.Backend{Name: g.name}, compareBackends)
			b := *own.Backends[at]
			b.Servers = next.servers(g, changed[g.action.(model.Forward).Backend])
			own.Backends[at], whole.Backends[f.first+at] = &b, &b
		}
	}
	if len(next.unfit) > 0 {
		return nil, next.unfit
	}
	for _, i := range users {
		if i < len(r.model.Shards) {
			n.shards[r.model.Shards[i]] = next.fragments[i]
		} else {
			next.common = next.fragments[i]
		}
	}
	n.last = &next
	return &whole, nil
}
