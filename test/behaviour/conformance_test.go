package behaviour

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/echo"
)

// The features of the Kubernetes Ingress conformance suite: host rules, path rules, default backend, ingress class,
// load balancing.

// ask returns which backend answers, or the status if none does.
func ask(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Sprint(answer.StatusCode)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := echo.Parse(body)
	if err != nil {
		t.Fatalf("the answer of %s is no echo: %v", url, err)
	}
	return seen.Server
}

type asked struct{ url, want string }

func askAll(t *testing.T, s *Site, list []asked) {
	t.Helper()
	client := s.Client()
	for _, a := range list {
		if got := ask(t, client, a.url); got != a.want {
			t.Errorf("%s is answered by %s, wanted is %s", a.url, got, a.want)
		}
	}
}

func TestHostRules(t *testing.T) {
	s := Start(t, Backend("one", Echo(t, "one"))+Backend("two", Echo(t, "two"))+
		Ingress("exact", "foo.bar.test", "one", nil)+Ingress("wildcard", "*.foo.test", "two", nil), "http://foo.bar.test/")
	askAll(t, s, []asked{
		{"http://foo.bar.test/", "one"},
		{"http://FOO.bar.test/", "one"},
		{"http://bar.foo.test/", "two"},
		{"http://baz.bar.foo.test/", "404"}, // a wildcard is one label
		{"http://foo.test/", "404"},
		{"http://subdomain.foo.bar.test/", "404"},
		{"http://other.test/", "404"},
	})
}

func TestPathRules(t *testing.T) {
	exact := `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: paths}
spec:
  ingressClassName: nginx
  rules:
  - host: paths.test
    http:
      paths:
      - {path: /exact, pathType: Exact, backend: {service: {name: exact, port: {number: 80}}}}
      - {path: /prefix, pathType: Prefix, backend: {service: {name: prefix, port: {number: 80}}}}
      - {path: /prefix/longer, pathType: Prefix, backend: {service: {name: longer, port: {name: http}}}}
      - {path: /both, pathType: Prefix, backend: {service: {name: prefix, port: {number: 80}}}}
      - {path: /both, pathType: Exact, backend: {service: {name: exact, port: {number: 80}}}}
      - {path: /slash/, pathType: Prefix, backend: {service: {name: prefix, port: {number: 80}}}}
`
	s := Start(t, Backend("exact", Echo(t, "exact"))+Backend("prefix", Echo(t, "prefix"))+Backend("longer", Echo(t, "longer"))+exact,
		"http://paths.test/prefix")
	askAll(t, s, []asked{
		{"http://paths.test/exact", "exact"},
		{"http://paths.test/exact/", "404"},
		{"http://paths.test/exact/x", "404"},
		{"http://paths.test/EXACT", "404"},
		{"http://paths.test/prefix", "prefix"},
		{"http://paths.test/prefix/", "prefix"},
		{"http://paths.test/prefix/x", "prefix"},
		{"http://paths.test/prefixx", "404"},
		{"http://paths.test/prefix/longer", "longer"},
		{"http://paths.test/prefix/longer/x", "longer"},
		{"http://paths.test/prefix/longerx", "prefix"},
		{"http://paths.test/both", "exact"},
		{"http://paths.test/both/x", "prefix"},
		{"http://paths.test/slash", "301"},
		{"http://paths.test/slash/", "prefix"},
		{"http://paths.test/%70refix/x", "prefix"},
		{"http://paths.test/x/../prefix", "prefix"},
		{"http://paths.test/", "404"},
	})
}

func TestDefaultBackend(t *testing.T) {
	fallback := `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: fallback}
spec:
  ingressClassName: nginx
  defaultBackend: {service: {name: fallback, port: {number: 80}}}
`
	s := Start(t, Backend("fallback", Echo(t, "fallback"))+Backend("named", Echo(t, "named"))+fallback+
		Ingress("named", "named.test", "named", nil, "/served"), "http://named.test/served")
	askAll(t, s, []asked{
		{"http://named.test/served", "named"},
		{"http://named.test/else", "404"}, // the catch-all is for hosts that nobody has
		{"http://any.test/", "fallback"},
		{"http://any.test/path", "fallback"},
	})
}

func TestIngressClass(t *testing.T) {
	classes := `---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: ours}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: theirs}
spec: {controller: example.com/other}
`
	with := func(name, class string) string {
		i := Ingress(name, name+".test", "a", nil)
		if class == "" {
			return strings.Replace(i, "  ingressClassName: nginx\n", "", 1)
		}
		return strings.Replace(i, "ingressClassName: nginx", "ingressClassName: "+class, 1)
	}
	older := strings.Replace(with("older", ""), "example.com/a: b", "kubernetes.io/ingress.class: nginx", 1)
	foreign := strings.Replace(with("foreign", ""), "example.com/a: b", "kubernetes.io/ingress.class: other", 1)
	s := Start(t, classes+Backend("a", Echo(t, "a"))+with("ours", "ours")+with("theirs", "theirs")+with("nobody", "nobody")+
		with("none", "")+older+foreign, "http://ours.test/")
	askAll(t, s, []asked{
		{"http://ours.test/", "a"},
		{"http://older.test/", "a"},
		{"http://theirs.test/", "404"},
		{"http://nobody.test/", "404"},
		{"http://none.test/", "404"},
		{"http://foreign.test/", "404"},
	})
}

// TestLoadBalancing spreads requests over ten endpoints, and follows when some of them leave.
func TestLoadBalancing(t *testing.T) {
	endpoints := func(names ...string) string {
		var b strings.Builder
		fmt.Fprint(&b, "---\napiVersion: v1\nkind: Service\nmetadata: {name: many}\nspec: {ports: [{name: http, port: 80}]}\n")
		for _, name := range names {
			host, port, _ := strings.Cut(Echo(t, name), ":")
			fmt.Fprintf(&b, `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: many-%s, labels: {kubernetes.io/service-name: many}}
addressType: IPv4
ports: [{name: http, port: %s}]
endpoints: [{addresses: ["%s"], conditions: {ready: true}}]
`, name, port, host)
		}
		return b.String()
	}
	ten := endpoints("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
	s := Start(t, ten+Ingress("many", "many.test", "many", nil), "http://many.test/")
	count := func() map[string]int {
		out, client := map[string]int{}, s.Client()
		for range 200 {
			out[ask(t, client, "http://many.test/")]++
		}
		return out
	}
	got := count()
	for _, name := range strings.Split("abcdefghij", "") {
		if got[name] != 20 {
			t.Errorf("endpoint %s answered %d of 200 requests, wanted is 20: %v", name, got[name], got)
		}
	}
	s.Write(endpoints("x", "y") + Ingress("many", "many.test", "many", nil))
	s.Await(func() bool { return strings.Contains("xy", ask(t, s.Client(), "http://many.test/")) })
	if got := count(); got["x"] != 100 || got["y"] != 100 {
		t.Errorf("after the change: %v, wanted are 100 each of x and y", got)
	}
}
