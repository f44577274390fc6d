package gen

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Secret holds the certificate of a group; each renewal has another one. The keys are no secrets: they follow from the
// numbers.
func Secret(group, renewal int) (*corev1.Secret, error) {
	cert, key, err := pair(group, renewal)
	if err != nil {
		return nil, fmt.Errorf("make the certificate of group %d: %w", group, err)
	}
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace(group * PerSecret), Name: SecretName(group)},
		Type:       corev1.SecretTypeTLS,
		Data:       map[string][]byte{corev1.TLSCertKey: cert, corev1.TLSPrivateKeyKey: key},
	}, nil
}

func pair(group, renewal int) (cert, key []byte, err error) {
	private, err := keyOf(group, renewal)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(renewal)<<32 + int64(group) + 1),
		Subject:      pkix.Name{CommonName: Host(group * PerSecret)},
		NotBefore:    time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for n := range PerSecret {
		template.DNSNames = append(template.DNSNames, Host(group*PerSecret+n))
	}
	// Without a source of randomness, the signature follows from key and text.
	der, err := x509.CreateCertificate(nil, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), nil
}

// keyOf takes a hash of the numbers for the secret scalar. One hash in 2^32 is none; the next is taken then.
func keyOf(group, renewal int) (*ecdsa.PrivateKey, error) {
	var err error
	for try := range 4 {
		seed := []byte("a key that protects nothing ")
		for _, n := range []int{group, renewal, try} {
			seed = binary.BigEndian.AppendUint64(seed, uint64(n))
		}
		sum := sha256.Sum256(seed)
		var key *ecdsa.PrivateKey
		if key, err = ecdsa.ParseRawPrivateKey(elliptic.P256(), sum[:]); err == nil {
			return key, nil
		}
	}
	return nil, err
}
