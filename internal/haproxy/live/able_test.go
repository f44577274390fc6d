package live_test

import (
	"slices"
	"testing"

	"github.com/hawser-ingress/hawser/internal/haproxy/live"
)

// TestServersComeAtRunTimeWhereReuseIsBounded: HAProxy takes no bound of that kind for a server that comes while it runs.
func TestServersComeAtRunTimeWhereReuseIsBounded(t *testing.T) {
	bound := settings("upstream-keepalive-requests", "100", "upstream-keepalive-connections", "7", "upstream-keepalive-timeout", "9")
	s := start(t, bound+ingress("own.test"))
	s.change(bound + ingress("own.test") + ingress("new.test"))
	s.want(200, "new.test", "127.0.0.1")
}

// TestWhatHAProxyLacksIsAReload: with one command less, what needs it is reloaded, and everything else is not.
func TestWhatHAProxyLacksIsAReload(t *testing.T) {
	const lacks = "HAProxy lacks a command"
	first := ingress("own.test", "whitelist-source-range", "127.0.0.1") + secured("tls.test", "shared") + secret("shared", "tls.test,more.test")
	s := start(t, first)
	route, list := first+ingress("new.test"), ingress("own.test", "whitelist-source-range", "127.0.0.2")+secured("tls.test", "shared")+secret("shared", "tls.test,more.test")
	name := ingress("own.test", "whitelist-source-range", "127.0.0.1") + secured("tls.test", "shared") + secured("more.test", "shared") + secret("shared", "tls.test,more.test")
	for _, c := range []struct {
		verb                  string
		route, list, tlsNames bool // need it
	}{
		{"add server", true, false, true},
		{"show servers state", true, false, true},
		{"add map", true, false, true},
		{"get map", true, false, true},
		{"add acl", false, true, false},
		{"show acl", false, true, false},
		{"add ssl crt-list", false, false, true},
		{"del ssl cert", false, false, false},
	} {
		s.worker = live.Loaded(s.worker.Bundle(), s.can.Without(c.verb))
		for change, needs := range map[string]bool{route: c.route, list: c.list, name: c.tlsNames} {
			var want []string
			if needs {
				want = []string{lacks}
			}
			if got := s.worker.Plan(s.render(change)); !slices.Equal(got.Reasons, want) {
				t.Errorf("without %q: a reload for %q, want %q", c.verb, got.Reasons, want)
			}
		}
	}
}

// TestServersThatAreSpokenToOtherwise: the same addresses, by another protocol, come in a spare backend.
func TestServersThatAreSpokenToOtherwise(t *testing.T) {
	plain, secure := ingress("own.test"), ingress("own.test", "backend-protocol", "HTTPS")
	s := start(t, plain)
	for range 3 {
		s.change(secure)
		s.want(502, "own.test", "127.0.0.1") // the server speaks HTTP
		s.change(plain)
		s.want(200, "own.test", "127.0.0.1")
	}
}
