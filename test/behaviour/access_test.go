package behaviour

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/echo"
)

// settings is the controller's ConfigMap; Start needs "--configmap", "default/settings" for it.
func settings(lines ...string) string {
	return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  " + strings.Join(lines, "\n  ") + "\n"
}

// from is a client with an address of its own.
func from(s *Site, address string) *http.Client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	client := s.Client()
	client.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, "tcp", s.HTTP)
	}
	return client
}

// request sends a GET with headers, "Name: value", and returns what the backend saw of it.
func request(t *testing.T, client *http.Client, url string, headers ...string) (*http.Response, echo.Request) {
	t.Helper()
	answer, body := fetch(t, client, url, headers...)
	seen, _ := echo.Parse(body) // nothing, when the backend was not asked
	return answer, seen
}

func status(t *testing.T, client *http.Client, url string, headers ...string) int {
	t.Helper()
	answer, _ := request(t, client, url, headers...)
	return answer.StatusCode
}

type expected struct {
	from, url, header string
	want              int
}

func expectAll(t *testing.T, s *Site, list []expected) {
	t.Helper()
	for _, e := range list {
		var headers []string
		if e.header != "" {
			headers = []string{e.header}
		}
		if got := status(t, from(s, e.from), e.url, headers...); got != e.want {
			t.Errorf("%s from %s with %q is answered by %d, want %d", e.url, e.from, e.header, got, e.want)
		}
	}
}

func TestClientAddresses(t *testing.T) {
	s := Start(t, Backend("a", Echo(t, "a"))+
		settings(`whitelist-source-range: 127.10.0.0/16`, `denylist-source-range: 127.10.9.0/24`)+
		Ingress("global", "global.test", "a", nil)+
		Ingress("allow", "allow.test", "a", []string{`allowlist-source-range: "127.20.0.1, 127.10.9.1"`, `denylist-source-range: "127.30.0.0/16"`})+
		Ingress("older", "older.test", "a", []string{`whitelist-source-range: "127.20.0.1"`})+
		Ingress("both", "both.test", "a", []string{`whitelist-source-range: "127.20.0.1"`, `allowlist-source-range: "127.20.0.2"`})+
		Ingress("empty", "empty.test", "a", []string{`allowlist-source-range: ""`}),
		"http://global.test/", "--configmap", "default/settings")
	expectAll(t, s, []expected{
		{"127.10.0.1", "http://global.test/", "", 200},
		{"127.10.9.1", "http://global.test/", "", 403},
		{"127.0.0.1", "http://global.test/", "", 403},
		{"127.0.0.1", "http://global.test/", "X-Forwarded-For: 127.10.0.1", 403},
		{"127.20.0.1", "http://allow.test/", "", 200},
		{"127.10.9.1", "http://allow.test/", "", 200}, // the denylist of the Ingress replaces that of the ConfigMap
		{"127.10.0.1", "http://allow.test/", "", 403},
		{"127.20.0.1", "http://older.test/", "", 200},
		{"127.20.0.2", "http://older.test/", "", 403},
		{"127.20.0.2", "http://both.test/", "", 200},
		{"127.20.0.1", "http://both.test/", "", 403},
		{"127.10.0.1", "http://empty.test/", "", 503},
	})
}

func TestBlockedClients(t *testing.T) {
	s := Start(t, Backend("a", Echo(t, "a"))+
		settings(`block-cidrs: 127.40.0.0/16`, `block-user-agents: "curl/7.0, ~*bad bot, ~Evil$"`, `block-referers: '~*spam\.example'`)+
		Ingress("a", "a.test", "a", []string{`allowlist-source-range: "0.0.0.0/0"`, `satisfy: any`}),
		"http://a.test/", "--configmap", "default/settings")
	expectAll(t, s, []expected{
		{"127.0.0.1", "http://a.test/", "", 200},
		{"127.40.1.1", "http://a.test/", "", 403},
		{"127.40.1.1", "http://unknown.test/", "", 403},
		{"127.0.0.1", "http://a.test/", "User-Agent: curl/7.0", 403},
		{"127.0.0.1", "http://a.test/", "User-Agent: CURL/7.0", 403},
		{"127.0.0.1", "http://a.test/", "User-Agent: curl/7.01", 200},
		{"127.0.0.1", "http://a.test/", "User-Agent: a BAD bot b", 403},
		{"127.0.0.1", "http://a.test/", "User-Agent: so Evil", 403},
		{"127.0.0.1", "http://a.test/", "User-Agent: so evil", 200},
		{"127.0.0.1", "http://a.test/", "Referer: http://www.SPAM.example/x", 403},
		{"127.0.0.1", "http://a.test/", "Referer: http://spamXexample/", 200},
	})
}
