package live

import (
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy"
)

// TestSparesRest: a request that waits in a spare never gets to the servers of the next one.
func TestSparesRest(t *testing.T) {
	backend := func(name string) *haproxy.Backend {
		return &haproxy.Backend{Name: name, Movable: true, Rules: haproxy.Text{Bytes: []byte("backend " + name + " from x\n")}}
	}
	s := readSeats(&haproxy.Bundle{Spares: []haproxy.Backend{*backend("spare-1")}})
	if reason := s.find(backend("one"), nobody); reason != "" || s.at("one") != "spare-1" {
		t.Fatalf("no seat: %q", reason)
	}
	now, connected := time.Now(), true
	release := func(after time.Duration) {
		now = now.Add(after)
		s.release(now, func(string) bool { return connected })
	}
	delete(s.taken, "one")
	release(0)
	release(rest)
	connected = false
	release(rest - 1)
	if reason := s.find(backend("two"), nobody); reason != "no spare backend is left" {
		t.Errorf("the last connection ended just now: %q", reason)
	}
	release(1)
	if reason := s.find(backend("two"), nobody); reason != "" || s.at("two") != "spare-1" {
		t.Errorf("it has rested: %q", reason)
	}
}

func nobody(string) bool { return false }
