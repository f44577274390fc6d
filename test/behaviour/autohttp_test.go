package behaviour

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/testcert"
)

// peeked is a connection whose first byte was looked at.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.r.Read(b) }

// both is a listener for TLS and plain connections.
type both struct {
	net.Listener
	config *tls.Config
}

func (b both) Accept() (net.Conn, error) {
	conn, err := b.Listener.Accept()
	if err != nil {
		return nil, err
	}
	p := peeked{conn, bufio.NewReader(conn)}
	if first, err := p.r.Peek(1); err == nil && first[0] == 22 { // a handshake
		return tls.Server(p, b.config), nil
	}
	return p, nil
}

// TestAutoHTTP: servers are spoken to as the client speaks, also those that come later, and those of a canary.
func TestAutoHTTP(t *testing.T) {
	t.Parallel()
	cert := testcert.Must(testcert.SelfSigned("app")).TLS()
	start := func(name string) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s %t", name, r.TLS != nil)
		})}
		go func() { _ = server.Serve(both{l, &tls.Config{Certificates: []tls.Certificate{cert}}}) }()
		t.Cleanup(func() { server.Close() })
		return l.Addr().String()
	}
	ingresses := Ingress("web", "web.test", "app", []string{"backend-protocol: AUTO_HTTP"}) +
		Ingress("next", "web.test", "next", []string{`canary: "true"`, "canary-by-header: next"})
	next := Backend("next", start("next"))
	s := Start(t, ingresses+Backend("app", start("one"))+next, "http://web.test/")
	check := func(url, header, want string) {
		t.Helper()
		client := s.Client()
		client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
		defer client.CloseIdleConnections()
		s.Await(func() bool {
			_, body := fetch(t, client, url, header)
			return strings.HasPrefix(string(body), strings.Fields(want)[0])
		})
		if _, body := fetch(t, client, url, header); string(body) != want {
			t.Errorf("%s: %q, want %q", url, body, want)
		}
	}
	check("http://web.test/", "next: never", "one false")
	check("https://web.test/", "next: never", "one true")
	check("http://web.test/", "next: always", "next false")
	check("https://web.test/", "next: always", "next true")
	before := strings.Count(s.Log(), "Configuration is live")
	s.Write(ingresses + Backend("app", start("two")) + next)
	check("https://web.test/", "next: never", "two true")
	check("http://web.test/", "next: never", "two false")
	if after := strings.Count(s.Log(), "Configuration is live"); after != before {
		t.Errorf("other endpoints cost %d reloads", after-before)
	}
}
