// Package testcert makes certificate authorities and certificates for demonstrations and tests.
// Every key is new and lives only as long as its owner keeps it; nothing is read from or written to disk.
// What it makes is never fit for production: lifetimes are short and there is no policy.
package testcert

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"time"
)

// Organization is the O of every subject that isn't given in full.
const Organization = "Hawser Test"

const (
	lifetime = 30 * 24 * time.Hour
	backdate = time.Hour // for clocks that are a little apart
)

// Algorithm of a key. The zero value is ECDSA on P-256.
type Algorithm int

const (
	ECDSA   Algorithm = iota
	RSA               // 2048 bits
	WeakRSA           // 1024 bits, which OpenSSL refuses at Debian's security level 2
	Ed25519
)

// Option departs from a plain, valid certificate.
type Option func(*order)

// order collects what a certificate shall be before it is signed.
type order struct {
	template  x509.Certificate
	algorithm Algorithm
}

// Key chooses the algorithm of the certificate's own key.
func Key(a Algorithm) Option { return func(o *order) { o.algorithm = a } }

// Expired makes a certificate whose time ended yesterday.
func Expired() Option {
	return With(func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-48*time.Hour), time.Now().Add(-24*time.Hour)
	})
}

// NotYetValid makes a certificate whose time begins tomorrow.
func NotYetValid() Option {
	return With(func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(24*time.Hour), time.Now().Add(48*time.Hour)
	})
}

// Usage replaces the extended key usages; without arguments there are none.
func Usage(usages ...x509.ExtKeyUsage) Option {
	return With(func(c *x509.Certificate) { c.ExtKeyUsage = usages })
}

// Subject replaces the whole subject.
func Subject(name pkix.Name) Option {
	return With(func(c *x509.Certificate) { c.Subject = name })
}

// RawSubject replaces the subject by DER that pkix.Name can't express.
func RawSubject(der []byte) Option {
	return With(func(c *x509.Certificate) { c.RawSubject = der })
}

// PathLen limits the number of intermediates below a CA.
func PathLen(n int) Option {
	return With(func(c *x509.Certificate) { c.MaxPathLen, c.MaxPathLenZero = n, n == 0 })
}

// With edits the template just before it is signed; options apply in their order.
func With(edit func(*x509.Certificate)) Option {
	return func(o *order) { edit(&o.template) }
}

// Must is for set-up code in which a failure has no sensible answer.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// plain is the template that options start from.
func plain(commonName string) x509.Certificate {
	now := time.Now()
	return x509.Certificate{
		Subject:               pkix.Name{CommonName: commonName, Organization: []string{Organization}},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(lifetime),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
	}
}

func authority(c *x509.Certificate) {
	c.IsCA = true
	c.MaxPathLen = -1
	c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature
	// An expired leaf must not be older than its CA.
	c.NotBefore = c.NotBefore.Add(-lifetime)
}

// sign makes the key and the certificate; without a parent it is self-signed.
func sign(template x509.Certificate, parent *CA, options []Option) (*x509.Certificate, crypto.Signer, error) {
	o := order{template: template}
	for _, option := range options {
		option(&o)
	}
	what := o.template.Subject.CommonName
	key, err := newKey(o.algorithm)
	if err != nil {
		return nil, nil, fmt.Errorf("make a key for %q: %w", what, err)
	}
	if o.template.SerialNumber == nil {
		if o.template.SerialNumber, err = serial(); err != nil {
			return nil, nil, fmt.Errorf("make a serial number for %q: %w", what, err)
		}
	}
	issuer, issuerKey := &o.template, key
	if parent != nil {
		issuer, issuerKey = parent.Cert, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, &o.template, issuer, key.Public(), issuerKey)
	if err != nil {
		return nil, nil, fmt.Errorf("sign %q: %w", what, err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, fmt.Errorf("read %q back: %w", what, err)
	}
	return cert, key, nil
}

func newKey(a Algorithm) (crypto.Signer, error) {
	switch a {
	case ECDSA:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case RSA:
		return rsa.GenerateKey(rand.Reader, 2048)
	case WeakRSA:
		return rsa.GenerateKey(rand.Reader, 1024)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	return nil, fmt.Errorf("algorithm %d is not known", a)
}

func serial() (*big.Int, error) {
	return rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
}

func addNames(c *x509.Certificate, names []string) {
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
			continue
		}
		c.DNSNames = append(c.DNSNames, name)
	}
}
