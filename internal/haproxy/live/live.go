// Package live knows what a running worker of HAProxy has in memory, and brings it to a new Bundle without a reload
// where that can be done.
//
// Whether it can be follows from where a difference is, never from the feature behind it: a table, a server or a
// backend without rules changes at run time; anything else is a reload, with its reasons. A route is reachable only
// when everything that it needs is in place, and what protects it is there first and goes last.
package live

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// Worker is the memory of one worker process. It belongs to one goroutine.
type Worker struct {
	bundle   *haproxy.Bundle
	can      runtime.Abilities
	unsure   string // why its memory is not known any more; "": it is
	seats    seats
	variants map[string]haproxy.Text              // defaults sections that the worker has read
	lists    map[string][]cfg.MapKey              // what is in lists
	static   map[string]haproxy.File              // files that it has read and that can't be changed
	servers  map[string]map[string]haproxy.Server // backend of the worker -> servers that take requests
	fading   map[string]map[string]haproxy.Server // backend of the worker -> servers that end their last connections
}

// Loaded is a worker that has just read the files of a bundle, with its spare backends, and what it can do from now on.
func Loaded(b *haproxy.Bundle, can runtime.Abilities) *Worker {
	w := &Worker{
		bundle:   b,
		can:      can,
		seats:    readSeats(b),
		variants: b.Variants,
		static:   b.Static,
		lists:    listsOf(b),
		servers:  map[string]map[string]haproxy.Server{},
		fading:   map[string]map[string]haproxy.Server{},
	}
	for _, backend := range b.Backends {
		w.servers[backend.Name] = serversOf(backend)
	}
	return w
}

func serversOf(b *haproxy.Backend) map[string]haproxy.Server {
	out := make(map[string]haproxy.Server, len(b.Servers))
	for _, s := range b.Servers {
		out[s.Name] = s
	}
	return out
}

// Bundle is what the worker serves.
func (w *Worker) Bundle() *haproxy.Bundle { return w.bundle }

// Seats tells which spare serves for a backend, for figures that HAProxy keeps under the name of the spare.
func (w *Worker) Seats() map[string]string { return w.seats.taken }

// Plan is how a worker gets to a bundle.
type Plan struct {
	Reload   bool
	Reasons  []string          // of a reload, sorted
	Commands []runtime.Command // otherwise, in this order
	end      ending            // what goes after them
	proofs   []runtime.Question
	trust    trust // what is begun before them, and ended when all else is there
	next     *Worker
	servers  map[string]map[string]haproxy.Server // backends of the worker whose servers change -> those that are left
}

// Empty reports that nothing is to be done.
func (p Plan) Empty() bool {
	return !p.Reload && len(p.Commands) == 0 && p.end.empty() && len(p.trust.files) == 0
}

// planner collects the steps of a Plan by what depends on what.
type planner struct {
	old, next  *Worker
	reasons    map[string]bool
	prepare    []runtime.Command // certificates, servers, names of TLS
	protect    []runtime.Command // tables of policies, before routes
	route      []runtime.Command // tables of routes
	release    []runtime.Command // what nothing refers to any more
	end        ending
	proofs     []runtime.Question
	trust      trust
	gone, come []*haproxy.Backend                   // of the bundles, without those that they share
	servers    map[string]map[string]haproxy.Server // of Plan
}

// Plan compares; the worker is not changed before Done.
func (w *Worker) Plan(desired *haproxy.Bundle) Plan {
	if w.unsure != "" {
		return Plan{Reload: true, Reasons: []string{w.unsure}}
	}
	next := &Worker{
		bundle: desired, can: w.can, seats: w.seats.clone(), variants: w.variants, static: w.static, lists: maps.Clone(w.lists),
		servers: w.servers, fading: cloneFading(w.fading),
	}
	p := &planner{old: w, next: next, reasons: map[string]bool{}, servers: map[string]map[string]haproxy.Server{}}
	p.gone, p.come = window(w.bundle.Backends, desired.Backends, sameBackend)
	if !bytes.Equal(w.bundle.Frame.Bytes, desired.Frame.Bytes) {
		p.reload("frame")
	}
	p.files()
	p.seat()
	p.serverChanges()
	p.tables()
	p.proofs = p.proof()
	p.able()
	if len(p.reasons) > 0 {
		return Plan{Reload: true, Reasons: slices.Sorted(maps.Keys(p.reasons))}
	}
	return Plan{
		Commands: slices.Concat(p.prepare, p.protect, p.route, p.release),
		end:      p.end, proofs: p.proofs, trust: p.trust,
		next: next, servers: p.servers,
	}
}

// Done takes over the state after all commands of the plan succeeded.
func (w *Worker) Done(p Plan) {
	if p.next == nil {
		return
	}
	*w = *p.next
	for seat, servers := range p.servers {
		if len(servers) == 0 {
			delete(w.servers, seat)
		} else {
			w.servers[seat] = servers
		}
	}
}

func (p *planner) reload(reason string) { p.reasons[reason] = true }

func cloneFading(m map[string]map[string]haproxy.Server) map[string]map[string]haproxy.Server {
	out := make(map[string]map[string]haproxy.Server, len(m))
	for k, v := range m {
		out[k] = maps.Clone(v)
	}
	return out
}

// seat finds a backend of the worker for each backend of the bundle. What the worker has beyond that does no harm.
func (p *planner) seat() {
	for _, b := range p.come {
		inTheWay := func(seat string) bool {
			return clash(p.old.servers[seat], b.Servers) || clash(p.old.fading[seat], b.Servers)
		}
		if reason := p.next.seats.find(b, inTheWay); reason != "" {
			p.reload(reason)
		}
	}
	for name, text := range p.next.bundle.Variants {
		if !bytes.Equal(p.old.variants[name].Bytes, text.Bytes) {
			p.reload("defaults of routes")
		}
	}
}

// serverChanges adds and removes servers. A server that comes back while it fades is made ready again.
func (p *planner) serverChanges() {
	wanted := map[string]bool{}
	for _, b := range p.come {
		seat := p.next.seats.at(b.Name)
		wanted[seat] = true
		have := p.old.servers[seat]
		if sameServers(have, b.Servers) {
			continue
		}
		for _, s := range b.Servers {
			p.addServer(seat, b.CookieKey, have, s)
		}
		want := serversOf(b)
		for _, name := range slices.Sorted(maps.Keys(have)) {
			if _, stays := want[name]; !stays {
				p.removeServer(seat, name)
			}
		}
		p.servers[seat] = want
	}
	for _, b := range p.gone {
		seat := p.old.seats.at(b.Name)
		if wanted[seat] {
			continue
		}
		wanted[seat] = true // once is enough
		for _, name := range slices.Sorted(maps.Keys(p.old.servers[seat])) {
			p.removeServer(seat, name)
		}
		p.servers[seat] = nil
	}
	p.freeSeats()
}

func sameServers(have map[string]haproxy.Server, want []haproxy.Server) bool {
	if len(have) != len(want) {
		return false
	}
	for _, s := range want {
		if old, ok := have[s.Name]; !ok || !bytes.Equal(old.Text.Bytes, s.Text.Bytes) {
			return false
		}
	}
	return true
}

// clash reports whether a name of a server stands for another one.
func clash(have map[string]haproxy.Server, want []haproxy.Server) bool {
	return slices.ContainsFunc(want, func(s haproxy.Server) bool {
		old, exists := have[s.Name]
		return exists && !bytes.Equal(old.Text.Bytes, s.Text.Bytes)
	})
}

func (p *planner) addServer(seat, cookieKey string, have map[string]haproxy.Server, s haproxy.Server) {
	old, exists := have[s.Name]
	gone, fades := p.next.fading[seat][s.Name]
	switch {
	case exists && bytes.Equal(old.Text.Bytes, s.Text.Bytes):
		return
	case exists, !s.Addr.IsValid(), fades && !bytes.Equal(gone.Text.Bytes, s.Text.Bytes):
		p.reload(fixedServers)
		return
	case fades:
		delete(p.next.fading[seat], s.Name)
	default:
		p.prepare = append(p.prepare, runtime.AddServer(seat, s.Name, s.Addr, p.old.options(s.Args)...))
		if cookieKey != "" {
			p.prepare = append(p.prepare, runtime.SetCookieKey(seat, cookieKey))
		}
	}
	p.prepare = append(p.prepare, runtime.SetServerState(seat, s.Name, runtime.Ready))
}

func (p *planner) removeServer(seat, name string) {
	p.release = append(p.release, runtime.SetServerState(seat, name, runtime.Maint))
	if p.next.fading[seat] == nil {
		p.next.fading[seat] = map[string]haproxy.Server{}
	}
	p.next.fading[seat][name] = p.old.servers[seat][name]
}

// freeSeats returns the spares of backends that are gone, once their servers are deleted.
func (p *planner) freeSeats() {
	stay := map[string]bool{}
	for _, b := range p.come {
		stay[b.Name] = true
	}
	for _, b := range p.gone {
		if !stay[b.Name] {
			delete(p.next.seats.taken, b.Name)
		}
	}
	p.next.seats.release(time.Now(), func(spare string) bool {
		servers, changes := p.servers[spare]
		if !changes {
			servers = p.old.servers[spare]
		}
		return len(servers) > 0 || len(p.next.fading[spare]) > 0
	})
}

// reclaim makes spares free that are no seat and have had no server for a while.
func (w *Worker) reclaim() {
	w.seats.release(time.Now(), func(spare string) bool { return len(w.fading[spare]) > 0 || len(w.servers[spare]) > 0 })
}
