package cfg

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCrtEntryLines(t *testing.T) {
	entry := func(names ...string) string {
		e, err := NewCrtEntry("/run/a.pem", []CrtOption{CrtOpt("alpn", "h2,http/1.1"), CrtOpt("no-ca-names"), CrtOpt("ciphers", "ECDHE+AES:!aNULL")}, names)
		if err != nil {
			t.Fatal(err)
		}
		return e.String()
	}
	if got, want := entry("a.example", "*.b.example", "!c.b.example", "!*"), "/run/a.pem [alpn h2,http/1.1 no-ca-names ciphers ECDHE+AES:!aNULL] a.example *.b.example !c.b.example !*"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	plain, err := NewCrtEntry("/run/b.pem", nil, nil)
	if err != nil || plain.String() != "/run/b.pem" || plain.File() != "/run/b.pem" {
		t.Errorf("got %q, %v", plain, err)
	}
	if got := string(CrtList([]CrtEntry{plain, {}, plain})); got != "/run/b.pem\n/run/b.pem\n" {
		t.Errorf("got %q", got)
	}
}

func TestCrtEntryRefusesWhatTheFormatCantCarry(t *testing.T) {
	for _, s := range append(hostile(), "a b", "[a]", "a\nb.pem", "#a", "*", "a*b", "*.*.a", "**", "!!a", "a.*") {
		if isPlain(s) {
			continue
		}
		if e, err := NewCrtEntry(s, nil, nil); err == nil {
			t.Errorf("file %q: %q", s, e)
		}
		if e, err := NewCrtEntry("a.pem", []CrtOption{CrtOpt("ca-file", s)}, nil); err == nil && !isCrtValue(s) {
			t.Errorf("value %q: %q", s, e)
		}
		if s == "*" {
			continue
		}
		if e, err := NewCrtEntry("a.pem", nil, []string{s}); err == nil {
			t.Errorf("name %q: %q", s, e)
		}
	}
	if _, err := NewCrtEntry("a.pem", nil, make([]string, 1)); err == nil {
		t.Error("an empty name is accepted")
	}
	many := strings.Split(strings.Repeat("a.example ", 2000), " ")
	if _, err := NewCrtEntry("a.pem", nil, many[:1999]); err == nil {
		t.Error("2000 words are accepted")
	}
}

func TestCrtListInHAProxy(t *testing.T) {
	dir := shortDir(t)
	cert := filepath.Join(dir, "a.pem")
	if err := os.WriteFile(cert, testCert(t), 0o600); err != nil {
		t.Fatal(err)
	}
	first, err := NewCrtEntry(cert, nil, []string{"!*"})
	many := strings.Fields(strings.Repeat("a.example ", maxCrtLine/10-10))
	second, err2 := NewCrtEntry(cert, []CrtOption{CrtOpt("alpn", "h2,http/1.1"), CrtOpt("verify", "required"), CrtOpt("ca-file", cert)},
		[]string{"*.example.org", "!no.example.org", "xn--bcher-kva.example"})
	third, err3 := NewCrtEntry(cert, []CrtOption{CrtOpt("ssl-min-ver", "TLSv1.2")}, many)
	if err != nil || err2 != nil || err3 != nil {
		t.Fatal(err, err2, err3)
	}
	path := filepath.Join(dir, "list")
	text := CrtList([]CrtEntry{first, second, third})
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, dir, []Line{L("bind", Word("unix@"+dir+"/tls"), Kw("ssl crt-list"), Word(path))})
	// 2.6 prints a NUL after the value of alpn.
	got := strings.ReplaceAll(p.command(t, "show ssl crt-list "+path), "\x00", "")
	for _, e := range []CrtEntry{first, second, third} {
		if !strings.Contains(got, "\n"+e.String()+"\n") {
			t.Errorf("%s is not in\n%.1000s", e, got)
		}
	}
}

func testCert(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a.example"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})...)
}
