package rig

import (
	"crypto"
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

// authority is a certificate authority that signs what it is told to sign,
// sound or not.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// pem is the authority's certificate as it stands in a ca.crt.
func (a *authority) pem() []byte { return certificatePEM(a.cert.Raw) }

// newKey makes the key of everything that needs no particular kind of key.
func newKey() (crypto.Signer, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// newRoot makes a self-signed authority with the given subject and serial.
func newRoot(subject []byte, serial int64) (*authority, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template := authorityTemplate(subject, serial)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("sign root: %w", err)
	}
	return parseAuthority(der, key)
}

// intermediate makes an authority below a; edit may spoil it.
func (a *authority) intermediate(subject []byte, serial int64, edit func(*x509.Certificate)) (*authority, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template := authorityTemplate(subject, serial)
	if edit != nil {
		edit(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("sign intermediate: %w", err)
	}
	return parseAuthority(der, key)
}

func authorityTemplate(subject []byte, serial int64) *x509.Certificate {
	return &x509.Certificate{
		RawSubject:            subject,
		SerialNumber:          big.NewInt(serial),
		NotBefore:             time.Now().Add(-24 * time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

func parseAuthority(der []byte, key crypto.Signer) (*authority, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{cert: cert, key: key}, nil
}

// leaf signs a client certificate for key; edit may spoil it. A nil authority
// makes it self-signed.
func (a *authority) leaf(subject []byte, serial int64, key crypto.Signer, edit func(*x509.Certificate)) ([]byte, error) {
	template := &x509.Certificate{
		RawSubject:   subject,
		SerialNumber: big.NewInt(serial),
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if edit != nil {
		edit(template)
	}
	parent, signer := template, key
	if a != nil {
		parent, signer = a.cert, a.key
	}
	return x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
}

// crl is a revocation list of a for the given serials.
func (a *authority) crl(number int64, nextUpdate time.Time, serials ...int64) ([]byte, error) {
	list := &x509.RevocationList{
		Number:     big.NewInt(number),
		ThisUpdate: time.Now().Add(-48 * time.Hour),
		NextUpdate: nextUpdate,
	}
	for _, serial := range serials {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{
			SerialNumber:   big.NewInt(serial),
			RevocationTime: time.Now().Add(-time.Hour),
		})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.cert, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign revocation list: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}), nil
}

// serverPair makes a self-signed server certificate for the names.
func serverPair(names ...string) (certPEM, keyPEM []byte, err error) {
	key, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: names[0]},
		DNSNames:     names,
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, fmt.Errorf("sign server certificate: %w", err)
	}
	keyPEM, err = privateKeyPEM(key)
	return certificatePEM(der), keyPEM, err
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func privateKeyPEM(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
