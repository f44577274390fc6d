package compile

import (
	"maps"
	"slices"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// assemble makes the model of the parts.
func (c *Compiler) assemble(ch changes) {
	c.certs.tidy(c.snapshot)
	next := &model.Model{Global: c.settings.global, Streams: c.streams.streams, Backends: c.assembleBackends(ch)}
	was := c.claims.issues
	gone, come := hostsOf(ch.gone), hostsOf(ch.come)
	if c.model != nil && slices.Equal(gone, come) {
		next.Hosts, next.Shards = c.model.Hosts, c.model.Shards
		c.claims.move(ch)
	} else {
		c.hosts = merged(c.hosts, gone, come, compareHosts)
		c.claim()
		next.Hosts, next.Shards = c.allHosts(), c.shards()
	}
	if c.model == nil || !slices.Equal(was, c.claims.issues) || !slices.Equal(issuesOf(ch.gone), issuesOf(ch.come)) {
		c.issues = c.assembleIssues()
	}
	c.model = next
}

func (c *Compiler) assembleIssues() issue.List {
	out := slices.Concat(c.settings.issues, c.claims.issues, c.streams.issues)
	for _, p := range []*part{c.catchAll, c.restPart} {
		if p != nil {
			out = append(out, p.issues...)
		}
	}
	for _, p := range c.parts {
		out = append(out, p.issues...)
	}
	return out.Sorted()
}

// assembleBackends has one of those that parts made of the same Service: they are equal.
func (c *Compiler) assembleBackends(ch changes) []*model.Backend {
	touched := map[model.BackendID]*model.Backend{}
	for _, p := range ch.gone {
		for _, b := range p.backends {
			touched[b.ID] = b
			c.backends[b.ID] = slices.DeleteFunc(c.backends[b.ID], func(other *model.Backend) bool { return other == b })
		}
	}
	for _, p := range ch.come {
		for _, b := range p.backends {
			touched[b.ID] = b
			c.backends[b.ID] = append(c.backends[b.ID], b)
		}
	}
	var old []*model.Backend
	if c.model != nil {
		old = c.model.Backends
	}
	var add []*model.Backend
	for id := range touched {
		if all := c.backends[id]; len(all) > 0 {
			add = append(add, all[0])
		} else {
			delete(c.backends, id)
		}
	}
	if len(touched) <= fewBackends {
		return placed(old, touched, add)
	}
	slices.SortFunc(add, compareBackends)
	return merged(old, slices.SortedFunc(maps.Values(touched), compareBackends), add, compareBackends)
}

// fewBackends are put into their places one by one, without a look at all others.
const fewBackends = 32

// placed is merged for a few backends.
func placed(list []*model.Backend, drop map[model.BackendID]*model.Backend, add []*model.Backend) []*model.Backend {
	out := append(make([]*model.Backend, 0, len(list)+len(add)), list...)
	for _, b := range add {
		delete(drop, b.ID)
		at, known := slices.BinarySearchFunc(out, b, compareBackends)
		if known {
			out[at] = b
		} else {
			out = slices.Insert(out, at, b)
		}
	}
	for _, b := range drop {
		if at, known := slices.BinarySearchFunc(out, b, compareBackends); known {
			out = slices.Delete(out, at, at+1)
		}
	}
	return out
}

func hostsOf(parts []*part) []*model.Host {
	var out []*model.Host
	for _, p := range parts {
		out = append(out, p.hosts...)
	}
	slices.SortFunc(out, compareHosts)
	return out
}

func issuesOf(parts []*part) issue.List {
	var out issue.List
	for _, p := range parts {
		out = append(out, p.issues...)
	}
	return out.Sorted()
}

// merged is a new list without what is equal to an element of drop, and with add. All are in the order of compare.
func merged[T any](list, drop, add []T, compare func(a, b T) int) []T {
	out := make([]T, 0, len(list)+len(add))
	for _, e := range list {
		for len(drop) > 0 && compare(drop[0], e) < 0 {
			drop = drop[1:]
		}
		for len(add) > 0 && compare(add[0], e) < 0 {
			out, add = append(out, add[0]), add[1:]
		}
		if len(drop) == 0 || compare(drop[0], e) != 0 {
			out = append(out, e)
		}
	}
	return append(out, add...)
}
