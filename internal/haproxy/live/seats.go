package live

import (
	"bytes"
	"maps"

	"github.com/hawser-ingress/hawser/internal/haproxy"
)

// seats are the backends of a worker: what it has read of them, who serves for whom, and which serve nobody.
type seats struct {
	rules map[string][]byte // sections of routes and spares that the worker has read, by name
	alike map[string][]string
	taken map[string]string // backend of the bundle -> spare that serves for it
	free  map[string]bool   // spares that nobody uses
}

// readSeats is what a worker has that has just read a bundle.
func readSeats(b *haproxy.Bundle) seats {
	s := seats{rules: map[string][]byte{}, alike: map[string][]string{}, taken: map[string]string{}, free: map[string]bool{}}
	for _, backend := range b.Backends {
		s.rules[backend.Name] = backend.Rules.Bytes
	}
	for _, spare := range b.Spares {
		s.rules[spare.Name] = spare.Rules.Bytes
		s.alike[string(spare.Body())] = append(s.alike[string(spare.Body())], spare.Name)
		s.free[spare.Name] = true
	}
	return s
}

// clone shares what a worker never forgets.
func (s seats) clone() seats {
	return seats{rules: s.rules, alike: s.alike, taken: maps.Clone(s.taken), free: maps.Clone(s.free)}
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
func (s seats) find(b haproxy.Backend) (reason string) {
	known := s.rules[b.Name] != nil
	spare, seated := s.taken[b.Name]
	switch {
	case seated && b.Movable && bytes.Equal(haproxy.Backend{Name: spare, Rules: haproxy.Text{Bytes: s.rules[spare]}}.Body(), b.Body()):
		return ""
	case known && bytes.Equal(s.rules[b.Name], b.Rules.Bytes):
		delete(s.taken, b.Name)
		return ""
	case b.Movable && s.take(b):
		return ""
	case known || seated:
		return "rules of a route"
	case b.Movable && s.alike[string(b.Body())] != nil:
		return "no spare backend is left"
	default:
		return "new route with rules of its own"
	}
}

func (s seats) take(b haproxy.Backend) bool {
	for _, spare := range s.alike[string(b.Body())] {
		if s.free[spare] {
			s.taken[b.Name] = spare
			delete(s.free, spare)
			return true
		}
	}
	return false
}

// release makes spares free that are no seat and that are not busy otherwise.
func (s seats) release(busy func(spare string) bool) {
	taken := map[string]bool{}
	for _, spare := range s.taken {
		taken[spare] = true
	}
	for _, all := range s.alike {
		for _, spare := range all {
			if taken[spare] || busy(spare) {
				delete(s.free, spare)
			} else {
				s.free[spare] = true
			}
		}
	}
}
