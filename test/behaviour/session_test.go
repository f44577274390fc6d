package behaviour

import (
	"fmt"
	"strings"
	"testing"
)

// service is the manifest of a Service whose endpoints have one address each, at different ports.
func service(name string, addresses ...string) string {
	out := fmt.Sprintf("---\napiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {ports: [{name: http, port: 80}]}\n", name)
	for i, address := range addresses {
		_, port, _ := strings.Cut(address, ":")
		out += fmt.Sprintf(`---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: %[1]s-%[2]d, labels: {kubernetes.io/service-name: %[1]s}}
addressType: IPv4
ports: [{name: http, port: %[3]s}]
endpoints: [{addresses: ["127.0.0.1"], conditions: {ready: true}}]
`, name, i, port)
	}
	return out
}

// TestSession: a client stays at its endpoint when others come and go, which needs no reload; an endpoint that came at
// run time keeps its clients after a reload; who loses the endpoint gets another one.
func TestSession(t *testing.T) {
	one, two, three := named(t, "one"), named(t, "two"), named(t, "three")
	sticky := Ingress("web", "s.test", "a", []string{"affinity: cookie", "session-cookie-name: seat"})
	s := Start(t, service("a", one)+sticky, "http://s.test/")
	client := s.Client()
	defer client.CloseIdleConnections()
	body, cookies := visit(t, client, "http://s.test/")
	if body != "one" || len(cookies) != 1 || cookies[0].Name != "seat" || strings.Contains(cookies[0].Value, "127") {
		t.Fatalf("the first answer is %q with %v", body, cookies)
	}
	seats := map[string]string{"one": "Cookie: seat=" + cookies[0].Value}
	s.Await(func() bool { return reloads(s) > 0 })
	before := reloads(s)
	s.Write(service("a", one, two, three) + sticky)
	s.Await(func() bool {
		name, c := visit(t, client, "http://s.test/")
		seats[name] = "Cookie: seat=" + c[0].Value
		return len(seats) == 3
	})
	stays := func(when string, names ...string) {
		t.Helper()
		for _, name := range names {
			for range 20 {
				if got, c := visit(t, client, "http://s.test/", seats[name]); got != name || len(c) != 0 {
					t.Errorf("%s: the client of %s is at %s and gets %v", when, name, got, c)
				}
			}
		}
	}
	stays("with new endpoints", "one", "two", "three")
	if now := reloads(s); now != before {
		t.Errorf("a new endpoint was a reload:\n%s", s.Log())
	}
	s.Write(service("a", one, two, three) + sticky + Ingress("more", "more.test", "a", []string{"affinity: cookie", "session-cookie-name: seat"}))
	s.Await(func() bool { return s.Status("http://more.test/") == 200 })
	stays("after a reload", "one", "two", "three")
	s.Write(service("a", one, three) + sticky)
	s.Await(func() bool {
		name, c := visit(t, client, "http://s.test/", seats["two"])
		return name != "two" && len(c) == 1
	})
	stays("with one endpoint less", "one", "three")
}

// TestSessionOfCanary: the cookie decides before the weight and the header, on both sides.
func TestSessionOfCanary(t *testing.T) {
	s := Start(t, service("a", named(t, "a1"), named(t, "a2"))+service("b", named(t, "b1"), named(t, "b2"))+
		Ingress("main", "s.test", "a", []string{"affinity: cookie"})+
		Ingress("next", "s.test", "b", []string{`canary: "true"`, `canary-weight: "50"`, "canary-by-header: X-Canary"}),
		"http://s.test/")
	client := s.Client()
	defer client.CloseIdleConnections()
	seats := map[string]string{}
	s.Await(func() bool {
		name, c := visit(t, client, "http://s.test/")
		if len(c) != 1 {
			t.Fatalf("%s sets no cookie: %v", name, c)
		}
		seats[name] = "Cookie: INGRESSCOOKIE=" + c[0].Value
		return len(seats) == 4
	})
	for name, seat := range seats {
		for _, word := range []string{"always", "never", "other"} {
			for range 10 {
				if got, c := visit(t, client, "http://s.test/", seat, "X-Canary: "+word); got != name || len(c) != 0 {
					t.Errorf("the client of %s with %s is at %s and gets %v", name, word, got, c)
				}
			}
		}
	}
}

// TestSessionMisread: SameSite=None is left out for browsers that misread it.
func TestSessionMisread(t *testing.T) {
	s := Start(t, Backend("a", named(t, "a"))+
		Ingress("web", "s.test", "a", []string{"affinity: cookie", "session-cookie-samesite: None", `session-cookie-conditional-samesite-none: "true"`}),
		"http://s.test/")
	client := s.Client()
	defer client.CloseIdleConnections()
	for agent, misreads := range map[string]bool{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36":                     false,
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/63.0.3239.84 Safari/537.36":                  true,
		"Mozilla/5.0 (iPhone; CPU iPhone OS 12_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Safari/604.1": true,
		"Mozilla/5.0 (iPad; CPU OS 12_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Safari/604.1":          true,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Safari/605.1.15":     true,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/110.0.0.0 Safari/537.36":     false,
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15":     false,
	} {
		_, cookies := visit(t, client, "http://s.test/", "User-Agent: "+agent)
		if len(cookies) != 1 || strings.Contains(cookies[0].Raw, "SameSite") == misreads {
			t.Errorf("%s gets %v", agent, cookies)
		}
	}
}

// TestSessionDetails: Secure on plain HTTP, a canary that gives no sessions, and what is told of modes.
func TestSessionDetails(t *testing.T) {
	t.Parallel()
	s := Start(t, service("a", named(t, "a"))+service("b", named(t, "b"))+
		Ingress("secure", "secure.test", "a", []string{"affinity: cookie", `session-cookie-secure: "true"`, "affinity-mode: balanced"})+
		Ingress("main", "s.test", "a", []string{"affinity: cookie"})+
		Ingress("next", "s.test", "b", []string{`canary: "true"`, "canary-by-header: X-Canary", "affinity-canary-behavior: legacy"}), "http://s.test/")
	client := s.Client()
	if _, cookies := visit(t, client, "http://secure.test/"); len(cookies) != 1 || !cookies[0].Secure {
		t.Errorf("the cookies are %v", cookies)
	}
	if got, cookies := visit(t, client, "http://s.test/", "X-Canary: always"); got != "b" || len(cookies) != 0 {
		t.Errorf("a canary without sessions: %q answers with %v", got, cookies)
	}
	if !strings.Contains(s.Log(), "affinity-mode: A session stays") {
		t.Errorf("nothing is said of the mode:\n%s", s.Log())
	}
}
