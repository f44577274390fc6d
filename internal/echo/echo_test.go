package echo_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-ingress/hawser/internal/echo"
	"github.com/hawser-ingress/hawser/internal/testcert"
	"golang.org/x/net/websocket"
)

func start(t *testing.T, c echo.Config) *echo.Server {
	t.Helper()
	s, err := echo.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// raw sends bytes as they are and returns the whole answer; the request must ask to close.
func raw(t *testing.T, s *echo.Server, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

func TestAnswerShowsTheRequestAsItArrived(t *testing.T) {
	s := start(t, echo.Config{Name: "a"})
	answer := raw(t, s, "POST //x/%2e%2e/y?q=%zz HTTP/1.1\r\nHost: Some.Test:81\r\nX-Two: 2\r\nx-TWO: 1\r\n"+
		"under_score: <&>\r\nX-Bytes: a\xffb\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
	head, body, _ := strings.Cut(answer, "\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 200 OK\r\n") || !strings.Contains(head, "Content-Type: application/json") {
		t.Errorf("head:\n%s", head)
	}
	got, err := echo.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got.RemoteAddr, "127.0.0.1:") {
		t.Errorf("remote_addr %q", got.RemoteAddr)
	}
	got.RemoteAddr = ""
	want := `{
  "server": "a",
  "method": "POST",
  "uri": "//x/%2e%2e/y?q=%zz",
  "proto": "HTTP/1.1",
  "host": "Some.Test:81",
  "headers": {
    "connection": [
      "close"
    ],
    "content-length": [
      "5"
    ],
    "under_score": [
      "<&>"
    ],
    "x-bytes": [
      "a\\xffb"
    ],
    "x-two": [
      "2",
      "1"
    ]
  },
  "body_len": 5,
  "body_sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
  "remote_addr": ""
}
`
	text, err := got.JSON()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}

func TestRequestsAskForTheirAnswer(t *testing.T) {
	s := start(t, echo.Config{Name: "a"})
	for _, c := range []struct{ target, header, want string }{
		{"/", "X-Echo-Status: 503", "HTTP/1.1 503 "},
		{"/", "X-Echo-Status: b=503,a=404", "HTTP/1.1 404 "},
		{"/", "X-Echo-Status: b=503", "HTTP/1.1 200 "},
		{"/", "X-Echo-Status: 99", "HTTP/1.1 400 "},
		{"/", "X-Echo-Status: x", "HTTP/1.1 400 "},
		{"/some/status/410", "A: b", "HTTP/1.1 410 "},
		{"/some/status/410", "X-Echo-Status: 204", "HTTP/1.1 204 "},
		{"/some/status/41x", "A: b", "HTTP/1.1 200 "},
		{"/", "X-Echo-Set-Header: Location: /x:y", "Location: /x:y\r\n"},
		{"/", "X-Echo-Set-Header: nonsense", "HTTP/1.1 400 "},
		{"/", "X-Echo-Body-Size: 7", "\r\n\r\nxxxxxxx"},
		{"/", "X-Echo-Body-Size: -7", "HTTP/1.1 400 "},
		{"/", "X-Echo-Delay: soon", "HTTP/1.1 400 "},
		{"/", "X-Echo-Delay: 1h", "HTTP/1.1 400 "},
		{"/", "X-Echo-Close: maybe", "HTTP/1.1 400 "},
	} {
		t.Run(c.target+" "+c.header, func(t *testing.T) {
			got := raw(t, s, fmt.Sprintf("GET %s HTTP/1.1\r\nHost: x\r\n%s\r\nConnection: close\r\n\r\n", c.target, c.header))
			if !strings.Contains(got, c.want) {
				t.Errorf("want %q in\n%s", c.want, got)
			}
		})
	}
}

func TestDelayAndClose(t *testing.T) {
	s := start(t, echo.Config{})
	begin := time.Now()
	got := raw(t, s, "GET / HTTP/1.1\r\nHost: x\r\nX-Echo-Delay: 0.15\r\nConnection: close\r\n\r\n")
	if took := time.Since(begin); took < 150*time.Millisecond || !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("answered after %s: %s", took, got)
	}
	if got := raw(t, s, "GET / HTTP/1.1\r\nHost: x\r\nX-Echo-Close: head\r\n\r\n"); got != "" {
		t.Errorf("a cut connection answered %q", got)
	}
	got = raw(t, s, "GET / HTTP/1.1\r\nHost: x\r\nX-Echo-Close: body\r\nX-Echo-Body-Size: 10\r\n\r\n")
	if !strings.HasSuffix(got, "\r\n\r\nxxxxx") || !strings.Contains(got, "Content-Length: 10\r\n") {
		t.Errorf("a connection cut in the body answered %q", got)
	}
}

func TestHTTP2WithoutTLS(t *testing.T) {
	var seen atomic.Int32
	s := start(t, echo.Config{Seen: func(q echo.Request) {
		if q.Proto == "HTTP/2.0" && q.URI == "/over-h2" {
			seen.Add(1)
		}
	}})
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	answer, err := client.Get("http://" + s.Addr().String() + "/over-h2")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.Proto != "HTTP/2.0" || seen.Load() != 1 {
		t.Errorf("answered in %s, seen %d times", answer.Proto, seen.Load())
	}
}

func TestTLSShowsTheClientCertificate(t *testing.T) {
	root, err := testcert.NewCA("upstream")
	if err != nil {
		t.Fatal(err)
	}
	server, err := root.Server("upstream.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	client, err := root.Client("caller")
	if err != nil {
		t.Fatal(err)
	}
	s := start(t, echo.Config{TLSCert: server.CertPEM(), TLSKey: server.KeyPEM()})
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{
			RootCAs: root.Pool(), ServerName: "upstream.test", Certificates: []tls.Certificate{client.TLS()},
		},
		ForceAttemptHTTP2: true,
	}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport, Timeout: 10 * time.Second}).Get("https://" + s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := echo.Parse(body)
	if err != nil {
		t.Fatal(err)
	}
	want := &echo.TLS{Version: "TLS 1.3", SNI: "upstream.test", Client: "CN=caller,O=Hawser Test"}
	if diff := cmp.Diff(want, got.TLS); diff != "" || got.Proto != "HTTP/2.0" {
		t.Errorf("%s, TLS (-want +got):\n%s", got.Proto, diff)
	}
}

func TestWebSocketSendsBackWhatArrives(t *testing.T) {
	s := start(t, echo.Config{})
	config, err := websocket.NewConfig("ws://"+s.Addr().String()+"/chat", "http://origin.test")
	if err != nil {
		t.Fatal(err)
	}
	config.Protocol = []string{"one", "two"}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ws, err := config.DialContext(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	if err := ws.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	message := bytes.Repeat([]byte("0123456789"), 10_000)
	if _, err := ws.Write(message); err != nil {
		t.Fatal(err)
	}
	back := make([]byte, len(message))
	if _, err := io.ReadFull(ws, back); err != nil || !bytes.Equal(back, message) {
		t.Fatalf("message came back changed (%v)", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := ws.Read(back); err == nil {
		t.Errorf("read %d bytes from a backend that has stopped", n)
	}
}
