package pki

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// oldList is a list of version 1 as OpenSSL makes it, or with extensions, which version 1 can't have.
func oldList(t testing.TB, extensions ...pkix.Extension) (list []byte, key *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	algorithm := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}} // ecdsa-with-SHA256
	now := time.Now().UTC().Truncate(time.Second)
	content := pkix.TBSCertificateList{
		Signature: algorithm, Issuer: pkix.Name{CommonName: "ca"}.ToRDNSequence(), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour),
		RevokedCertificates: []pkix.RevokedCertificate{{SerialNumber: big.NewInt(7), RevocationTime: now}}, Extensions: extensions,
	}
	if content.Raw, err = asn1.Marshal(content); err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(content.Raw)
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(pkix.CertificateList{TBSCertList: content, SignatureAlgorithm: algorithm, SignatureValue: asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}})
	if err != nil {
		t.Fatal(err)
	}
	return der, key
}

func TestRevocationListsOfVersion1(t *testing.T) {
	der, key := oldList(t)
	lists, err := CRLs(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
	if err != nil {
		t.Fatal(err)
	}
	list := lists[0]
	if entries := list.RevokedCertificateEntries; len(entries) != 1 || entries[0].SerialNumber.Int64() != 7 || list.NextUpdate.IsZero() || list.Issuer.CommonName != "ca" {
		t.Errorf("entries %v, next update %v, issuer %v", entries, list.NextUpdate, list.Issuer)
	}
	if !bytes.Equal(list.Raw, der) {
		t.Error("what HAProxy gets is another list")
	}
	issuer := &x509.Certificate{PublicKey: &key.PublicKey, PublicKeyAlgorithm: x509.ECDSA}
	if err := issuer.CheckSignature(list.SignatureAlgorithm, list.RawTBSRevocationList, list.Signature); err != nil {
		t.Errorf("its signature is %v", err)
	}
}

func TestRevocationListsThatAreNone(t *testing.T) {
	old, _ := oldList(t)
	extended, _ := oldList(t, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 20}, Value: []byte{2, 1, 1}})
	for name, der := range map[string][]byte{"cut": old[:len(old)-3], "longer": append(bytes.Clone(old), 0), "extended": extended, "empty": {}, "text": []byte("x")} {
		if list, err := revocationList(der); err == nil {
			t.Errorf("%s: %v", name, list)
		}
	}
	if _, err := CRLs([]byte("not a list")); err == nil || !strings.Contains(err.Error(), "X509 CRL") {
		t.Errorf("without a list: %v", err)
	}
}

// FuzzRevocationList: what is read is kept as it is, and read again the same.
func FuzzRevocationList(f *testing.F) {
	old, _ := oldList(f)
	f.Add(old)
	f.Add([]byte{0x30, 3, 2, 1, 1})
	f.Fuzz(func(t *testing.T, der []byte) {
		list, err := revocationList(der)
		if err != nil {
			return
		}
		again, err := revocationList(list.Raw)
		if err != nil || !bytes.Equal(list.Raw, der) || len(again.RevokedCertificateEntries) != len(list.RevokedCertificateEntries) {
			t.Errorf("%x: read again: %v", der, err)
		}
	})
}
