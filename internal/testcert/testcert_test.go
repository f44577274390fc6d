package testcert_test

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/testcert"
)

// OpenSSL is the judge, as it is in HAProxy and nginx.
func TestOpenSSLJudgesEachClientAsNamed(t *testing.T) {
	clients, err := testcert.NewClients()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "ca.pem"), clients.CA.CertPEM())
	write(t, filepath.Join(dir, "crl.pem"), clients.CRL)
	want := map[string]string{
		"good": "OK", "admin": "OK", "via-intermediate": "OK",
		"revoked":       "certificate revoked",
		"expired":       "certificate has expired",
		"not-yet-valid": "certificate is not yet valid",
		"wrong-usage":   "unsuitable certificate purpose",
		"untrusted":     "unable to get local issuer certificate",
		"self-signed":   "self-signed certificate",
	}
	if len(want) != len(clients.All()) {
		t.Errorf("%d certificates, %d expectations", len(clients.All()), len(want))
	}
	for _, c := range clients.All() {
		t.Run(c.Name, func(t *testing.T) {
			if got := c.Cert.Leaf.Subject.CommonName; got != c.Name {
				t.Errorf("common name %q", got)
			}
			got := verify(t, dir, c.Cert, "-crl_check_all", "-CRLfile", filepath.Join(dir, "crl.pem"))
			if !strings.Contains(got, want[c.Name]) {
				t.Errorf("want %q in:\n%s", want[c.Name], got)
			}
		})
	}
	t.Run("without chain", func(t *testing.T) {
		got := verify(t, dir, clients.ViaIntermediate.WithoutChain())
		if !strings.Contains(got, "unable to get local issuer certificate") {
			t.Error(got)
		}
	})
	t.Run("revoked without CRL", func(t *testing.T) {
		if got := verify(t, dir, clients.Revoked); !strings.HasSuffix(got, ": OK\n") {
			t.Error(got)
		}
	})
}

func TestAlgorithms(t *testing.T) {
	for name, algorithm := range map[string]testcert.Algorithm{
		"ecdsa": testcert.ECDSA, "rsa": testcert.RSA, "ed25519": testcert.Ed25519,
	} {
		t.Run(name, func(t *testing.T) {
			ca, err := testcert.NewCA("root", testcert.Key(algorithm))
			if err != nil {
				t.Fatal(err)
			}
			leaf, err := ca.Client("leaf", testcert.Key(algorithm))
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			write(t, filepath.Join(dir, "ca.pem"), ca.CertPEM())
			if got := verify(t, dir, leaf); !strings.HasSuffix(got, ": OK\n") {
				t.Error(got)
			}
			if _, err := tls.X509KeyPair(leaf.CertPEM(), leaf.KeyPEM()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestServerNames(t *testing.T) {
	ca := testcert.Must(testcert.NewCA("root"))
	server := testcert.Must(ca.Server("*.demo.test", []string{"demo.test", "127.0.0.1"}))
	for name, want := range map[string]bool{
		"a.demo.test": true, "demo.test": true, "127.0.0.1": true, "a.b.demo.test": false, "other.test": false,
	} {
		_, err := server.Leaf.Verify(x509.VerifyOptions{Roots: ca.Pool(), DNSName: name})
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOptions(t *testing.T) {
	ca := testcert.Must(testcert.NewCA("root", testcert.PathLen(0)))
	deep := testcert.Must(testcert.Must(ca.Intermediate("too deep")).Client("leaf"))
	dir := t.TempDir()
	write(t, filepath.Join(dir, "ca.pem"), ca.CertPEM())
	if got := verify(t, dir, deep); !strings.Contains(got, "path length constraint exceeded") {
		t.Error(got)
	}
	named := testcert.Must(ca.Client("", testcert.Subject(pkix.Name{CommonName: `a,"b" ü`})))
	if got := named.Leaf.Subject.String(); got != `CN=a\,\"b\" ü` {
		t.Errorf("subject %s", got)
	}
	raw := testcert.Must(ca.Client("", testcert.RawSubject(named.Leaf.RawIssuer)))
	if got := raw.Leaf.Subject.CommonName; got != "root" {
		t.Errorf("subject from DER has common name %q", got)
	}
	weak := testcert.Must(ca.Client("weak", testcert.Key(testcert.WeakRSA)))
	if got := verify(t, dir, weak, "-auth_level", "2"); !strings.Contains(got, "key too weak") {
		t.Error(got)
	}
}

func TestCRLNumbersGrow(t *testing.T) {
	ca := testcert.Must(testcert.NewCA("root"))
	for want := int64(1); want <= 2; want++ {
		block, rest := pem.Decode(testcert.Must(ca.CRL()))
		if block == nil || block.Type != "X509 CRL" || len(rest) != 0 {
			t.Fatalf("CRL is %v", block)
		}
		list, err := x509.ParseRevocationList(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if list.Number.Int64() != want {
			t.Errorf("CRL number %s, want %d", list.Number, want)
		}
	}
}

func verify(t *testing.T, dir string, c *testcert.Cert, options ...string) string {
	t.Helper()
	write(t, filepath.Join(dir, "leaf.pem"), c.LeafPEM())
	write(t, filepath.Join(dir, "chain.pem"), c.CertPEM())
	args := append([]string{
		"verify", "-purpose", "sslclient", "-CAfile", filepath.Join(dir, "ca.pem"),
		"-untrusted", filepath.Join(dir, "chain.pem"),
	}, options...)
	// A refusal is an exit status and a text; the callers compare the text.
	out, err := exec.Command("openssl", append(args, filepath.Join(dir, "leaf.pem"))...).CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
