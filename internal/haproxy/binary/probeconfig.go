package binary

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
)

// The files of a probe.
const (
	configFile     = "haproxy.cfg"
	listFile       = "list.txt"
	serverFile     = "server.pem"
	caFileA        = "ca-a.pem"
	caFileB        = "ca-b.pem"
	ticketSocket   = "t.sock"
	statefulSocket = "s.sock"
	commandSocket  = "c.sock"
	serverBackend  = "servers" // what can be done with servers is tried there
)

// writeProbe fills the folder and returns the certificate of a client of the first host.
func writeProbe(dir string) (tls.Certificate, error) {
	a, err := newAuthority()
	if err != nil {
		return tls.Certificate{}, err
	}
	b, err := newAuthority()
	if err != nil {
		return tls.Certificate{}, err
	}
	_, server, err := a.issue("server")
	if err != nil {
		return tls.Certificate{}, err
	}
	client, _, err := a.issue("client")
	if err != nil {
		return tls.Certificate{}, err
	}
	config, list, err := probeConfig(dir)
	if err != nil {
		return tls.Certificate{}, err
	}
	for name, data := range map[string][]byte{
		serverFile: server, caFileA: a.pem, caFileB: b.pem, listFile: list, configFile: config,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return tls.Certificate{}, err
		}
	}
	return client, nil
}

// probeConfig is two hosts behind one bind line, and the same once more without session tickets.
func probeConfig(dir string) (config, list []byte, err error) {
	path := func(name string) string { return filepath.Join(dir, name) }
	var entries []cfg.CrtEntry
	for _, host := range []struct{ name, ca string }{{hostA, caFileA}, {hostB, caFileB}} {
		options := []cfg.CrtOption{cfg.CrtOpt("verify", "optional"), cfg.CrtOpt("ca-file", path(host.ca))}
		e, err := cfg.NewCrtEntry(path(serverFile), options, []string{host.name})
		if err != nil {
			return nil, nil, err
		}
		entries = append(entries, e)
	}
	header := func(name string, sample cfg.Sample) []cfg.Arg {
		return []cfg.Arg{cfg.Kw("hdr"), cfg.Word(name), cfg.Header(cfg.Print(sample))}
	}
	answer := []cfg.Arg{cfg.Kw("return status 200")}
	answer = append(answer, header("X-Sni", cfg.Fetch("ssl_fc_sni"))...)
	answer = append(answer, header("X-Used", cfg.Fetch("ssl_c_used"))...)
	answer = append(answer, header("X-Verify", cfg.Fetch("ssl_c_verify"))...)

	global := cfg.Section{Header: cfg.L("global")}
	global.Add(cfg.L("maxconn", cfg.Int(20)), cfg.L("nbthread", cfg.Int(1)),
		cfg.L("stats socket", cfg.Word(path(commandSocket)), cfg.Kw("mode 600 level admin")))
	front := cfg.Section{Header: cfg.L("frontend", cfg.Name("probe"))}
	front.Add(cfg.L("mode http"),
		cfg.L("timeout client", cfg.Millis(probeTimeout)),
		bind(path(ticketSocket), path(listFile)),
		bind(path(statefulSocket), path(listFile), cfg.Kw("no-tls-tickets")),
		cfg.L("http-request", answer...))
	back := cfg.Section{Header: cfg.L("backend", cfg.Name(serverBackend))}
	back.Add(cfg.L("mode http"),
		cfg.L("timeout connect", cfg.Millis(probeTimeout)),
		cfg.L("timeout server", cfg.Millis(probeTimeout)))
	config, _, err = cfg.File{Sections: []cfg.Section{global, front, back}}.Render()
	return config, cfg.CrtList(entries), err
}

func bind(socket, list string, more ...cfg.Arg) cfg.Line {
	args := []cfg.Arg{
		cfg.Word("unix@" + socket), cfg.Kw("ssl crt-list"), cfg.Word(list), cfg.Kw("ca-ignore-err all crt-ignore-err all"),
	}
	return cfg.L("bind", append(args, more...)...)
}

// authority is a CA; all have the same name and serial number and differ by their keys alone.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  []byte
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := template("Hawser probe CA", 1)
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{key, cert, encode("CERTIFICATE", der)}, nil
}

// issue makes a certificate, and the same with its key as PEM.
func (a *authority) issue(name string) (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template(name, 2), a.cert, &key.PublicKey, a.key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	bundle := append(encode("CERTIFICATE", der), encode("PRIVATE KEY", keyDER)...)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, bundle, nil
}

func template(name string, serial int64) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
	}
}

func encode(kind string, der []byte) []byte {
	var b bytes.Buffer
	pem.Encode(&b, &pem.Block{Type: kind, Bytes: der})
	return b.Bytes()
}
