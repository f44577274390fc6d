package runtime

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// running is a HAProxy started for one test.
type running struct {
	dir    string
	client *Client
	master *Master
}

func (r *running) path(name string) string { return filepath.Join(r.dir, name) }

// start runs HAProxy with a stats socket, a map, a crt-list, ticket keys, a stick table and a backend of two servers.
func start(t *testing.T) *running {
	t.Helper()
	dir, err := os.MkdirTemp("", "hw") // short: a socket's path is limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	r := &running{dir: dir}
	write := func(name, text string) {
		if err := os.WriteFile(r.path(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certs := newCerts(t)
	write("m.map", "/a 1\n/b two words\n")
	write("p.acl", "one\n")
	write("a.pem", certs.bundle("a.test"))
	write("ca.pem", certs.ca)
	write("crl.pem", certs.crl(1))
	write("list.txt", fmt.Sprintf("%s [verify optional ca-file %s crl-file %s alpn h2,http/1.1] a.test\n", r.path("a.pem"), r.path("ca.pem"), r.path("crl.pem")))
	write("keys", "sFQiS4yVIfiRKB2y9wZcLsHHqv7lgo1rJ1NFhFbpPrcZKmbl0h4hWyFn7zuTmnqD\nJl0uIG7v3ksBgvPpUpZcrGnnHY0DqHPd3I8zJTo/z4eDhiE+Q3fOJgCoCDIqhyFT\nbRWb6Z1RYP0T+5YzZPwE9sZPL6D7J1nbx0QG3MXLoZzyLgnUp7X4yD9xHcGx8aDq\n")
	write("haproxy.cfg", fmt.Sprintf(`
global
  stats socket %[1]s/s.sock mode 600 level admin expose-fd listeners
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend f
  bind unix@%[1]s/f.sock ssl crt-list %[1]s/list.txt tls-ticket-keys %[1]s/keys
  http-request return status 200 if { path,map(%[1]s/m.map) -m found }
  http-request track-sc0 path table st
  http-request deny if { path -f %[1]s/p.acl }
  use_backend b
backend b
  balance roundrobin
  server s1 127.0.0.1:1 weight 10
  server s2 127.0.0.1:2 disabled
backend st
  stick-table type string size 100 store gpc0,http_req_rate(10s)
`, dir))
	r.launch(t)
	return r
}

func (r *running) launch(t *testing.T) {
	t.Helper()
	binary := os.Getenv("HAWSER_HAPROXY")
	if binary == "" {
		binary = "haproxy"
	}
	var out bytes.Buffer
	cmd := exec.Command(binary, "-W", "-S", r.path("m.sock")+",mode,600", "-f", r.path("haproxy.cfg"))
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	r.client = New(Config{Socket: r.path("s.sock"), Idle: 5 * time.Second})
	r.master = NewMaster(r.path("m.sock"))
	for range 200 {
		if _, err := r.client.Info(context.Background()); err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	cmd.Process.Signal(os.Interrupt)
	cmd.Wait()
	t.Fatalf("HAProxy did not start:\n%s", out.String())
}

type certs struct {
	t      *testing.T
	key    *ecdsa.PrivateKey
	caCert *x509.Certificate
	ca     string
}

func newCerts(t *testing.T) *certs {
	t.Helper()
	c := &certs{t: t, key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		SubjectKeyId: []byte{1, 2, 3},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &c.key.PublicKey, c.key)
	if err != nil {
		t.Fatal(err)
	}
	if c.caCert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	c.ca = encode("CERTIFICATE", der)
	return c
}

func (c *certs) bundle(name string) string {
	c.t.Helper()
	key := newKey(c.t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.caCert, &key.PublicKey, c.key)
	if err != nil {
		c.t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		c.t.Fatal(err)
	}
	return encode("CERTIFICATE", der) + encode("PRIVATE KEY", keyDER)
}

func (c *certs) crl(number int64) string {
	c.t.Helper()
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number: big.NewInt(number), NextUpdate: time.Now().Add(time.Hour),
	}, c.caCert, c.key)
	if err != nil {
		c.t.Fatal(err)
	}
	return encode("X509 CRL", der)
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
