package live_test

import (
	"crypto/tls"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/testcert"
)

// TestSubjectsChangeWithoutAReload: the expression of auth-tls-match-cn decides about connections that are open, too.
func TestSubjectsChangeWithoutAReload(t *testing.T) {
	site := func(expression string) string {
		return ingress("own.test", "auth-tls-secret", "a/clients", "auth-tls-match-cn", expression) +
			"---\napiVersion: v1\nkind: Secret\nmetadata: {name: clients, namespace: a}\nstringData: {ca.crt: \"${CA:clients}\"}\n"
	}
	s := start(t, site("CN=alice"))
	alice, bob := s.known("own.test", "alice"), s.known("own.test", "bob")
	want := func(client *http.Client, name string, status int) {
		t.Helper()
		answer, err := client.Get("https://own.test/")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != status {
			t.Errorf("%s: status %d, want %d", name, answer.StatusCode, status)
		}
	}
	want(alice, "alice", 200)
	want(bob, "bob", 403)
	s.change(site("CN=(bob|carol)"))
	want(alice, "alice", 403)
	want(bob, "bob", 200)
}

// known is a client with a certificate of the authority of that name, which keeps its connection to a host.
func (s *site) known(host, name string) *http.Client {
	s.t.Helper()
	cert := testcert.Must(s.fixtures.Client("clients", name)).TLS()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{
			InsecureSkipVerify: true, ServerName: host, // the server has the example certificate
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &cert, nil },
		},
		Dial: func(string, string) (net.Conn, error) { return net.Dial("tcp", s.options.HTTPS[0].String()) },
	}
	s.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 5 * time.Second}
}
