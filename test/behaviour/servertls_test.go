package behaviour

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/testcert"
)

// tlsBackend answers with what it was shown and told in the handshake: "name sni version client", and what it was asked.
func tlsBackend(t *testing.T, name string, config *tls.Config) (address string) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			client = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		fmt.Fprintf(w, "%s %q %s %s", name, r.TLS.ServerName, tls.VersionName(r.TLS.Version), client)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes are the point
	config.ClientAuth = tls.RequestClientCert
	server.TLS = config
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// tlsSecret is the manifest of a Secret; an empty part is left out.
func tlsSecret(name string, ca []byte, pair *testcert.Cert) string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s}\nstringData:\n  other: text\n", name)
	if ca != nil {
		fmt.Fprintf(&b, "  ca.crt: %q\n", ca)
	}
	if pair != nil {
		fmt.Fprintf(&b, "  tls.crt: %q\n  tls.key: %q\n", pair.CertPEM(), pair.KeyPEM())
	}
	return b.String()
}

// answer is the body of a GET, or its status if that is not 200.
func answer(t *testing.T, s *Site, url string) string {
	t.Helper()
	client := s.Client()
	defer client.CloseIdleConnections()
	response, body := fetch(t, client, url)
	if response.StatusCode != http.StatusOK {
		return fmt.Sprint(response.StatusCode)
	}
	return string(body)
}

// TestServerTLS: a server is shown the certificate, told its name, and asked only if it is the one that was meant.
func TestServerTLS(t *testing.T) {
	t.Parallel()
	servers, clients := testcert.Must(testcert.NewCA("servers")), testcert.Must(testcert.NewCA("clients"))
	deep := testcert.Must(testcert.Must(testcert.Must(servers.Intermediate("one")).Intermediate("two")).Server("app.internal", nil))
	near := testcert.Must(servers.Server("app.internal", nil))
	me := testcert.Must(clients.Client("hawser"))
	named := testcert.Must(servers.Server("name.test", nil))
	app := Backend("app", tlsBackend(t, "app", &tls.Config{Certificates: []tls.Certificate{near.TLS(), named.TLS()}})) +
		Backend("deep", tlsBackend(t, "deep", &tls.Config{Certificates: []tls.Certificate{deep.TLS()}})) +
		tlsSecret("up", servers.CertPEM(), me) + tlsSecret("others", clients.CertPEM(), me) + tlsSecret("pair", nil, me) + tlsSecret("ca", servers.CertPEM(), nil)
	const https, verify, name, sni = "backend-protocol: HTTPS", `proxy-ssl-verify: "on"`, "proxy-ssl-name: app.internal", `proxy-ssl-server-name: "on"`
	up := "proxy-ssl-secret: default/up"
	tests := map[string]struct {
		service     string
		annotations []string
		want        string
	}{
		"none":     {"app", []string{https}, `app "" TLS 1.3 nobody`},
		"shown":    {"app", []string{https, up}, `app "" TLS 1.2 hawser`},
		"pair":     {"app", []string{https, "proxy-ssl-secret: default/pair", sni}, `app "upstream_balancer" TLS 1.3 hawser`},
		"verified": {"app", []string{https, up, verify, name}, `app "" TLS 1.2 hawser`},
		"sent":     {"app", []string{https, "proxy-ssl-secret: default/ca", verify, name, sni}, `app "app.internal" TLS 1.2 nobody`},
		"name":     {"app", []string{https, up, verify, sni, "proxy-ssl-name: $host"}, `app "name.test" TLS 1.2 hawser`},
		"stranger": {"app", []string{https, up, verify, sni, "proxy-ssl-name: $host"}, "502"},
		"version":  {"app", []string{https, up, `proxy-ssl-protocols: "TLSv1.2 TLSv1.3"`}, `app "" TLS 1.3 hawser`},
		"cipher":   {"app", []string{https, up, `proxy-ssl-ciphers: "ECDHE-ECDSA-NULL-SHA:RC4-MD5:AES128-SHA256"`}, "502"},
		"wrong":    {"app", []string{https, up, verify, "proxy-ssl-name: other.internal"}, "502"},
		"unnamed":  {"app", []string{https, up, verify}, "502"},
		"other-ca": {"app", []string{https, "proxy-ssl-secret: default/others", verify, name}, "502"},
		"too-deep": {"deep", []string{https, up, verify, name}, "502"},
		"deep":     {"deep", []string{https, up, verify, name, `proxy-ssl-verify-depth: "2"`}, `deep "" TLS 1.2 hawser`},
		"missing":  {"app", []string{https, "proxy-ssl-secret: default/none", verify}, "503"},
		"no-ca":    {"app", []string{https, "proxy-ssl-secret: default/pair", verify, name}, "503"},
	}
	site := app
	for host, test := range tests {
		site += Ingress(host, host+".test", test.service, test.annotations)
	}
	s := Start(t, site, "http://none.test/")
	for round := range 2 { // also on connections that were made before
		for host, test := range tests {
			if round > 0 && test.want == "502" {
				continue // takes its time
			}
			if got := answer(t, s, "http://"+host+".test/"); got != test.want {
				t.Errorf("%s: %q, want %q", host, got, test.want)
			}
		}
	}
}

// TestServerTLSChanges: endpoints come and certificates are renewed without a reload; another CA counts after one.
func TestServerTLSChanges(t *testing.T) {
	t.Parallel()
	servers, clients := testcert.Must(testcert.NewCA("servers")), testcert.Must(testcert.NewCA("clients"))
	config := func() *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{testcert.Must(servers.Server("app.internal", nil)).TLS()}}
	}
	one, two := tlsBackend(t, "one", config()), tlsBackend(t, "two", config())
	ingress := Ingress("web", "web.test", "app", []string{
		"backend-protocol: HTTPS", "proxy-ssl-secret: default/up", `proxy-ssl-verify: "on"`, "proxy-ssl-name: app.internal", `connection-proxy-header: "close"`,
	})
	secret := tlsSecret("up", servers.CertPEM(), testcert.Must(clients.Client("first")))
	plain := Backend("plain", Echo(t, "plain")) + Ingress("plain", "plain.test", "plain", nil)
	s := Start(t, plain+ingress+secret+strings.ReplaceAll(Backend("app", one), "ready: true", "ready: false"), "http://plain.test/", "--reload-interval", "10ms")
	if got := answer(t, s, "http://web.test/"); got != "503" {
		t.Errorf("without endpoints: %s", got)
	}
	loaded := strings.Count(s.Log(), "Configuration is live")
	for _, step := range []struct{ address, client, want string }{
		{one, "first", `one "" TLS 1.2 first`}, {two, "first", `two "" TLS 1.2 first`}, {two, "second", `two "" TLS 1.2 second`}, {one, "second", `one "" TLS 1.2 second`},
	} {
		if step.client == "second" && !strings.Contains(secret, "second") {
			secret = "# second\n" + tlsSecret("up", servers.CertPEM(), testcert.Must(clients.Client("second")))
		}
		s.Write(plain + ingress + secret + Backend("app", step.address))
		s.Await(func() bool { return answer(t, s, "http://web.test/") == step.want })
	}
	if now := strings.Count(s.Log(), "Configuration is live"); now != loaded {
		t.Errorf("%d reloads:\n%s", now-loaded, s.Log())
	}
	s.Write(plain + ingress + tlsSecret("up", clients.CertPEM(), testcert.Must(clients.Client("third"))) + Backend("app", one))
	s.Await(func() bool { return answer(t, s, "http://web.test/") == "502" })
}
