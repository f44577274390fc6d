package rig

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"time"
)

// Serials that revocation lists name.
const (
	revokedSerial = 4001
	twinSerial    = 77
)

// PKI is every authority and client certificate of a run. Keys differ from
// run to run, names and order do not.
type PKI struct {
	main, other, twin  *authority
	mainCRL, emptyCRL  []byte
	staleCRL           []byte
	pairCert, pairKey  []byte
	clients            []*Client
	int1, int2, int3   *authority
	expiredInt, narrow *authority
	narrowChild        *authority
}

// Clients lists the client certificates in a fixed order; "none" is the first.
func (p *PKI) Clients() []*Client { return p.clients }

// Client finds a client certificate by name.
func (p *PKI) Client(name string) *Client {
	for _, c := range p.clients {
		if c.Name == name {
			return c
		}
	}
	panic("no client certificate " + name)
}

// NewPKI makes all authorities, revocation lists and client certificates.
func NewPKI() (*PKI, error) {
	p := &PKI{clients: []*Client{{Name: "none"}}}
	steps := []func() error{p.makeRoots, p.makeIntermediates, p.makeRevocation, p.makeKinds, p.makeChains, p.makeFaulty, p.makeNames, p.makePair}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (p *PKI) makeRoots() (err error) {
	// twin has the name, the serial and the extensions of main, and another key:
	// what a tenant can make who wants to be taken for another one.
	subject := name(country("AT"), org("Rig"), cn("Rig main CA"))
	if p.main, err = newRoot(subject, twinSerial); err != nil {
		return err
	}
	if p.twin, err = newRoot(subject, twinSerial); err != nil {
		return err
	}
	p.other, err = newRoot(name(country("AT"), org("Rig"), cn("Rig other CA")), 78)
	return err
}

func (p *PKI) makeIntermediates() (err error) {
	if p.int1, err = p.main.intermediate(name(org("Rig"), cn("Rig int1")), 101, nil); err != nil {
		return err
	}
	if p.int2, err = p.int1.intermediate(name(org("Rig"), cn("Rig int2")), 102, nil); err != nil {
		return err
	}
	if p.int3, err = p.int2.intermediate(name(org("Rig"), cn("Rig int3")), 103, nil); err != nil {
		return err
	}
	expire := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }
	if p.expiredInt, err = p.main.intermediate(name(org("Rig"), cn("Rig expired int")), 104, expire); err != nil {
		return err
	}
	noChild := func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = 0, true }
	if p.narrow, err = p.main.intermediate(name(org("Rig"), cn("Rig narrow int")), 105, noChild); err != nil {
		return err
	}
	p.narrowChild, err = p.narrow.intermediate(name(org("Rig"), cn("Rig narrow child")), 106, nil)
	return err
}

func (p *PKI) makeRevocation() error {
	next := time.Now().Add(24 * time.Hour)
	root, err := p.main.crl(1, next, revokedSerial)
	if err != nil {
		return err
	}
	below, err := p.int1.crl(1, next)
	if err != nil {
		return err
	}
	empty, err := p.main.crl(1, next)
	if err != nil {
		return err
	}
	p.mainCRL, p.emptyCRL = slices.Concat(root, below), slices.Concat(empty, below)
	p.staleCRL, err = p.main.crl(1, time.Now().Add(-time.Hour), revokedSerial)
	return err
}

// add registers a client certificate; chain is sent after the leaf.
func (p *PKI) add(name string, leaf []byte, key crypto.Signer, chain ...*authority) {
	cert := &tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key}
	for _, a := range chain {
		cert.Certificate = append(cert.Certificate, a.cert.Raw)
	}
	p.clients = append(p.clients, &Client{Name: name, Certificate: cert})
}

// issue signs and registers a client certificate with a key of its own.
func (p *PKI) issue(name string, by *authority, subject []byte, edit func(*x509.Certificate), chain ...*authority) error {
	key, err := newKey()
	if err != nil {
		return err
	}
	return p.issueKey(name, by, subject, key, edit, chain...)
}

func (p *PKI) issueKey(name string, by *authority, subject []byte, key crypto.Signer, edit func(*x509.Certificate), chain ...*authority) error {
	leaf, err := by.leaf(subject, int64(1000+len(p.clients)), key, edit)
	if err != nil {
		return fmt.Errorf("client %s: %w", name, err)
	}
	p.add(name, leaf, key, chain...)
	return nil
}

// person is the subject of the ordinary certificates.
func person(common string) []byte { return name(country("AT"), org("Rig"), cn(common)) }

func (p *PKI) makeKinds() error {
	if err := p.issue("good", p.main, person("good"), nil); err != nil {
		return err
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	if err := p.issueKey("good-rsa", p.main, person("good"), rsaKey, nil); err != nil {
		return err
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	if err := p.issueKey("good-ed25519", p.main, person("good"), edKey, nil); err != nil {
		return err
	}
	weakKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		return err
	}
	if err := p.issueKey("weak-rsa", p.main, person("good"), weakKey, nil); err != nil {
		return err
	}
	for _, size := range []struct {
		name  string
		names int
	}{{"large", 150}, {"huge", 800}, {"giant", 1600}, {"monstrous", 1900}} {
		if err := p.issue(size.name, p.main, person("good"), func(c *x509.Certificate) {
			for i := range size.names {
				c.DNSNames = append(c.DNSNames, fmt.Sprintf("a-rather-long-name-%03d.large.test", i))
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

func (p *PKI) makeChains() error {
	type chained struct {
		name string
		by   *authority
		sent []*authority
	}
	for _, c := range []chained{
		{"int1", p.int1, []*authority{p.int1}},
		{"int1-not-sent", p.int1, nil},
		{"int2", p.int2, []*authority{p.int2, p.int1}},
		{"int3", p.int3, []*authority{p.int3, p.int2, p.int1}},
		{"expired-int", p.expiredInt, []*authority{p.expiredInt}},
		{"path-too-long", p.narrowChild, []*authority{p.narrowChild, p.narrow}},
		{"other-ca", p.other, nil},
		{"other-ca-with-root", p.other, []*authority{p.other}},
		{"twin-ca", p.twin, nil},
		{"twin-ca-with-root", p.twin, []*authority{p.twin}},
	} {
		if err := p.issue(c.name, c.by, person("good"), nil, c.sent...); err != nil {
			return err
		}
	}
	p.add("root-itself", p.main.cert.Raw, p.main.key)
	return nil
}

func (p *PKI) makeFaulty() error {
	type faulty struct {
		name string
		by   *authority
		edit func(*x509.Certificate)
	}
	critical := pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 1}, Critical: true, Value: []byte{5, 0}}
	for _, f := range []faulty{
		{"self-signed", nil, nil},
		{"self-signed-ca", nil, func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }},
		{"expired", p.main, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }},
		{"not-yet-valid", p.main, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }},
		{"revoked", p.main, func(c *x509.Certificate) { c.SerialNumber.SetInt64(revokedSerial) }},
		{"server-usage", p.main, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} }},
		{"critical-extension", p.main, func(c *x509.Certificate) { c.ExtraExtensions = []pkix.Extension{critical} }},
		{"other-ca-expired", p.other, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }},
	} {
		if err := p.issue(f.name, f.by, person("good"), f.edit); err != nil {
			return err
		}
	}
	return nil
}

// makePair is the key pair of a Secret that also has a ca.crt: a self-signed
// certificate that a client may hold, too.
func (p *PKI) makePair() (err error) {
	if p.pairCert, p.pairKey, err = serverPair("pair.test"); err != nil {
		return err
	}
	cert, err := tls.X509KeyPair(p.pairCert, p.pairKey)
	if err != nil {
		return err
	}
	p.clients = append(p.clients, &Client{Name: "pair-itself", Certificate: &cert})
	return nil
}
