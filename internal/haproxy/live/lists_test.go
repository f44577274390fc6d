package live_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestAllowlistChangesWithoutAReload(t *testing.T) {
	allow := func(networks string) string { return ingress("own.test", "whitelist-source-range", networks) }
	s := start(t, allow("127.0.0.1/32,10.0.0.0/8"))
	s.want(200, "own.test", "127.0.0.1")
	s.want(403, "own.test", "127.0.0.2")

	s.change(allow("10.0.0.0/8, 127.0.0.2, 2001:db8::/32"))
	s.want(403, "own.test", "127.0.0.1")
	s.want(200, "own.test", "127.0.0.2")

	s.change(allow("192.0.2.1"))
	s.want(403, "own.test", "127.0.0.1")
	s.want(403, "own.test", "127.0.0.2")
	s.mustReload(ingress("own.test", "denylist-source-range", "127.0.0.1"), "new list", "rules of a route")
	s.change(ingress("own.test"))
	s.want(200, "own.test", "127.0.0.1")
}

func TestDenylistAndExemptionsChangeWithoutAReload(t *testing.T) {
	site := func(denied, unlimited string) string {
		return ingress("own.test", "denylist-source-range", denied, "limit-connections", "1", "limit-whitelist", unlimited)
	}
	s := start(t, site("127.0.0.1", "127.0.0.9"))
	s.want(403, "own.test", "127.0.0.1")
	s.change(site("127.0.0.2", "127.0.0.8"))
	s.want(200, "own.test", "127.0.0.1")
	s.want(403, "own.test", "127.0.0.2")
}

func TestBlockedClientsChangeWithoutAReload(t *testing.T) {
	all := func(networks, agents string) string {
		return settings("block-cidrs", networks, "block-user-agents", agents) + ingress("own.test")
	}
	s := start(t, all("127.0.0.2", "~*bad bot"))
	s.want(403, "own.test", "127.0.0.2")
	s.want(403, "own.test", "127.0.0.1", "User-Agent", "Bad Bot/1")
	s.want(200, "own.test", "127.0.0.1", "User-Agent", "Worse Bot/1")
	s.change(all("127.0.0.3", "~*worse bot"))
	s.want(200, "own.test", "127.0.0.2")
	s.want(403, "own.test", "127.0.0.3")
	s.want(200, "own.test", "127.0.0.1", "User-Agent", "Bad Bot/1")
	s.want(403, "own.test", "127.0.0.1", "User-Agent", "Worse Bot/1")
}

// TestListsAreNeverEmpty: who is allowed before and after a change is never refused during one, nobody else is let in.
func TestListsAreNeverEmpty(t *testing.T) {
	allow := func(more string) string { return ingress("own.test", "whitelist-source-range", "127.0.0.1,"+more) }
	s := start(t, allow("10.0.0.0/8"))
	var refused, entered, asked atomic.Int64
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for _, from := range []string{"127.0.0.1", "127.0.0.2"} {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				status := s.status("own.test", from)
				asked.Add(1)
				if from == "127.0.0.1" && status != 200 {
					refused.Add(1)
				}
				if from == "127.0.0.2" && status != 403 {
					entered.Add(1)
				}
			}
		})
	}
	for range 50 {
		s.change(allow("192.0.2.0/24,192.168.0.0/16"))
		s.change(allow("10.0.0.0/8,172.16.0.0/12"))
	}
	close(stop)
	clients.Wait()
	if refused.Load() > 0 || entered.Load() > 0 || asked.Load() < 50 {
		t.Errorf("of %d requests %d were refused and %d let in", asked.Load(), refused.Load(), entered.Load())
	}
}

// TestARouteThatMovesBetweenListsIsAReload: during the change the list has the networks of both.
func TestARouteThatMovesBetweenListsIsAReload(t *testing.T) {
	s := start(t, ingress("own.test", "whitelist-source-range", "127.0.0.1"))
	s.mustReload(strings.Replace(ingress("own.test", "whitelist-source-range", "127.0.0.2"), "path: /,", "path: /other,", 1),
		"routes of a backend whose lists change")
}
