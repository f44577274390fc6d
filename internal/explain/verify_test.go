package explain

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/testcert"
)

// judged is a certificate that HAProxy and verify both look at.
type judged struct {
	name  string
	cert  *testcert.Cert
	ca    *model.ClientCA
	depth int
}

// TestVerifyAgreesWithHAProxy shows each certificate to a real HAProxy: the three results that rules can ask for have to
// be the same.
func TestVerifyAgreesWithHAProxy(t *testing.T) {
	for _, j := range everyCertificate(t) {
		t.Run(j.name, func(t *testing.T) {
			t.Parallel()
			got := verify(chainOf(j.cert), j.ca, j.depth, time.Now())
			said := fmt.Sprintf("verify=%d leaf=%d authority=%d", got.last, got.leaf, got.authority)
			if got.aborts {
				said = "handshake fails"
			}
			if want := askHAProxy(t, j); said != want && want != newer()[j.name] {
				t.Errorf("explain says %s, HAProxy %s", said, want)
			}
		})
	}
}

// newer is what OpenSSL 3.6 says otherwise: it looks for no revocation list of a self-signed certificate.
func newer() map[string]string {
	return map[string]string{
		"self-signed with CRL": "verify=18 leaf=18 authority=0",
		"list by an impostor":  "verify=3 leaf=3 authority=0",
		"list of a stranger":   "verify=3 leaf=3 authority=0",
	}
}

func chainOf(c *testcert.Cert) []*x509.Certificate {
	return append([]*x509.Certificate{c.Leaf}, c.Chain...)
}

// everyCertificate lists what can be wrong with a certificate, alone and combined.
func everyCertificate(t *testing.T) []judged {
	must := func(c *testcert.Cert, err error) *testcert.Cert {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	authority := func(c *testcert.CA, err error) *testcert.CA {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	clients := testcert.Must(testcert.NewClients())
	plain := bundle(t, nil, clients.CA.Cert)
	withCRL := bundle(t, clients.CRL, clients.CA.Cert)
	var out []judged
	for _, c := range clients.All() {
		out = append(out, judged{c.Name, c.Cert, plain, 1}, judged{c.Name + " with CRL", c.Cert, withCRL, 1})
	}
	add := func(name string, cert *testcert.Cert, ca *model.ClientCA, depth int) {
		out = append(out, judged{name, cert, ca, depth})
	}
	root, other, first := clients.CA, clients.OtherCA, clients.Intermediate
	second := authority(first.Intermediate("second intermediate"))
	deep := must(second.Client("deep"))
	add("two intermediates, depth 1", deep, plain, 1)
	add("two intermediates, depth 2", deep, plain, 2)
	add("two intermediates, no CRL of the second", deep, withCRL, 2)
	add("too deep and expired", must(second.Client("late", testcert.Expired())), plain, 1)
	add("intermediate not sent", clients.ViaIntermediate.WithoutChain(), plain, 1)
	add("intermediate known", clients.ViaIntermediate.WithoutChain(), bundle(t, nil, root.Cert, first.Cert), 1)
	add("list without a root", clients.ViaIntermediate, bundle(t, nil, first.Cert), 1)
	add("list without a root, expired", must(first.Client("x", testcert.Expired())), bundle(t, nil, first.Cert), 1)
	add("expired by a stranger", must(other.Client("x", testcert.Expired())), plain, 1)
	add("expired by nobody", must(testcert.SelfSigned("x", testcert.Expired())), plain, 1)
	add("wrong usage by a stranger", must(other.Client("x", testcert.Usage(x509.ExtKeyUsageServerAuth))), plain, 1)
	stranger := *clients.Untrusted
	stranger.Chain = []*x509.Certificate{other.Cert}
	add("stranger with its root", &stranger, plain, 1)
	strangeFirst := authority(other.Intermediate("strange intermediate"))
	add("stranger's intermediate", must(strangeFirst.Client("x")), plain, 1)
	add("stranger's intermediate, expired", must(strangeFirst.Client("x", testcert.Expired())), plain, 1)
	add("expired intermediate", must(authority(root.Intermediate("old", testcert.Expired())).Client("x")), plain, 1)
	impostor := authority(testcert.NewCA("clients CA"))
	add("same name, other key", must(impostor.Client("x")), plain, 1)
	noCA := authority(root.Intermediate("no CA", testcert.With(func(c *x509.Certificate) { c.IsCA = false; c.MaxPathLen = 0 })))
	add("issuer is no CA", must(noCA.Client("x")), plain, 1)
	narrow := authority(root.Intermediate("narrow", testcert.PathLen(0)))
	add("path length of an intermediate", must(authority(narrow.Intermediate("below narrow")).Client("x")), plain, 5)
	servers := authority(root.Intermediate("servers only", testcert.Usage(x509.ExtKeyUsageServerAuth)))
	add("usage of an intermediate", must(servers.Client("x")), plain, 1)
	add("no usage", must(root.Client("x", testcert.Usage())), plain, 1)
	add("any usage", must(root.Client("x", testcert.Usage(x509.ExtKeyUsageAny))), plain, 1)
	add("key usage without signing", must(root.Client("x", testcert.With(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }))), plain, 1)
	add("no key usage", must(root.Client("x", testcert.With(func(c *x509.Certificate) { c.KeyUsage = 0 }))), plain, 1)
	add("weak key", must(root.Client("x", testcert.Key(testcert.WeakRSA))), plain, 1)
	add("ed25519", must(root.Client("x", testcert.Key(testcert.Ed25519))), plain, 1)
	add("critical extension", must(root.Client("x", testcert.With(critical))), plain, 1)
	self := must(testcert.SelfSigned("known self"))
	add("self-signed and listed", self, bundle(t, nil, self.Leaf), 1)
	add("listed twice, self-signed", self, bundle(t, nil, root.Cert, self.Leaf), 1)
	names := authority(root.Intermediate("names", testcert.With(func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"allowed.test"}
	})))
	add("name that is not permitted", must(names.Client("x", testcert.With(func(c *x509.Certificate) { c.DNSNames = []string{"other.test"} }))), plain, 1)
	add("name that is permitted", must(names.Client("x", testcert.With(func(c *x509.Certificate) { c.DNSNames = []string{"a.allowed.test"} }))), plain, 1)
	add("list of a stranger", clients.Good, bundle(t, testcert.Must(other.CRL()), root.Cert), 1)
	add("list by an impostor", clients.Good, bundle(t, testcert.Must(impostor.CRL()), root.Cert), 1)
	return out
}

func critical(c *x509.Certificate) {
	c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, Critical: true, Value: []byte{5, 0}}}
}

func bundle(t *testing.T, crl []byte, certs ...*x509.Certificate) *model.ClientCA {
	t.Helper()
	ca, err := pki.ClientCA(pki.CertsPEM(certs), crl)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func binary() string {
	if b := os.Getenv("HAWSER_HAPROXY"); b != "" {
		return b
	}
	return "haproxy"
}

// askHAProxy starts a HAProxy with the policy and asks it what it thinks of the certificate.
func askHAProxy(t *testing.T, j judged) string {
	t.Helper()
	dir := t.TempDir()
	var anchors []byte
	for _, c := range j.ca.Certs {
		der, err := pki.LimitDepth(c, j.depth)
		if err != nil {
			t.Fatal(err)
		}
		anchors = append(anchors, pki.CertPEM(der)...)
	}
	example, err := pki.Example()
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "server.pem", example.PEM)
	write(t, dir, "ca.pem", anchors)
	crl := ""
	if len(j.ca.CRLs) > 0 {
		write(t, dir, "crl.pem", pki.CRLsPEM(j.ca.CRLs))
		crl = "crl-file crl.pem"
	}
	addr := freeAddr(t)
	write(t, dir, "haproxy.cfg", fmt.Appendf(nil, `global
  default-path config
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout client 5s
  timeout connect 5s
  timeout server 5s
frontend f
  bind %s ssl crt server.pem ca-file ca.pem %s verify optional ca-ignore-err all crt-ignore-err all
  http-request return status 200 content-type text/plain lf-string "verify=%%[ssl_c_verify] leaf=%%[ssl_c_err] authority=%%[ssl_c_ca_err]"
`, addr, crl))
	startHAProxy(t, dir, addr)
	return get(addr, j.cert)
}

// get sends the certificate whatever the names of the CAs are.
func get(addr string, cert *testcert.Cert) string {
	pair := cert.TLS()
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
		InsecureSkipVerify:   true,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil },
	}}
	client := &http.Client{Transport: transport, Timeout: 5 * time.Second}
	answer, err := client.Get("https://" + addr + "/")
	if err != nil {
		return "handshake fails"
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startHAProxy runs the configuration of a folder until the test ends.
func startHAProxy(t *testing.T, dir, addr string) {
	t.Helper()
	var log bytes.Buffer
	c := exec.Command(binary(), "-db", "-f", "haproxy.cfg")
	c.Dir, c.Stderr, c.Stdout = dir, &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Wait() // it is killed below, or its messages say why it ended
	}()
	t.Cleanup(func() {
		_ = c.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("HAProxy wrote:\n%s", log.String())
		}
	})
	for begin := time.Now(); time.Since(begin) < 10*time.Second; {
		select {
		case <-ended:
			t.Fatalf("HAProxy does not start:\n%s", log.String())
		default:
		}
		if conn, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
			conn.Close()
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("HAProxy does not listen")
}
