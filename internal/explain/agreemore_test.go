package explain_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/explain"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// TestCanariesAgreeWithHAProxy asks where chance has no say.
func TestCanariesAgreeWithHAProxy(t *testing.T) {
	s := serve(t, fixtures(t), canaries)
	chosen := 0
	for _, host := range []string{"word.test", "value.test", "pattern.test", "all.test", "zero.test", "empty.test"} {
		for _, header := range []string{"", "Which-One: always", "Which-One: never", "Which-One: yes", "Which-One: abc", "Which-One: abcd", "Cookie: canary=always", "Cookie: a=b; canary=never", "Cookie: canary=x"} {
			for _, scheme := range []string{"http", "https"} {
				q := question{url: scheme + "://" + host + "/x?y=1", header: header}
				t.Run(q.String(), func(t *testing.T) {
					if said := s.compare(t, q); said != nil && said.Canary != nil && said.Canary.Chosen == "yes" {
						chosen++
					}
				})
			}
		}
	}
	if chosen < 20 {
		t.Errorf("the canary was chosen only %d times", chosen)
	}
}

func TestChanceIsTold(t *testing.T) {
	s := serve(t, fixtures(t), canaries)
	said := s.world.Explain(s.request(question{url: "http://some.test/"}))
	var text strings.Builder
	if err := explain.WriteText(&text, said); err != nil {
		t.Fatal(err)
	}
	if c := said.Canary; c == nil || c.Chosen != "chance" || c.Service != "a/two:80" || strings.Join(said.Result.Unless, "") != "Canary" || said.Backend.Service != "a/one:80" {
		t.Errorf("%+v, %+v", said.Canary, said.Result)
	}
	if want := "may be chosen: by chance, 20 of 100 requests"; !strings.Contains(text.String(), want) {
		t.Errorf("there is no %q in\n%s", want, text.String())
	}
}

// TestForwardedAgreesWithHAProxy lets a proxy in front say who the client is, for each setting.
func TestForwardedAgreesWithHAProxy(t *testing.T) {
	f := fixtures(t)
	for name, keys := range map[string][]string{
		"headers":  {`use-forwarded-headers: "true"`},
		"believed": {`use-forwarded-headers: "true"`, "proxy-real-ip-cidr: 127.0.0.0/8,10.0.0.0/8"},
		"strange":  {`use-forwarded-headers: "true"`, "proxy-real-ip-cidr: 10.0.0.0/8"},
		"append":   {`use-forwarded-headers: "true"`, `compute-full-forwarded-for: "true"`, "proxy-real-ip-cidr: 127.0.0.0/8"},
		"address":  {`enable-real-ip: "true"`, "proxy-real-ip-cidr: 127.0.0.0/8,10.0.0.0/8"},
		"name":     {`enable-real-ip: "true"`, "forwarded-for-header: Came-From", "proxy-real-ip-cidr: 127.0.0.0/8"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, f, proxied+settings(keys...))
			for _, host := range []string{"plain.test", "forced.test", "root.test", "listed.test", "vhost.test", "cert.test"} {
				for _, header := range []string{"", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 198.51.100.7, 192.0.2.9, 10.0.0.1", "X-Forwarded-For: nobody, 10.1.1.1", "X-Forwarded-For: 192.0.2.1:99",
					"Came-From: 192.0.2.4", "X-Forwarded-Proto: https", "X-Forwarded-Proto: http", "X-Forwarded-Host: other.test", "X-Forwarded-Host: other.test:8 , third.test", "X-Forwarded-Port: 8443"} {
					for _, scheme := range []string{"http", "https"} {
						q := question{url: scheme + "://" + host + "/", header: header}
						t.Run(q.String(), func(t *testing.T) { s.compare(t, q) })
					}
				}
			}
		})
	}
}

// TestDefaultServiceAgreesWithHAProxy has a Service for what nothing else serves, and one that is not there.
func TestDefaultServiceAgreesWithHAProxy(t *testing.T) {
	f := fixtures(t)
	manifests := services + strings.ReplaceAll(paths("plain", "plain.test", ""), "path: /,", "path: /only,") +
		secured("cert", "cert.test", "auth-tls-secret: a/clients") + secured("wild", "'*.wild.test'")
	served := 0
	for _, name := range []string{"two", "none", "missing"} {
		s := serve(t, f, manifests, func(s *snapshot.Settings) { s.DefaultBackend = types.NamespacedName{Namespace: "a", Name: name} })
		for _, host := range []string{"plain.test", "cert.test", "unknown.test", "x.wild.test", "x.y.wild.test"} {
			for _, path := range []string{"/", "/only", "/exact/x", "/other?x=1"} {
				for _, scheme := range []string{"http", "https"} {
					q := question{url: scheme + "://" + host + path}
					t.Run(name+" "+q.String(), func(t *testing.T) {
						if said := s.compare(t, q); said != nil && said.Route != nil && said.Route.Ingress.Kind == "Service" && said.Result.From == explain.FromBackend {
							served++
						}
					})
				}
			}
		}
	}
	if served < 8 {
		t.Errorf("the Service served only %d requests", served)
	}
}

// TestPortsAgreeWithHAProxy connects to TCP ports.
func TestPortsAgreeWithHAProxy(t *testing.T) {
	f := fixtures(t)
	port := func() string {
		_, port, _ := net.SplitHostPort(explain.FreeAddr(t))
		return port
	}
	open, empty, proxied, closed := port(), port(), port(), port()
	config := fmt.Sprintf("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: tcp, namespace: ingress}\ndata: {%q: 'a/two:80', %q: 'a/none:80', %q: 'a/two:80:PROXY'}\n", open, empty, proxied)
	s := serve(t, f, services+secured("plain", "plain.test")+config, func(s *snapshot.Settings) {
		s.TCPServices = types.NamespacedName{Namespace: "ingress", Name: "tcp"}
	})
	for _, c := range []struct{ port, from, unless string }{
		{open, explain.FromBackend, ""}, {empty, explain.FromNobody, ""}, {proxied, explain.FromBackend, "PROXY"}, {closed, explain.FromNobody, ""},
	} {
		number, err := strconv.ParseUint(c.port, 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		said := s.world.Explain(explain.Request{Host: "127.0.0.1:" + c.port, Port: uint16(number)})
		if said.Result.From != c.from || !strings.Contains(strings.Join(said.Result.Unless, ""), c.unless) {
			t.Errorf("port %s: explain says %+v", c.port, said.Result)
		}
		if got, want := answers(c.port), c.from == explain.FromBackend && c.unless == ""; got != want {
			t.Errorf("port %s: HAProxy answers is %v; explain says %+v", c.port, got, said.Result)
		}
	}
}

// answers reports whether a backend answers a request at a TCP port.
func answers(port string) bool {
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+port, 5*time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return false
	}
	if _, err := io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n"); err != nil {
		return false
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.Contains(line, "200")
}
