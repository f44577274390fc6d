package controller_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// class is the IngressClass of ingress-nginx as its own chart leaves it behind.
const class = "nginx"

// world is a cluster with that class, and a client that may do anything.
type world struct {
	*cluster.Cluster
	k kubernetes.Interface
}

func newWorld(t *testing.T) *world {
	t.Helper()
	began := time.Now()
	c := cluster.Start(t)
	w := &world{c, c.Client(t)}
	w.createClass(t, class, "k8s.io/ingress-nginx")
	t.Logf("the cluster was up after %s", time.Since(began).Round(100*time.Millisecond))
	return w
}

func (w *world) createClass(t testing.TB, name, controller string) {
	t.Helper()
	_, err := w.k.NetworkingV1().IngressClasses().Create(t.Context(), &netv1.IngressClass{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: netv1.IngressClassSpec{Controller: controller},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// admin starts a controller that may do anything.
func (w *world) admin(t testing.TB, args ...string) *cluster.Hawser {
	t.Helper()
	return cluster.StartHawser(t, append([]string{"--kubeconfig=" + w.Kubeconfig(t, w.Admin())}, args...)...)
}

// ingress serves a host with a Service.
func ingress(namespace, name, host, service string, edit ...func(*netv1.Ingress)) *netv1.Ingress {
	prefix, className := netv1.PathTypePrefix, class
	i := &netv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Annotations: map[string]string{}},
		Spec: netv1.IngressSpec{IngressClassName: &className, Rules: []netv1.IngressRule{{
			Host: host,
			IngressRuleValue: netv1.IngressRuleValue{HTTP: &netv1.HTTPIngressRuleValue{Paths: []netv1.HTTPIngressPath{{
				Path: "/", PathType: &prefix,
				Backend: netv1.IngressBackend{Service: &netv1.IngressServiceBackend{
					Name: service, Port: netv1.ServiceBackendPort{Number: 80}}},
			}}}},
		}}},
	}
	for _, e := range edit {
		e(i)
	}
	return i
}

func ofClass(name string) func(*netv1.Ingress) {
	return func(i *netv1.Ingress) { i.Spec.IngressClassName = &name }
}

func annotated(key, value string) func(*netv1.Ingress) {
	return func(i *netv1.Ingress) { i.Annotations["nginx.ingress.kubernetes.io/"+key] = value }
}

func (w *world) create(t testing.TB, list ...*netv1.Ingress) {
	t.Helper()
	for _, i := range list {
		if _, err := w.k.NetworkingV1().Ingresses(i.Namespace).Create(t.Context(), i, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// change edits an Ingress as it is in the cluster.
func (w *world) change(t *testing.T, namespace, name string, edit func(*netv1.Ingress)) {
	t.Helper()
	cluster.Eventually(t, 10*time.Second, func() error {
		i, err := w.k.NetworkingV1().Ingresses(namespace).Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if i.Annotations == nil {
			i.Annotations = map[string]string{}
		}
		edit(i)
		_, err = w.k.NetworkingV1().Ingresses(namespace).Update(t.Context(), i, metav1.UpdateOptions{})
		return err
	})
}

func (w *world) remove(t *testing.T, namespace, name string) {
	t.Helper()
	err := w.k.NetworkingV1().Ingresses(namespace).Delete(t.Context(), name, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
}

// status is what clients of the cluster see of an Ingress's addresses: "192.0.2.1 lb.example".
func (w *world) status(t *testing.T, namespace, name string) (string, error) {
	t.Helper()
	i, err := w.k.NetworkingV1().Ingresses(namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	text := ""
	for _, a := range i.Status.LoadBalancer.Ingress {
		text += a.IP + a.Hostname + " "
	}
	if text != "" {
		text = text[:len(text)-1]
	}
	return text, nil
}

func (w *world) expectStatus(t *testing.T, namespace, name, want string) {
	t.Helper()
	cluster.Eventually(t, 20*time.Second, func() error {
		got, err := w.status(t, namespace, name)
		if err == nil && got != want {
			err = fmt.Errorf("the status of %s/%s is %q, not %q", namespace, name, got, want)
		}
		return err
	})
}

// putSecret makes a Secret of a fresh certificate, or replaces its content, and returns the serial number.
func (w *world) putSecret(t *testing.T, namespace, name, host string) string {
	t.Helper()
	cert, key, serial := certificate(t, host)
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{corev1.TLSCertKey: cert, corev1.TLSPrivateKeyKey: key},
	}
	_, err := w.k.CoreV1().Secrets(namespace).Create(t.Context(), secret, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		_, err = w.k.CoreV1().Secrets(namespace).Update(t.Context(), secret, metav1.UpdateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return serial
}

func certificate(t *testing.T, host string) (cert, key []byte, serial string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	number, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), number.String()
}

// expectCertificate waits until a host is served with the certificate of a serial number.
func expectCertificate(t *testing.T, h *cluster.Hawser, host, serial string) {
	t.Helper()
	cluster.Eventually(t, 20*time.Second, func() error {
		conn, err := tls.Dial("tcp", h.HTTPS, &tls.Config{ServerName: host, InsecureSkipVerify: true})
		if err != nil {
			return err
		}
		defer conn.Close()
		if got := conn.ConnectionState().PeerCertificates[0].SerialNumber.String(); got != serial {
			return fmt.Errorf("%s has the certificate %s, not %s", host, got, serial)
		}
		return nil
	})
}

// asksFor reports whether a TLS handshake asks for a certificate of a CA.
func asksFor(h *cluster.Hawser, host, ca string) error {
	found := errorf("%s asks for no certificate", host)
	conn, err := tls.Dial("tcp", h.HTTPS, &tls.Config{
		ServerName: host, InsecureSkipVerify: true,
		GetClientCertificate: func(i *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			found = errorf("%s asks for a certificate of %q", host, i.AcceptableCAs)
			for _, name := range i.AcceptableCAs {
				if bytes.Contains(name, []byte(ca)) {
					found = nil
				}
			}
			return &tls.Certificate{}, nil
		},
	})
	if err == nil {
		// With TLS 1.3 the request for a certificate is part of the handshake, its refusal comes later.
		_ = conn.Close()
	}
	return found
}
