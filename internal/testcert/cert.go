package testcert

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
)

// Cert is a certificate with its key and the intermediates up to, but without, the root.
type Cert struct {
	Leaf  *x509.Certificate
	Key   crypto.Signer
	Chain []*x509.Certificate
}

// CertPEM is the certificate followed by its intermediates, as a server or client presents it.
func (c *Cert) CertPEM() []byte {
	out := c.LeafPEM()
	for _, above := range c.Chain {
		out = append(out, encode("CERTIFICATE", above.Raw)...)
	}
	return out
}

// LeafPEM is the certificate alone.
func (c *Cert) LeafPEM() []byte { return encode("CERTIFICATE", c.Leaf.Raw) }

// KeyPEM is the private key in PKCS #8.
func (c *Cert) KeyPEM() []byte {
	der, err := x509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		// Only this package makes keys, and all of its kinds can be marshalled.
		panic(err)
	}
	return encode("PRIVATE KEY", der)
}

// TLS is the certificate for crypto/tls, with its intermediates.
func (c *Cert) TLS() tls.Certificate {
	t := tls.Certificate{Certificate: [][]byte{c.Leaf.Raw}, PrivateKey: c.Key, Leaf: c.Leaf}
	for _, above := range c.Chain {
		t.Certificate = append(t.Certificate, above.Raw)
	}
	return t
}

// WithoutChain is the same certificate, presented without its intermediates.
func (c *Cert) WithoutChain() *Cert { return &Cert{Leaf: c.Leaf, Key: c.Key} }

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
