package behaviour

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/testcert"
)

// hello is one request over TLS.
type hello struct {
	sni, host string
	cert      *testcert.Cert
	preface   string        // sent before the handshake
	slow      time.Duration // between the halves of the first bytes
}

// slowly sends its first write in two halves.
type slowly struct {
	net.Conn
	wait time.Duration
}

func (s *slowly) Write(b []byte) (int, error) {
	if s.wait == 0 {
		return s.Conn.Write(b)
	}
	half := len(b) / 2
	if n, err := s.Conn.Write(b[:half]); err != nil {
		return n, err
	}
	time.Sleep(s.wait)
	s.wait = 0
	n, err := s.Conn.Write(b[half:])
	return half + n, err
}

// do returns the name in the certificate of the server, the status and the body; a failed handshake is "closed".
func (v hello) do(s *Site) (server string, status int, body string) {
	conn, err := net.DialTimeout("tcp", s.HTTPS, 5*time.Second)
	if err != nil {
		return "closed", 0, ""
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	fmt.Fprint(conn, v.preface)
	config := &tls.Config{ServerName: v.sni, InsecureSkipVerify: true}
	if v.cert != nil {
		config.Certificates = []tls.Certificate{v.cert.TLS()}
	}
	secured := tls.Client(&slowly{conn, v.slow}, config)
	if err := secured.Handshake(); err != nil {
		return "closed", 0, ""
	}
	server = secured.ConnectionState().PeerCertificates[0].Subject.CommonName
	fmt.Fprintf(secured, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", v.host)
	answer, err := http.ReadResponse(bufio.NewReader(secured), nil)
	if err != nil {
		return server, 0, ""
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	return server, answer.StatusCode, string(text)
}

func passIngress(name, host, service string, more ...string) string {
	return Ingress(name, host, service, append([]string{`ssl-passthrough: "true"`}, more...))
}

// TestPassthrough: the name in the handshake alone decides who ends TLS, and no other host notices.
func TestPassthrough(t *testing.T) {
	t.Parallel()
	ca := testcert.Must(testcert.NewCA("servers"))
	clients := testcert.Must(testcert.NewCA("clients"))
	me := testcert.Must(clients.Client("me"))
	end := func(name string) string {
		return Backend(name, tlsBackend(t, name, &tls.Config{Certificates: []tls.Certificate{testcert.Must(ca.Server(name, nil)).TLS()}}))
	}
	site := end("end") + end("other") + Backend("app", Echo(t, "app")) + tlsSecret("clients", clients.CertPEM(), nil) +
		Ingress("plain", "plain.test", "app", nil) + Ingress("guarded", "guarded.test", "app", []string{"auth-tls-secret: default/clients"}) +
		passIngress("pass", "pass.test", "end", "auth-tls-secret: default/clients", "whitelist-source-range: 192.0.2.1/32") +
		passIngress("wild", "*.wild.test", "other") + Ingress("tame", "tame.wild.test", "app", nil) +
		strings.ReplaceAll(passIngress("sub", "sub.test", "end"), `{path: "/"`, `{path: "/sub"`)
	s := Start(t, site, "http://plain.test/", "--enable-ssl-passthrough", "--reload-interval", "10ms")
	for name, test := range map[string]struct {
		hello
		server string
		status int
		body   string
	}{
		"passed":             {hello{sni: "pass.test", host: "pass.test"}, "end", 200, `end "pass.test" TLS 1.3 nobody`},
		"client certificate": {hello{sni: "PASS.test", host: "pass.test", cert: me}, "end", 200, `end "PASS.test" TLS 1.3 me`},
		"other host header":  {hello{sni: "pass.test", host: "guarded.test"}, "end", 200, "end "},
		"in two parts":       {hello{sni: "pass.test", host: "pass.test", slow: 300 * time.Millisecond}, "end", 200, "end "},
		"wildcard":           {hello{sni: "a.wild.test", host: "a.wild.test"}, "other", 200, "other "},
		"host below":         {hello{sni: "tame.wild.test", host: "tame.wild.test"}, "", 200, `"app"`},
		"plain":              {hello{sni: "plain.test", host: "plain.test"}, "", 200, `"app"`},
		"no name":            {hello{host: "plain.test"}, "", 200, `"app"`},
		"to the passed":      {hello{sni: "plain.test", host: "pass.test"}, "", 421, ""},
		"from the guarded":   {hello{sni: "guarded.test", host: "pass.test", cert: me}, "", 421, ""},
		"without a name":     {hello{host: "pass.test"}, "", 421, ""},
		"to the wildcard":    {hello{sni: "plain.test", host: "b.wild.test"}, "", 421, ""},
		"guarded":            {hello{sni: "guarded.test", host: "guarded.test"}, "", 400, ""},
		"guarded, let in":    {hello{sni: "guarded.test", host: "guarded.test", cert: me}, "", 200, `"app"`},
		"guarded, from afar": {hello{sni: "plain.test", host: "guarded.test", cert: me}, "", 421, ""},
		"no path":            {hello{sni: "sub.test", host: "sub.test"}, "closed", 0, ""},
		"too late":           {hello{sni: "pass.test", host: "pass.test", slow: 7 * time.Second}, "", 421, ""},
		"too late, guarded":  {hello{sni: "pass.test", host: "guarded.test", slow: 7 * time.Second, cert: me}, "", 421, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, status, body := test.do(s)
			ended := strings.Contains("end other closed", server)
			if ended && server != test.server || !ended && test.server != "" || status != test.status || !strings.Contains(body, test.body) {
				t.Errorf("%s, %d, %q; want %s, %d, %s", server, status, body, test.server, test.status, test.body)
			}
		})
	}
	if got := s.Status("http://pass.test/"); got != 403 {
		t.Errorf("plain HTTP needs the certificate, too: %d", got)
	}
}

// TestPassthroughChanges: endpoints and hosts of a known Service cost no reload, the first and the last host do; others
// keep their connections, addresses and HTTP/2.
func TestPassthroughChanges(t *testing.T) {
	t.Parallel()
	ca := testcert.Must(testcert.NewCA("servers"))
	address := func(name string) string {
		return tlsBackend(t, name, &tls.Config{Certificates: []tls.Certificate{testcert.Must(ca.Server(name, nil)).TLS()}})
	}
	one, two := address("one"), address("two")
	base := Backend("app", Echo(t, "app")) + Ingress("plain", "plain.test", "app", nil)
	s := Start(t, base+Backend("end", one), "http://plain.test/", "--enable-ssl-passthrough", "--reload-interval", "10ms")
	loads := func() int { return strings.Count(s.Log(), "Configuration is live") }
	server := func(host string) string {
		name, _, _ := hello{sni: host, host: host}.do(s)
		return name
	}
	reach := func(host, want string) {
		t.Helper()
		s.Await(func() bool { return server(host) == want })
	}
	self := server("pass.test")
	s.Write(base + Backend("end", one) + passIngress("pass", "pass.test", "end"))
	reach("pass.test", "one")
	s.Await(func() bool { return loads() == 2 })
	before := loads()
	client := s.Client()
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 3, 0, 9)}}).DialContext(ctx, "tcp", s.HTTPS)
	}
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	client.Transport.(*http.Transport).ForceAttemptHTTP2 = true
	defer client.CloseIdleConnections()
	answer, seen := request(t, client, "https://plain.test/")
	if answer.ProtoMajor != 2 || seen.Header("X-Real-IP") != "127.3.0.9" || seen.Header("X-Forwarded-Port") == "" {
		t.Errorf("another host: %s for %q at port %q", answer.Proto, seen.Header("X-Real-IP"), seen.Header("X-Forwarded-Port"))
	}
	s.Write(base + Backend("end", two) + passIngress("pass", "pass.test", "end"))
	reach("pass.test", "two")
	s.Write(base + Backend("end", two) + passIngress("pass", "pass.test", "end") + passIngress("more", "more.test", "end"))
	reach("more.test", "two")
	s.Write(base + Backend("end", two) + passIngress("pass", "pass.test", "end") + Ingress("more", "more.test", "app", nil))
	reach("more.test", self)
	if now := loads(); now != before {
		t.Errorf("%d reloads:\n%s", now-before, s.Log())
	}
	s.Write(base + Backend("end", two) + Ingress("pass", "pass.test", "app", nil))
	reach("pass.test", self)
	s.Await(func() bool { return loads() > before }) // the frontend in front is gone
}

// TestPassthroughBehindProxy: the PROXY protocol is read in front, and tells every host who the client is.
func TestPassthroughBehindProxy(t *testing.T) {
	t.Parallel()
	ca := testcert.Must(testcert.NewCA("servers"))
	site := Backend("end", tlsBackend(t, "end", &tls.Config{Certificates: []tls.Certificate{testcert.Must(ca.Server("end", nil)).TLS()}})) +
		Backend("app", Echo(t, "app")) + Ingress("plain", "plain.test", "app", nil) + passIngress("pass", "pass.test", "end")
	const head = "PROXY TCP4 203.0.113.9 192.0.2.1 5555 443\r\n"
	for networks, known := range map[string]bool{"": true, "127.0.0.0/8": true, "192.0.2.0/24": false} {
		lines := `use-proxy-protocol: "true"`
		if networks != "" {
			lines += "\n  proxy-real-ip-cidr: " + networks
		}
		s := launch(t, site+settings(lines), "--enable-ssl-passthrough", "--configmap", "default/settings")
		preface := head
		if !known {
			preface = ""
			if server, _, _ := (hello{sni: "pass.test", host: "pass.test", preface: head}).do(s); server == "end" {
				t.Error("a stranger names an address")
			}
		}
		s.Await(func() bool {
			_, status, _ := hello{sni: "plain.test", host: "plain.test", preface: preface}.do(s)
			return status == 200
		})
		_, _, body := hello{sni: "plain.test", host: "plain.test", preface: preface}.do(s)
		if told := strings.Contains(body, "203.0.113.9"); told != known {
			t.Errorf("%q: the server sees %s", networks, body)
		}
		if server, _, _ := (hello{sni: "pass.test", host: "pass.test", preface: preface}).do(s); server != "end" {
			t.Errorf("%q: passed to %s", networks, server)
		}
	}
}

// TestPassthroughNeedsTheFlag: without it TLS is ended here.
func TestPassthroughNeedsTheFlag(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+passIngress("pass", "pass.test", "app"), "http://pass.test/")
	if _, status, body := (hello{sni: "pass.test", host: "pass.test"}).do(s); status != 200 || !strings.Contains(body, `"app"`) {
		t.Errorf("%d %q", status, body)
	}
	if !strings.Contains(s.Log(), "--enable-ssl-passthrough") {
		t.Error("nobody is told of the flag")
	}
}
