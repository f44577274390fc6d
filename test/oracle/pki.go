package oracle

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"
)

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// PKI makes the certificates of all cases; the names are those of the recording.
type PKI struct {
	clients, others, upstream, server authority
	intermediate, second              authority // below clients, one after the other
	client                            map[string]tls.Certificate
	crl                               []byte

	mu      sync.Mutex // guards servers and serial
	servers map[string]tls.Certificate
	serial  int64
}

// NewPKI makes the authorities and the client certificates.
func NewPKI() (*PKI, error) {
	p := &PKI{servers: map[string]tls.Certificate{}, client: map[string]tls.Certificate{}}
	for _, ca := range []struct {
		to     *authority
		cn     string
		parent *authority
	}{
		{&p.clients, "oracle clients CA", nil},
		{&p.others, "oracle others CA", nil},
		{&p.upstream, "oracle upstream CA", nil},
		{&p.server, "oracle server CA", nil},
		{&p.intermediate, "oracle clients intermediate CA", &p.clients},
		{&p.second, "oracle clients second intermediate CA", &p.intermediate},
	} {
		made, err := p.newAuthority(ca.cn, ca.parent)
		if err != nil {
			return nil, err
		}
		*ca.to = made
	}
	if err := p.makeClients(); err != nil {
		return nil, err
	}
	return p, p.revoke("revoked")
}

func (p *PKI) makeClients() error {
	now := time.Now()
	day := 24 * time.Hour
	for _, c := range []struct {
		name       string
		ca         *authority
		sent       []*authority
		start, end time.Duration
	}{
		{"good", &p.clients, nil, -day, 365 * day},
		{"other", &p.clients, nil, -day, 365 * day},
		{"revoked", &p.clients, nil, -day, 365 * day},
		{"expired", &p.clients, nil, -30 * day, -day},
		{"future", &p.clients, nil, 30 * day, 365 * day},
		{"untrusted", &p.others, nil, -day, 365 * day},
		{"self-signed", nil, nil, -day, 365 * day},
		{"chain", &p.intermediate, []*authority{&p.intermediate}, -day, 365 * day},
		{"deep", &p.second, []*authority{&p.second, &p.intermediate}, -day, 365 * day},
	} {
		template := &x509.Certificate{
			Subject:     pkix.Name{CommonName: c.name, Organization: []string{"Oracle"}, Country: []string{"AT"}},
			NotBefore:   now.Add(c.start),
			NotAfter:    now.Add(c.end),
			KeyUsage:    x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		}
		made, err := p.issue(template, c.ca)
		if err != nil {
			return err
		}
		for _, ca := range c.sent {
			made.Certificate = append(made.Certificate, ca.cert.Raw)
		}
		p.client[c.name] = made
	}
	return nil
}

func (p *PKI) revoke(name string) error {
	list := &x509.RevocationList{
		Number:     big.NewInt(1),
		ThisUpdate: time.Now().Add(-time.Hour),
		NextUpdate: time.Now().Add(365 * 24 * time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{
			{SerialNumber: p.client[name].Leaf.SerialNumber, RevocationTime: time.Now().Add(-time.Hour)},
		},
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, p.clients.cert, p.clients.key)
	if err != nil {
		return fmt.Errorf("make revocation list: %w", err)
	}
	p.crl = pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der})
	return nil
}

func (p *PKI) newAuthority(cn string, parent *authority) (authority, error) {
	made, err := p.issue(&x509.Certificate{
		Subject:               pkix.Name{CommonName: cn},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(365 * 24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}, parent)
	if err != nil {
		return authority{}, err
	}
	return authority{made.Leaf, made.PrivateKey.(crypto.Signer)}, nil
}

// issue signs template with ca, or with its own key if ca is nil.
func (p *PKI) issue(template *x509.Certificate, ca *authority) (tls.Certificate, error) {
	p.mu.Lock()
	p.serial++
	template.SerialNumber = big.NewInt(1000 + p.serial)
	p.mu.Unlock()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make key: %w", err)
	}
	if ca == nil {
		ca = &authority{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("sign %s: %w", template.Subject.CommonName, err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read %s: %w", template.Subject.CommonName, err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}

// serverCert returns the certificate for a comma-separated list of names, the same one for the same list.
func (p *PKI) serverCert(names string, ca *authority) (tls.Certificate, error) {
	p.mu.Lock()
	have, ok := p.servers[names]
	p.mu.Unlock()
	if ok {
		return have, nil
	}
	list := strings.Split(names, ",")
	made, err := p.issue(&x509.Certificate{
		Subject:     pkix.Name{CommonName: list[0]},
		DNSNames:    list,
		NotBefore:   time.Now().Add(-time.Hour),
		NotAfter:    time.Now().Add(365 * 24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, ca)
	if err != nil {
		return tls.Certificate{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if have, ok := p.servers[names]; ok {
		return have, nil
	}
	p.servers[names] = made
	return made, nil
}

func certPEM(der ...[]byte) []byte {
	var out []byte
	for _, d := range der {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: d})...)
	}
	return out
}

func keyPEM(c tls.Certificate) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("encode key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
