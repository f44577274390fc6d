package behaviour

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHeadersAndConnections: settings of headers, connections, compression and the log, all in one controller.
func TestHeadersAndConnections(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+
		Ingress("web", "shop.test", "app", []string{"proxy-redirect-from: http://inner.test/", "proxy-redirect-to: https://outer.test/in/"})+
		Ingress("quiet", "quiet.test", "app", []string{`enable-access-log: "false"`})+
		settings(`enable-underscores-in-headers: "true"`, `generate-request-id: "false"`, `use-gzip: "true"`, `keep-alive: "0"`,
			`client-header-timeout: "1"`, `skip-access-log-urls: /unseen?a=1`, `allow-backend-server-header: "true"`),
		"http://shop.test/", "--configmap", "default/settings")
	client := s.Client()

	answer, seen := request(t, client, "http://shop.test/", "X_User: a", "ssl_client_verify: SUCCESS", "X_Forwarded_For: 6.6.6.6", "X_Real-IP: 6.6.6.6", "X.dot: b")
	if seen.Header("X_User") != "a" {
		t.Error("a header with an underscore is lost")
	}
	for _, name := range []string{"ssl_client_verify", "X_Forwarded_For", "X_Real-IP", "X.dot", "X-Request-ID"} {
		if got := seen.Header(name); got != "" {
			t.Errorf("the backend gets %s: %s", name, got)
		}
	}
	if !answer.Close {
		t.Error("the connection is kept after keep-alive: 0")
	}
	answer, _ = request(t, client, "http://shop.test/", "X-Echo-Set-Header: Server: mine")
	if got := answer.Header.Get("Server"); got != "mine" {
		t.Errorf("Server: %q", got)
	}
	answer, _ = request(t, client, "http://shop.test/", "Accept-Encoding: gzip")
	if got := answer.Header.Get("Content-Encoding"); got != "gzip" {
		t.Errorf("JSON is sent with the encoding %q", got)
	}
	answer, _ = request(t, client, "http://shop.test/", "X-Echo-Status: 302", "X-Echo-Set-Header: Location: http://inner.test/b?c")
	if got := answer.Header.Get("Location"); got != "https://outer.test/in/b?c" {
		t.Errorf("Location: %q", got)
	}
	slow(t, s)
	for _, url := range []string{"http://quiet.test/quiet-line", "http://shop.test/unseen?a=1", "http://shop.test/last-line"} {
		status(t, client, url)
	}
	s.Await(func() bool { return strings.Contains(s.Log(), "/last-line") })
	for _, word := range []string{"/quiet-line", "/unseen"} {
		if strings.Contains(s.Log(), word) {
			t.Errorf("%s is in the log", word)
		}
	}
}

// slow sends half of a header.
func slow(t *testing.T, s *Site) {
	t.Helper()
	conn, err := net.Dial("tcp", s.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nHost: shop.test\r\n")); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("HTTP/1.1 408"))
	if _, err := conn.Read(line); err != nil || string(line) != "HTTP/1.1 408" {
		t.Errorf("half of a header is answered by %q: %v, want %d", line, err, http.StatusRequestTimeout)
	}
}
