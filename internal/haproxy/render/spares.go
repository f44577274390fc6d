package render

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// How many spares there are for each kind of rules that is in use: a few for each, then as many as there are routes with
// them, so that few reloads are enough however many more of them come, then some more for each. What is left of the number
// of all spares goes to the kinds that are used most.
const (
	fewSpares  = 8
	someSpares = 16
	mostSpares = 64
)

// spares are backends without servers, for routes that come while HAProxy runs: those that ask for nothing special, and
// those that ask for what others ask for already.
func (r *renderer) spares() []haproxy.Backend {
	if r.options.Spares == 0 {
		return nil
	}
	plain := haproxy.Backend{Name: "hawser-spare", Rules: r.text(r.section("hawser-spare", &group{action: model.Forward{}, settled: true}))}
	var out []haproxy.Backend
	for i := range r.options.Spares {
		out = append(out, plain.Copy(fmt.Sprintf("%s-%d", plain.Name, i+1)))
	}
	for _, k := range kindsOf(r.whole.Backends, plain, r.options.Spares) {
		for i := range k.spares {
			out = append(out, k.first.Copy(fmt.Sprintf("%s-%.16s-%d", plain.Name, digest(string(k.first.Body())), i+1)))
		}
	}
	return out
}

// kind is what backends with the same rules have in common.
type kind struct {
	first        *haproxy.Backend
	uses, spares int
}

// kindsOf finds the kinds that are in use, and how many of the spares each gets: the most used first.
func kindsOf(all []*haproxy.Backend, plain haproxy.Backend, spares int) []*kind {
	known := map[string]*kind{string(plain.Body()): {}}
	var out []*kind
	for _, b := range all {
		if !b.Movable || bytes.Contains(b.Body(), []byte(b.Name)) {
			continue // no other backend has rules that name this one
		}
		k := known[string(b.Body())]
		if k == nil {
			k = &kind{first: b}
			known[string(b.Body())] = k
			out = append(out, k)
		}
		k.uses++
	}
	slices.SortFunc(out, func(a, b *kind) int {
		return cmp.Or(cmp.Compare(b.uses, a.uses), bytes.Compare(a.first.Body(), b.first.Body()))
	})
	for _, want := range []func(uses int) int{
		func(int) int { return fewSpares },
		func(uses int) int { return min(uses, mostSpares) },
		func(int) int { return someSpares },
	} {
		for _, k := range out {
			more := min(max(want(k.uses)-k.spares, 0), spares)
			k.spares, spares = k.spares+more, spares-more
		}
	}
	return out
}

// section is the backend of a group, without its servers.
func (r *renderer) section(name string, g *group) cfg.Section {
	s := cfg.Section{Header: cfg.L("backend", cfg.Name(name), cfg.Kw("from"), cfg.Name(r.defaultsOf(g))).Of(g.ingress)}
	for _, step := range steps() {
		s.Add(step.lines(r, g)...)
	}
	return s
}
