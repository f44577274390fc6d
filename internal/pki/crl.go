package pki

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
)

// CRLs reads every revocation list of a bundle. There is at least one.
func CRLs(bundle []byte) ([]*x509.RevocationList, error) {
	var lists []*x509.RevocationList
	err := blocks(bundle, func(b *pem.Block) error {
		if b.Type != "X509 CRL" {
			return fmt.Errorf("ca.crl has a PEM block %.20q, wanted is X509 CRL", b.Type)
		}
		list, err := revocationList(b.Bytes)
		if err != nil {
			return fmt.Errorf("revocation list %d of ca.crl: %w", len(lists)+1, err)
		}
		lists = append(lists, list)
		return nil
	})
	if err == nil && len(lists) == 0 {
		err = errors.New("ca.crl has no PEM block X509 CRL")
	}
	return lists, err
}

// revocationList also reads version 1, which `openssl ca -gencrl` makes unless its configuration asks for extensions, and
// nginx takes. The standard library reads version 2 only; version 1 is the same without the version and without
// extensions, so it is read with the version put in. What is kept, and signed, is the original.
func revocationList(der []byte) (*x509.RevocationList, error) {
	list, err := x509.ParseRevocationList(der)
	if err == nil {
		return list, nil
	}
	original, second, ok := withVersion(der)
	if !ok {
		return nil, err
	}
	if list, err = x509.ParseRevocationList(second); err != nil {
		return nil, err
	}
	if len(list.Extensions) > 0 {
		return nil, errors.New("a revocation list of version 1 has extensions")
	}
	list.Raw, list.RawTBSRevocationList = der, original
	return list, nil
}

// signed is the outer form of a certificate or revocation list.
type signed struct {
	Content              asn1.RawValue
	Algorithm, Signature asn1.RawValue
}

// withVersion returns the signed part of a list that has no version, and the whole list with version 2; false if it is
// none, or has one.
func withVersion(der []byte) (original, second []byte, ok bool) {
	var list signed
	if rest, err := asn1.Unmarshal(der, &list); err != nil || len(rest) > 0 || !list.Content.IsCompound || list.Content.Tag != asn1.TagSequence {
		return nil, nil, false
	}
	var first asn1.RawValue
	if _, err := asn1.Unmarshal(list.Content.Bytes, &first); err != nil || first.Tag != asn1.TagSequence {
		return nil, nil, false
	}
	original = list.Content.FullBytes
	version := []byte{asn1.TagInteger, 1, 1}
	list.Content = asn1.RawValue{Tag: asn1.TagSequence, IsCompound: true, Bytes: append(version, list.Content.Bytes...)}
	second, err := asn1.Marshal(list)
	return original, second, err == nil
}
