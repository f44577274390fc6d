package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// Assumed makes certificates that stand for those of Secrets that nobody can see here. They are for a compile that is
// looked at; nothing is ever served with them.
type Assumed struct {
	key *ecdsa.PrivateKey
	ca  *x509.Certificate
}

// NewAssumed makes the authority of such certificates.
func NewAssumed() (*Assumed, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for assumed certificates: %w", err)
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Assumed authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("make the authority of assumed certificates: %w", err)
	}
	if ca, err = x509.ParseCertificate(der); err != nil {
		return nil, fmt.Errorf("read the authority of assumed certificates back: %w", err)
	}
	return &Assumed{key, ca}, nil
}

// CA is the authority as it stands in a ca.crt.
func (a *Assumed) CA() []byte { return CertPEM(a.ca.Raw) }

// Server makes the tls.crt and tls.key of a Secret for the names.
func (a *Assumed) Server(names []string) (cert, key []byte, err error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "Assumed"}, DNSNames: names,
		NotBefore: a.ca.NotBefore, NotAfter: a.ca.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.ca, a.key.Public(), a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("make an assumed certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return nil, nil, fmt.Errorf("write the key of an assumed certificate: %w", err)
	}
	return CertPEM(der), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), nil
}
