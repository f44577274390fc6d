package controller_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestWebhook has two replicas of the chart answer the API server: with the chart's rights, Service and configuration,
// and with a certificate that they make and share themselves.
func TestWebhook(t *testing.T) {
	a := newAdmission(t)
	a.create(t, ingress(a.namespace, "early", "early.example", "web"))
	a.register(t)
	asPod(t, a.namespace, "hawser-0")
	first, one := a.replica(t, "one", 1)
	asPod(t, a.namespace, "hawser-1")
	second, two := a.replica(t, "two", 2)
	cluster.Eventually(t, 30*time.Second, func() error { return a.tries(ingress(a.namespace, "web", "web.example", "web")) })
	a.create(t, ingress(a.namespace, "web", "web.example", "web"))
	first.Expect(t, "web.example", "/", 200, "web")
	second.Expect(t, "web.example", "/", 200, "web")

	t.Run("share", func(t *testing.T) { a.expectShared(t, one, two, "") })
	t.Run("refusals", a.refusals)
	t.Run("warnings", a.warnings)
	t.Run("foreign", func(t *testing.T) {
		if err := a.tries(ingress(a.namespace, "foreign", "web.example", "web", ofClass("other"))); err != nil {
			t.Errorf("an Ingress of another class is refused: %v", err)
		}
	})
	t.Run("renewal", func(t *testing.T) { a.renews(t, one, two) })
	t.Run("lost bundle", a.losesBundle)
	second.Stop(t)
	t.Run("warn only", func(t *testing.T) { a.warnsOnly(t, first) })
	for _, h := range []*cluster.Hawser{first, second} {
		if log := h.Log(); strings.Contains(log, "orbidden") {
			t.Errorf("something was refused:\n%s", log)
		}
	}
}

func (a *admission) refusals(t *testing.T) {
	for name, test := range map[string]struct {
		ingress *netv1.Ingress
		want    []string
	}{
		"guard": {
			ingress(a.namespace, "new", "new.example", "web", annotated("whitelist-source-range", "10.0.0.0/33")),
			[]string{"whitelist-source-range", "10.0.0.0/33"},
		},
		"client certificate": {
			ingress(a.namespace, "new", "new.example", "web", annotated("auth-tls-secret", "a/b/c")),
			[]string{"auth-tls-secret"},
		},
		"expression": {
			ingress(a.namespace, "new", "new.example", "web", annotated("use-regex", "true"), atPath("/shop/(a")),
			[]string{"/shop/(a", "missing closing )"},
		},
		"duplicate": {ingress(a.namespace, "new", "web.example", "web"), []string{"web.example", "Ingress " + a.namespace + "/web"}},
		"before the webhook": {
			ingress(a.namespace, "new", "early.example", "web"), []string{"Ingress " + a.namespace + "/early"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			// what was written a moment ago reaches the controller by its watch
			cluster.Eventually(t, 10*time.Second, func() error {
				if err = a.tries(test.ingress); !apierrors.IsInvalid(err) {
					return fmt.Errorf("the answer is %v", err)
				}
				return nil
			})
			for _, want := range append(test.want, "admission webhook", "denied") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the message does not speak of %q: %v", want, err)
				}
			}
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	web, err := a.author.NetworkingV1().Ingresses(a.namespace).Get(ctx, "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.author.NetworkingV1().Ingresses(a.namespace).Update(ctx, web, metav1.UpdateOptions{}); err != nil {
		t.Errorf("an Ingress can't be written again: %v", err)
	}
	web.Annotations = map[string]string{"nginx.ingress.kubernetes.io/auth-type": "nonsense"}
	if _, err := a.author.NetworkingV1().Ingresses(a.namespace).Update(ctx, web, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("a change that closes the route is taken: %v", err)
	}
}

func atPath(path string) func(*netv1.Ingress) {
	return func(i *netv1.Ingress) {
		p := &i.Spec.Rules[0].HTTP.Paths[0]
		p.Path, p.PathType = path, new(netv1.PathTypeImplementationSpecific)
	}
}

func (a *admission) warnings(t *testing.T) {
	if err := a.tries(ingress(a.namespace, "new", "new.example", "web", annotated("ssl-redirct", "true"))); err != nil {
		t.Fatal(err)
	}
	if got := a.warned.list(); len(got) != 1 || !strings.Contains(got[0], "nginx.ingress.kubernetes.io/ssl-redirect") {
		t.Errorf("warnings %q, want one that names the right annotation", got)
	}
	if err := a.tries(ingress(a.namespace, "new", "new.example", "no-such-service")); err != nil {
		t.Errorf("an Ingress that comes before its Service is refused: %v", err)
	}
	if got := a.warned.list(); len(got) != 1 || !strings.Contains(got[0], "no-such-service") {
		t.Errorf("warnings %q, want one about the Service", got)
	}
}

// expectShared waits until all replicas serve with the Secret's certificate, which is another than not, and the
// configuration trusts it.
func (a *admission) expectShared(t *testing.T, one, two, not string) (serial string) {
	t.Helper()
	cluster.Eventually(t, 40*time.Second, func() error {
		secret, err := a.k.CoreV1().Secrets(a.namespace).Get(t.Context(), a.configuration, metav1.GetOptions{})
		if err != nil {
			return err
		}
		block, _ := pem.Decode(secret.Data[corev1.TLSCertKey])
		if block == nil {
			return errorf("the Secret has no certificate")
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return err
		}
		if serial = cert.SerialNumber.String(); serial == not {
			return errorf("the Secret still has the certificate %s", not)
		}
		for _, address := range []string{one, two} {
			if got, err := serialAt(address); err != nil || got != serial {
				return errorf("%s serves with the certificate %s, not %s: %v", address, got, serial, err)
			}
		}
		return a.trusted(t, secret.Data[corev1.TLSCertKey])
	})
	return serial
}

func (a *admission) trusted(t *testing.T, cert []byte) error {
	o, err := a.k.AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(t.Context(), a.configuration, metav1.GetOptions{})
	if err == nil && !bytes.Contains(o.Webhooks[0].ClientConfig.CABundle, cert) {
		err = errorf("the configuration does not trust the certificate")
	}
	return err
}

func serialAt(address string) (string, error) {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 2 * time.Second}, "tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return "", err
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates[0].SerialNumber.String(), nil
}

// renews puts a certificate into the Secret that has expired.
func (a *admission) renews(t *testing.T, one, two string) {
	secret, err := a.k.CoreV1().Secrets(a.namespace).Get(t.Context(), a.configuration, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	expired, key := expiredCertificate(t, a.configuration+"."+a.namespace+".svc")
	secret.Data = map[string][]byte{corev1.TLSCertKey: expired, corev1.TLSPrivateKeyKey: key, "ca.crt": expired}
	if _, err := a.k.CoreV1().Secrets(a.namespace).Update(t.Context(), secret, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if serial := a.expectShared(t, one, two, "7"); serial == "7" {
		t.Fatal("the expired certificate is in use")
	}
	cluster.Eventually(t, 10*time.Second, func() error { return a.tries(ingress(a.namespace, "new", "new.example", "web")) })
	for range 6 { // either replica may be asked
		if err := a.tries(ingress(a.namespace, "new", "new.example", "web")); err != nil {
			t.Errorf("after the renewal: %v", err)
		}
	}
}

func expiredCertificate(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), DNSNames: []string{name}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

// losesBundle is a tool that writes the configuration as the chart has it.
func (a *admission) losesBundle(t *testing.T) {
	configurations := a.k.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	o, err := configurations.Get(t.Context(), a.configuration, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o.Webhooks[0].ClientConfig.CABundle = nil
	if _, err := configurations.Update(t.Context(), o, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	cluster.Eventually(t, 40*time.Second, func() error { return a.tries(ingress(a.namespace, "new", "new.example", "web")) })
}

// warnsOnly replaces the replicas by one that refuses nothing.
func (a *admission) warnsOnly(t *testing.T, first *cluster.Hawser) {
	for _, name := range []string{"webhook-one", "webhook-two"} {
		if err := a.k.DiscoveryV1().EndpointSlices(a.namespace).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	first.Stop(t)
	asPod(t, a.namespace, "hawser-2")
	a.replica(t, "three", 3, "--validating-webhook-warn-only=true")
	bad := ingress(a.namespace, "new", "new.example", "web", annotated("whitelist-source-range", "10.0.0.0/33"))
	cluster.Eventually(t, 30*time.Second, func() error { return a.tries(bad) })
	if got := a.warned.list(); len(got) != 1 || !strings.Contains(got[0], "10.0.0.0/33") {
		t.Errorf("warnings %q, want one about the value", got)
	}
}
