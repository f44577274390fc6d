package behaviour

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/echo"
)

// wire sends bytes to the HTTP port and returns the status and what the backend saw; 0 if there is no answer.
func wire(s *Site, text string) (int, echo.Request) {
	conn, err := net.DialTimeout("tcp", s.HTTP, 5*time.Second)
	if err != nil {
		return 0, echo.Request{}
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(conn, text)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, echo.Request{}
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	seen, _ := echo.Parse(body) // nothing, when the backend was not asked
	return answer.StatusCode, seen
}

// TestProxyProtocol: it names the client where the peer is believed, and is no request otherwise.
func TestProxyProtocol(t *testing.T) {
	t.Parallel()
	const get = "GET / HTTP/1.1\r\nHost: shop.test\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: close\r\n\r\n"
	const on = `use-proxy-protocol: "true"`
	backend := Backend("app", Echo(t, "app")) + Ingress("web", "shop.test", "app", nil)
	for name, test := range map[string]struct {
		settings, head         string
		status                 int
		client, scheme, before string
	}{
		"everybody":     {on, "PROXY TCP4 203.0.113.9 192.0.2.1 5555 80\r\n", 200, "203.0.113.9", "http", "6.6.6.6"},
		"port of HTTPS": {on, "PROXY TCP4 203.0.113.9 192.0.2.1 5555 443\r\n", 200, "203.0.113.9", "https", "6.6.6.6"},
		"known":         {on + "\n  proxy-real-ip-cidr: 127.0.0.0/8", "PROXY TCP4 203.0.113.9 192.0.2.1 5555 80\r\n", 200, "203.0.113.9", "http", "6.6.6.6"},
		"unknown":       {on + "\n  proxy-real-ip-cidr: 192.0.2.0/24", "PROXY TCP4 203.0.113.9 192.0.2.1 5555 80\r\n", 400, "", "", ""},
		"not spoken":    {on + "\n  proxy-real-ip-cidr: 192.0.2.0/24", "", 200, "127.0.0.1", "http", "6.6.6.6"},
	} {
		t.Run(name, func(t *testing.T) {
			s := launch(t, backend+settings(test.settings), "--configmap", "default/settings")
			var got int
			var seen echo.Request
			s.Await(func() bool {
				got, seen = wire(s, test.head+get)
				return got != 0 && got != http.StatusNotFound
			})
			if got != test.status {
				t.Fatalf("status %d, want %d", got, test.status)
			}
			for header, want := range map[string]string{
				"X-Forwarded-For": test.client, "X-Real-IP": test.client, "X-Forwarded-Proto": test.scheme, "X-Original-Forwarded-For": test.before,
			} {
				if value := seen.Header(header); value != want {
					t.Errorf("%s: %q, want %q", header, value, want)
				}
			}
		})
	}
}

// TestStrangersDecideNothing: who is no proxy of ours changes neither the scheme nor the address nor the host.
func TestStrangersDecideNothing(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+Ingress("web", "shop.test", "app", []string{`force-ssl-redirect: "true"`})+
		settings(`use-forwarded-headers: "true"`, `compute-full-forwarded-for: "true"`, "proxy-real-ip-cidr: 127.1.0.0/16"),
		"http://shop.test/", "--configmap", "default/settings")
	told := []string{"X-Forwarded-Proto: https", "X-Forwarded-For: 6.6.6.6, 127.1.0.9", "X-Forwarded-Host: pub.test", "X-Forwarded-Port: 8443"}
	answer, _ := request(t, from(s, "127.2.0.1"), "http://shop.test/a", told...)
	if got := answer.Header.Get("Location"); answer.StatusCode != 308 || got != "https://shop.test/a" {
		t.Errorf("a stranger is answered by %d to %q", answer.StatusCode, got)
	}
	answer, seen := request(t, from(s, "127.1.0.1"), "http://shop.test/a", told...)
	if answer.StatusCode != 200 {
		t.Fatalf("a proxy is answered by %d", answer.StatusCode)
	}
	for header, want := range map[string]string{
		"X-Real-IP": "6.6.6.6", "X-Forwarded-For": "6.6.6.6, 127.1.0.9, 127.1.0.1", "X-Forwarded-Host": "pub.test", "X-Forwarded-Port": "8443",
		"X-Forwarded-Proto": "https", "X-Scheme": "https",
	} {
		if got := seen.Header(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	told[1] = "X-Forwarded-For: 6.6.6.6, nobody, 127.1.0.9"
	if _, seen = request(t, from(s, "127.1.0.1"), "http://shop.test/a", told...); seen.Header("X-Real-IP") != "127.1.0.9" {
		t.Errorf("behind what is no address %q is found, want 127.1.0.9", seen.Header("X-Real-IP"))
	}
}
