package behaviour

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/echo"
)

// A Hawser with a header of its own for all servers has no shortcut. Everything else has to be the same with and without it.
func TestTheShortcutChangesNothing(t *testing.T) {
	manifests := Ingress("web", "web.test", "one", nil) + Ingress("api", "web.test", "two", nil, "/api", "/a b", "/x%25y") +
		Ingress("other", "web.test.evil.test", "two", nil, "/") + Ingress("wild", "*.wild.test", "two", nil) +
		Ingress("root", "root.test", "one", []string{"app-root: /start"}) +
		Ingress("alias", "alias.test", "one", []string{"server-alias: second.test"}) +
		Ingress("auth", "auth.test", "one", []string{"auth-tls-secret: default/none"}) +
		strings.ReplaceAll(Ingress("exact", "exact.test", "two", nil, "/only"), "pathType: Prefix", "pathType: Exact") +
		Backend("one", Echo(t, "one")) + Backend("two", Echo(t, "two"))
	const settings = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {%s}\n" +
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: headers}\ndata: {X-Of-All: \"1\"}\n"
	start := func(data string) *Site {
		return Start(t, manifests+fmt.Sprintf(settings, data), "http://web.test/", "--configmap", "default/settings")
	}
	short, whole := start(""), start("proxy-set-headers: default/headers")
	if probe := askRaw(t, whole, "GET / HTTP/1.1\r\nHost: web.test\r\n"); !strings.Contains(probe, "X-Of-All") {
		t.Fatalf("the whole way does not set its header: %s", probe)
	}
	var asked int
	for _, host := range []string{
		"web.test", "WEB.test", "web.test:80", "web.test.", "web.test/api", "web.test.evil.test", "a.wild.test", "*.wild.test", "*", "root.test",
		"second.test", "alias.test", "auth.test", "exact.test", "unknown.test", "web_test", "", "web.test/", "web.test%.", "exact.test/only",
	} {
		for _, path := range []string{
			"/", "/api", "/api/", "/apix", "/api/../x", "/x/../api", "//api", "/./api", "/api%2fx", "/a%20b", "/a%20b/c", "/x%25y", "/x%2525y", "/api%.", "/%.",
			"/only", "/only/", "/only%.", "/only%2e", "/onl%79", "/api?x=/../", "/.well-known/x", "/api/%zz", "/api/a.b", "*", "http://web.test/api",
		} {
			request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\n", path, host)
			for _, more := range []string{"", "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.2\r\nX-Forwarded-For: 192.0.2.3\r\nX-Forwarded-For: 192.0.2.4\r\n" +
				"X-Forwarded-Host: a.test\r\nX-Original-Forwarded-For: z\r\nX-Original-Forwarded-Host: z\r\nKeep-Alive: 5\r\nProxy: p\r\nSSL-Client-Verify: SUCCESS\r\na_b: 1\r\nX-Real-IP: z\r\nX-Forwarded-Proto: z\r\nx-forwarded-scheme: z\r\nX-SCHEME: z\r\n"} {
				if more != "" && path != "/api" {
					continue
				}
				asked++
				if a, b := askRaw(t, short, request+more), strings.ReplaceAll(askRaw(t, whole, request+more), "X-Of-All=[1] ", ""); a != b {
					t.Errorf("%q:\nwith the shortcut    %s\nwithout the shortcut %s", request+more, a, b)
				}
			}
		}
	}
	for _, method := range []string{"TRACE", "OPTIONS", "HEAD"} {
		request := method + " /api HTTP/1.1\r\nHost: web.test\r\n"
		if a, b := askRaw(t, short, request), strings.ReplaceAll(askRaw(t, whole, request), "X-Of-All=[1] ", ""); a != b {
			t.Errorf("%s: with the shortcut %s, without %s", method, a, b)
		}
	}
	joined := askRaw(t, short, "GET /api HTTP/1.1\r\nHost: web.test\r\nX-Forwarded-For: a\r\nX-Forwarded-For: b\r\nX-Forwarded-For: c\r\n")
	if !strings.Contains(joined, "X-Original-Forwarded-For=[a, b, c] ") || asked < 400 {
		t.Errorf("asked %d times; three lines became %s", asked, joined)
	}
}

// askRaw tells what came of a request, without what differs between two of them.
func askRaw(t *testing.T, s *Site, header string) string {
	t.Helper()
	conn, err := net.Dial("tcp", s.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "%sConnection: close\r\n\r\n", header)
	method, _, _ := strings.Cut(header, " ")
	answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("%q: %v", header, err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := echo.Parse(body)
	if answer.StatusCode != http.StatusOK || err != nil {
		return fmt.Sprint(answer.StatusCode, " ", answer.Header.Get("Location"))
	}
	out := seen.Server + " " + seen.URI + " "
	for _, name := range []string{
		"Host", "X-Of-All", "X-Real-Ip", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Scheme", "X-Scheme", "X-Original-Forwarded-For",
		"X-Original-Forwarded-Host", "Keep-Alive", "Proxy", "Ssl-Client-Verify", "A_b",
	} {
		if v := seen.Header(name); v != "" {
			out += fmt.Sprintf("%s=[%s] ", name, v)
		}
	}
	return out
}
