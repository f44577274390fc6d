// Package pki turns what a Secret holds into checked certificates, and back into PEM that was written here.
//
// Nothing of the original text survives: a block that does not parse is an error, and every PEM byte that leaves the
// package was encoded by it. No error or message of the package contains key material.
package pki

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/hawser-ingress/hawser/internal/model"
)

// ServerCert reads a certificate chain (leaf first) and its key.
func ServerCert(certPEM, keyPEM []byte) (*model.Cert, error) {
	if len(certPEM) == 0 || len(keyPEM) == 0 {
		return nil, errors.New("it has no tls.crt with tls.key")
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return nil, fmt.Errorf("its tls.crt and tls.key are no pair: %w", err)
	}
	chain := make([]*x509.Certificate, len(pair.Certificate))
	for i, der := range pair.Certificate {
		if chain[i], err = x509.ParseCertificate(der); err != nil {
			return nil, fmt.Errorf("certificate %d of tls.crt: %w", i+1, err)
		}
	}
	return encode(chain, pair.PrivateKey)
}

func encode(chain []*x509.Certificate, key crypto.PrivateKey) (*model.Cert, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, errors.New("its tls.key is of a kind that can't be served")
	}
	out := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return &model.Cert{Chain: chain, PEM: append(out, CertsPEM(chain)...), NotAfter: chain[0].NotAfter}, nil
}

// ClientCA reads the trust anchors of client certificates, and the revocation lists if crlPEM has any.
func ClientCA(caPEM, crlPEM []byte) (*model.ClientCA, error) {
	certs, err := Certs(caPEM)
	if err != nil {
		return nil, err
	}
	ca := &model.ClientCA{Certs: certs}
	if len(crlPEM) > 0 {
		if ca.CRLs, err = CRLs(crlPEM); err != nil {
			return nil, err
		}
	}
	return ca, nil
}

// Certs reads every certificate of a bundle and drops repetitions. There is at least one.
func Certs(bundle []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	seen := map[string]bool{}
	err := blocks(bundle, func(b *pem.Block) error {
		if b.Type != "CERTIFICATE" && b.Type != "TRUSTED CERTIFICATE" && b.Type != "X509 CERTIFICATE" {
			return nil // a bundle may hold a key or parameters beside its certificates
		}
		cert, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			return fmt.Errorf("certificate %d of the bundle: %w", len(certs)+1, err)
		}
		if !seen[string(cert.Raw)] {
			seen[string(cert.Raw)] = true
			certs = append(certs, cert)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(certs) == 0 {
		return nil, errors.New("it has no PEM certificate")
	}
	return certs, nil
}

func blocks(bundle []byte, each func(*pem.Block) error) error {
	for {
		block, rest := pem.Decode(bundle)
		if block == nil {
			if bytes.Contains(bundle, []byte("-----BEGIN")) {
				return errors.New("it has a PEM block that does not decode")
			}
			return nil
		}
		if err := each(block); err != nil {
			return err
		}
		bundle = rest
	}
}

// CertsPEM encodes certificates one after the other.
func CertsPEM(certs []*x509.Certificate) []byte {
	var out bytes.Buffer
	for _, c := range certs {
		out.Write(CertPEM(c.Raw))
	}
	return out.Bytes()
}

// CertPEM encodes one certificate.
func CertPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// CRLsPEM encodes revocation lists one after the other.
func CRLsPEM(lists []*x509.RevocationList) []byte {
	var out bytes.Buffer
	for _, l := range lists {
		out.Write(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: l.Raw}))
	}
	return out.Bytes()
}
