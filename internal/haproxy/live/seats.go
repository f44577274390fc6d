package live

import (
	"bytes"
	"maps"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy"
)

// seats are the backends of a worker: what it has read of them, who serves for whom, and which serve nobody.
type seats struct {
	rules map[string][]byte // sections of routes and spares that the worker has read, by name
	alike map[string][]string
	lists map[string][]string  // of a spare
	taken map[string]string    // backend of the bundle -> spare that serves for it
	free  map[string]bool      // spares that nobody uses
	rests map[string]time.Time // spares that somebody used -> when they are free again
}

// rest is how long a spare serves nobody before it serves another: longer than the frontends and the rules of a backend
// make a request wait whose route is known already, which would go to the servers of the other then.
const rest = 2 * time.Minute

// readSeats is what a worker has that has just read a bundle.
func readSeats(b *haproxy.Bundle) seats {
	s := seats{rules: map[string][]byte{}, alike: map[string][]string{}, lists: map[string][]string{}, taken: map[string]string{}, free: map[string]bool{}, rests: map[string]time.Time{}}
	for _, backend := range b.Backends {
		s.rules[backend.Name] = backend.Rules.Bytes
	}
	for _, spare := range b.Spares {
		s.rules[spare.Name] = spare.Rules.Bytes
		s.alike[string(spare.Body())] = append(s.alike[string(spare.Body())], spare.Name)
		s.lists[spare.Name] = spare.Lists
		s.free[spare.Name] = true
	}
	return s
}

// clone shares what a worker never forgets.
func (s seats) clone() seats {
	return seats{rules: s.rules, alike: s.alike, lists: s.lists, taken: maps.Clone(s.taken), free: maps.Clone(s.free), rests: maps.Clone(s.rests)}
}

// at is where a backend of the bundle lives in the worker.
func (s seats) at(backend string) string {
	if spare, ok := s.taken[backend]; ok {
		return spare
	}
	return backend
}

// find gives a backend its place: where it is if the rules are the same byte for byte, else in a spare that has them,
// which takes over with the maps of routes. Only a reload helps for the reason that it returns.
//
// A seat may have servers that are in the way: the same address, spoken to otherwise. Then a spare helps, too.
func (s seats) find(b *haproxy.Backend, inTheWay func(seat string) bool) (reason string) {
	known := s.rules[b.Name] != nil
	spare, seated := s.taken[b.Name]
	same := known && bytes.Equal(s.rules[b.Name], b.Rules.Bytes)
	switch {
	case seated && b.Movable && s.fits(spare, b) && !inTheWay(spare):
		return ""
	case same && !inTheWay(b.Name):
		delete(s.taken, b.Name)
		return ""
	case b.Movable && s.take(b):
		return ""
	case same:
		return fixedServers
	case known || seated:
		return "rules of a route"
	case b.Movable && s.alike[string(b.Body())] != nil:
		return "no spare backend is left"
	default:
		return "new route with rules of its own"
	}
}

// fixedServers is the reason of a reload for servers that no command makes or changes.
const fixedServers = "servers that can't be changed at run time"

func (s seats) fits(spare string, b *haproxy.Backend) bool {
	has := haproxy.Backend{Name: spare, Rules: haproxy.Text{Bytes: s.rules[spare]}, Lists: s.lists[spare]}
	return len(has.Lists) == len(b.Lists) && bytes.Equal(has.Body(), b.Body())
}

func (s seats) take(b *haproxy.Backend) bool {
	for _, spare := range s.alike[string(b.Body())] {
		if s.free[spare] && s.fits(spare, b) {
			s.taken[b.Name] = spare
			delete(s.free, spare)
			return true
		}
	}
	return false
}

// release makes spares free that are no seat, are not busy otherwise, and have rested.
func (s seats) release(now time.Time, busy func(spare string) bool) {
	taken := map[string]bool{}
	for _, spare := range s.taken {
		taken[spare] = true
	}
	for _, all := range s.alike {
		for _, spare := range all {
			if s.free[spare] || taken[spare] {
				continue
			}
			until, resting := s.rests[spare]
			switch {
			case !resting || busy(spare):
				s.rests[spare] = now.Add(rest)
			case !now.Before(until):
				delete(s.rests, spare)
				s.free[spare] = true
			}
		}
	}
}
