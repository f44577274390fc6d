package live_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// asked are annotations of routes, none of which names its Ingress.
func asked() [][]string {
	return [][]string{
		{"proxy-body-size", "1k"},
		{"proxy-read-timeout", "120", "proxy-connect-timeout", "7"},
		{"enable-cors", "true", "cors-allow-origin", "https://app.test"},
		{"upstream-vhost", "inner.test", "ssl-redirect", "false"},
	}
}

// TestRoutesWithKnownRulesComeWithoutAReload: what another route asks for already is in spare backends.
func TestRoutesWithKnownRulesComeWithoutAReload(t *testing.T) {
	all := func(n int) string {
		var b strings.Builder
		for i, annotations := range asked() {
			for j := range n {
				b.WriteString(ingress(fmt.Sprintf("r%d-%d.test", i, j), annotations...))
			}
		}
		return b.String()
	}
	s := start(t, all(1))
	for n := 2; n <= 4; n++ {
		s.change(all(n))
		for i := range asked() {
			for j := range n {
				s.want(200, fmt.Sprintf("r%d-%d.test", i, j), "127.0.0.1")
			}
		}
	}
	s.change(all(1))
	s.want(404, "r0-1.test", "127.0.0.1")
	s.want(200, "r0-0.test", "127.0.0.1")
	s.mustReload(all(1)+ingress("new.test", "proxy-read-timeout", "121"), "new route with rules of its own")
	s.mustReload(all(1)+ingress("new.test", "proxy-body-size", "2k"), "defaults of routes", "new route with rules of its own")
}

// TestRoutesThatChangeTakeTheirRulesAlong: at any time each route answers as it asks for, and no other.
func TestRoutesThatChangeTakeTheirRulesAlong(t *testing.T) {
	s := start(t, ingress("first.test", "proxy-body-size", "1k", "enable-cors", "true")+ingress("second.test")+ingress("third.test", "proxy-body-size", "1m"))
	want := func(host string, limited bool) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.options.HTTP[0].String()+"/", strings.NewReader(strings.Repeat("x", 2000)))
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		status, origin := 200, ""
		if limited {
			status, origin = 413, "*"
		}
		if got := answer.Header.Get("Access-Control-Allow-Origin"); answer.StatusCode != status || got != origin {
			t.Errorf("%s: status %d, allowed origin %q; want %d, %q", host, answer.StatusCode, got, status, origin)
		}
	}
	for _, limited := range [][2]bool{{true, false}, {true, true}, {false, true}, {false, false}, {true, true}, {true, false}, {false, true}} {
		site := ingress("third.test", "proxy-body-size", "1m")
		for i, host := range []string{"first.test", "second.test"} {
			if limited[i] {
				site += ingress(host, "proxy-body-size", "1k", "enable-cors", "true")
			} else {
				site += ingress(host)
			}
		}
		s.change(site)
		want("first.test", limited[0])
		want("second.test", limited[1])
	}
}

// TestListsOfSpareBackends: a route with networks of its own gets the lists of a spare, and nobody else does.
func TestListsOfSpareBackends(t *testing.T) {
	first := ingress("first.test", "whitelist-source-range", "127.0.0.1")
	allow := func(host, networks string) string { return ingress(host, "whitelist-source-range", networks) }
	deny := func(host, networks string) string { return ingress(host, "denylist-source-range", networks) }
	s := start(t, first+deny("kept.test", "127.0.0.9"))
	want := func(host string, one, two int) {
		t.Helper()
		s.want(one, host, "127.0.0.1")
		s.want(two, host, "127.0.0.2")
	}
	rest := deny("kept.test", "127.0.0.9")
	s.change(first + rest + allow("second.test", "127.0.0.2") + deny("third.test", "127.0.0.1"))
	want("first.test", 200, 403)
	want("second.test", 403, 200)
	want("third.test", 403, 200)

	s.change(first + rest + allow("second.test", "127.0.0.1") + deny("third.test", "127.0.0.2"))
	want("second.test", 200, 403)
	want("third.test", 200, 403)

	s.change(first + rest + allow("third.test", "127.0.0.2") + deny("second.test", "127.0.0.2"))
	want("first.test", 200, 403)
	want("second.test", 200, 403)
	want("third.test", 403, 200)

	s.change(ingress("first.test") + rest + ingress("second.test"))
	want("first.test", 200, 200)
	want("second.test", 200, 200)
	want("third.test", 404, 404)
	s.mustReload(allow("first.test", "127.0.0.2")+rest+ingress("second.test"), "list of a backend that is used again")
	s.change(first + rest + ingress("second.test"))
	want("first.test", 200, 403)
	s.mustReload(strings.Replace(allow("first.test", "127.0.0.2"), "path: /,", "path: /other,", 1)+rest+ingress("second.test"),
		"routes of a backend whose lists change")
}
