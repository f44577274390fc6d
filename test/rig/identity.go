package rig

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/url"
	"strings"
)

// Client is what a client presents: a certificate with the chain it sends
// along, or nothing if Certificate is nil.
type Client struct {
	Name        string
	Certificate *tls.Certificate
}

// Oversized tells whether the certificate is larger than what proxies take for granted.
func (c *Client) Oversized() bool {
	return c.Certificate != nil && len(c.Certificate.Certificate[0]) > 16<<10
}

// Issuer is the issuer's name in the notation of RFC 2253, for the plain names
// of this package's authorities.
func (c *Client) Issuer() string {
	leaf, err := x509.ParseCertificate(c.Certificate.Certificate[0])
	if err != nil {
		panic(fmt.Sprintf("client %s: %v", c.Name, err))
	}
	return leaf.Issuer.String()
}

// PEM is the certificate with its chain, and the key.
func (c *Client) PEM() (cert, key []byte, err error) {
	for _, der := range c.Certificate.Certificate {
		cert = append(cert, certificatePEM(der)...)
	}
	key, err = privateKeyPEM(c.Certificate.PrivateKey.(crypto.Signer))
	return cert, key, err
}

// Escaped is the certificate as nginx's $ssl_client_escaped_cert writes it.
func (c *Client) Escaped() string {
	text := certificatePEM(c.Certificate.Certificate[0])
	return strings.ReplaceAll(url.QueryEscape(string(text)), "+", "%20")
}
