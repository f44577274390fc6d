package admission

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// Selfmade is a certificate that the replicas make themselves and share through a Secret, and whose CA they write into
// the ValidatingWebhookConfiguration. There is no job to run before or after an installation, so nothing for a GitOps
// tool to wait for, and what the tool owns differs by the caBundle only.
type Selfmade struct {
	Client        kubernetes.Interface
	Secret        types.NamespacedName
	Service       types.NamespacedName // its name in DNS is that of the certificate
	Configuration string               // of the ValidatingWebhookConfiguration
	Log           *slog.Logger

	current atomic.Pointer[tls.Certificate]
}

const (
	lifetime    = 365 * 24 * time.Hour
	renewBefore = 90 * 24 * time.Hour
	lookAgain   = 15 * time.Second // in this time, what another replica renewed is taken over, and a lost caBundle is back
)

// GetCertificate is for a tls.Config.
func (m *Selfmade) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c := m.current.Load(); c != nil {
		return c, nil
	}
	return nil, errors.New("the webhook has no certificate yet")
}

// Run keeps Secret and configuration right until ctx ends. Failures are logged and tried again.
func (m *Selfmade) Run(ctx context.Context) {
	for {
		wait := lookAgain
		if err := m.ensure(ctx, time.Now()); err != nil && ctx.Err() == nil {
			m.Log.Warn("The webhook's certificate is not in place", "error", err)
			wait = 5 * time.Second
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (m *Selfmade) ensure(ctx context.Context, now time.Time) error {
	secrets := m.Client.CoreV1().Secrets(m.Secret.Namespace)
	secret, err := secrets.Get(ctx, m.Secret.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		secret = &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: m.Secret.Namespace, Name: m.Secret.Name}, Type: corev1.SecretTypeTLS}
		if err := m.fill(secret, now); err != nil {
			return err
		}
		if secret, err = secrets.Create(ctx, secret, metav1.CreateOptions{}); apierrors.IsAlreadyExists(err) {
			secret, err = secrets.Get(ctx, m.Secret.Name, metav1.GetOptions{}) // another replica was first
		}
	}
	if err != nil {
		return fmt.Errorf("secret %s: %w", m.Secret, err)
	}
	if !m.usable(secret, now) {
		if err := m.fill(secret, now); err != nil {
			return err
		}
		if secret, err = secrets.Update(ctx, secret, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("renew secret %s: %w", m.Secret, err) // on a conflict the next look finds the other's
		}
		m.Log.Info("The webhook's certificate is renewed", "secret", m.Secret)
	}
	pair, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		return fmt.Errorf("secret %s: %w", m.Secret, err)
	}
	m.current.Store(&pair)
	return m.trust(ctx, secret.Data["ca.crt"])
}

// usable reports whether the Secret's certificate is for the Service and not about to expire.
func (m *Selfmade) usable(secret *corev1.Secret, now time.Time) bool {
	pair, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	return err == nil && pair.Leaf.VerifyHostname(m.name()) == nil && now.Add(renewBefore).Before(pair.Leaf.NotAfter) &&
		bytes.Contains(secret.Data["ca.crt"], secret.Data[corev1.TLSCertKey])
}

func (m *Selfmade) name() string { return m.Service.Name + "." + m.Service.Namespace + ".svc" }

// fill puts a new certificate into the Secret. It is its own CA; the CA before stays in the bundle, because other
// replicas serve with the old certificate until they look again.
func (m *Selfmade) fill(secret *corev1.Secret, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key for the webhook: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "hawser admission webhook"},
		DNSNames: []string{m.name()}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(lifetime),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("make a certificate for the webhook: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("write the webhook's key: %w", err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	before := secret.Data[corev1.TLSCertKey]
	secret.Data = map[string][]byte{
		corev1.TLSCertKey: cert, corev1.TLSPrivateKeyKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
		"ca.crt": append(bytes.Clone(cert), before...),
	}
	return nil
}

// trust writes the CA into every webhook of the configuration that has another one.
func (m *Selfmade) trust(ctx context.Context, bundle []byte) error {
	configurations := m.Client.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	configuration, err := configurations.Get(ctx, m.Configuration, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("ValidatingWebhookConfiguration %s: %w", m.Configuration, err)
	}
	type clientConfig struct {
		CABundle []byte `json:"caBundle"`
	}
	type webhook struct {
		Name         string       `json:"name"`
		ClientConfig clientConfig `json:"clientConfig"`
	}
	var changed []webhook
	for _, w := range configuration.Webhooks {
		if !bytes.Equal(w.ClientConfig.CABundle, bundle) {
			changed = append(changed, webhook{w.Name, clientConfig{bundle}})
		}
	}
	if len(changed) == 0 {
		return nil
	}
	patch, err := json.Marshal(map[string]any{"webhooks": changed})
	if err != nil {
		return fmt.Errorf("write the patch: %w", err)
	}
	if _, err := configurations.Patch(ctx, m.Configuration, types.StrategicMergePatchType, patch, metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("write the CA into ValidatingWebhookConfiguration %s: %w", m.Configuration, err)
	}
	return nil
}
