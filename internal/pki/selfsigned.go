package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/hawser-ingress/hawser/internal/model"
)

// SelfSigned makes a certificate for hosts that have none, valid for ten years. It is never trusted by a client; it
// only lets the handshake go on, as the certificate that ingress-nginx makes for the same purpose.
func SelfSigned(now time.Time) (*model.Cert, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for the default certificate: %w", err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, fmt.Errorf("make a serial number for the default certificate: %w", err)
	}
	return sign(template(serial, now), key, key)
}

func template(serial *big.Int, now time.Time) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{Organization: []string{"Hawser"}, CommonName: "Hawser default certificate"},
		DNSNames:     []string{"ingress.local"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.AddDate(10, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
}

func sign(template *x509.Certificate, key *ecdsa.PrivateKey, signer crypto.Signer) (*model.Cert, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("make the default certificate: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read the default certificate back: %w", err)
	}
	return encode([]*x509.Certificate{cert}, key)
}

// SelfSignedClient makes a client certificate that nobody vouches for, valid for a day.
func SelfSignedClient(name string, now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a key for a client certificate: %w", err)
	}
	template := template(big.NewInt(now.UnixNano()), now)
	template.Subject, template.DNSNames = pkix.Name{CommonName: name}, nil
	template.NotAfter, template.ExtKeyUsage = now.AddDate(0, 0, 1), []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make a client certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// exampleKey is a private key that everybody knows; it is used for configurations that are looked at, never served.
const exampleKey = "5b1f0c5a2f6f1a3c0d9c8e7b6a5948372615f4e3d2c1b0a99887766554433221"

// Example makes a certificate that is the same each time.
func Example() (*model.Cert, error) {
	raw, err := hex.DecodeString(exampleKey)
	if err != nil {
		return nil, fmt.Errorf("read the example key: %w", err)
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		return nil, fmt.Errorf("read the example key: %w", err)
	}
	template := template(big.NewInt(1), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	template.Subject.CommonName = "Hawser example certificate"
	return sign(template, key, deterministic{key})
}

// deterministic signs with RFC 6979 nonces, so that the same certificate comes out each time.
type deterministic struct{ *ecdsa.PrivateKey }

func (d deterministic) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return d.PrivateKey.Sign(nil, digest, opts)
}
