package testcert

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"math/big"
	"time"
)

// CA is a root or an intermediate authority. It isn't safe for concurrent use.
type CA struct {
	Cert    *x509.Certificate
	key     crypto.Signer
	parent  *CA // nil for a root
	revoked []x509.RevocationListEntry
	number  int64 // of the last CRL
}

// NewCA makes a self-signed root.
func NewCA(name string, options ...Option) (*CA, error) {
	template := plain(name)
	authority(&template)
	cert, key, err := sign(template, nil, options)
	if err != nil {
		return nil, err
	}
	return &CA{Cert: cert, key: key}, nil
}

// Intermediate makes an authority below ca. Certificates that it signs carry it, and what is between, in their chain.
func (ca *CA) Intermediate(name string, options ...Option) (*CA, error) {
	template := plain(name)
	authority(&template)
	cert, key, err := sign(template, ca, options)
	if err != nil {
		return nil, err
	}
	return &CA{Cert: cert, key: key, parent: ca}, nil
}

// Server makes a server certificate for DNS names, wildcards and IP addresses; the first is the common name.
func (ca *CA) Server(name string, more []string, options ...Option) (*Cert, error) {
	template := plain(name)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	addNames(&template, append([]string{name}, more...))
	return ca.issue(template, options)
}

// Client makes a client certificate.
func (ca *CA) Client(commonName string, options ...Option) (*Cert, error) {
	template := plain(commonName)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	return ca.issue(template, options)
}

func (ca *CA) issue(template x509.Certificate, options []Option) (*Cert, error) {
	cert, key, err := sign(template, ca, options)
	if err != nil {
		return nil, err
	}
	c := &Cert{Leaf: cert, Key: key}
	for above := ca; above.parent != nil; above = above.parent {
		c.Chain = append(c.Chain, above.Cert)
	}
	return c, nil
}

// SelfSigned makes a client certificate that nobody vouches for.
func SelfSigned(commonName string, options ...Option) (*Cert, error) {
	template := plain(commonName)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	cert, key, err := sign(template, nil, options)
	if err != nil {
		return nil, err
	}
	return &Cert{Leaf: cert, Key: key}, nil
}

// Revoke puts certificates on the authority's next CRL.
func (ca *CA) Revoke(certs ...*Cert) {
	for _, c := range certs {
		ca.revoked = append(ca.revoked, x509.RevocationListEntry{
			SerialNumber: c.Leaf.SerialNumber, RevocationTime: time.Now().Add(-backdate),
		})
	}
}

// CRL is the authority's revocation list in PEM, with a number above that of the last one.
// A verifier that checks whole chains needs the list of every authority in them, concatenated.
func (ca *CA) CRL() ([]byte, error) {
	ca.number++
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{
		Number:                    big.NewInt(ca.number),
		ThisUpdate:                time.Now().Add(-backdate),
		NextUpdate:                time.Now().Add(lifetime),
		RevokedCertificateEntries: ca.revoked,
	}, ca.Cert, ca.key)
	if err != nil {
		return nil, fmt.Errorf("sign the CRL of %q: %w", ca.Cert.Subject.CommonName, err)
	}
	return encode("X509 CRL", der), nil
}

// CertPEM is the authority's certificate.
func (ca *CA) CertPEM() []byte { return encode("CERTIFICATE", ca.Cert.Raw) }

// Pool trusts this authority alone.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Cert)
	return pool
}
