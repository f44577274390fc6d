package controller_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestArgumentsOfIngressNginx starts with the arguments of a Deployment of ingress-nginx, as they are found in
// clusters, and with the flags that choose what is served.
func TestArgumentsOfIngressNginx(t *testing.T) {
	w := newWorld(t)
	ns, other := w.Namespace(t, nil), w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.CreateService(t, other, "fallback", cluster.StartBackend(t, "fallback", 2))
	outside := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "outside"},
		Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "web.outside.example",
			Ports: []corev1.ServicePort{{Port: 80}}},
	}
	if _, err := w.k.CoreV1().Services(ns).Create(t.Context(), outside, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	w.create(t,
		ingress(ns, "web", "web.example", "web", func(i *netv1.Ingress) { i.Spec.Rules[0].HTTP.Paths[0].Path = "/app" }),
		ingress(ns, "outside", "outside.example", "outside"),
		ingress(ns, "all", "all.example", "web", func(i *netv1.Ingress) {
			i.Spec.DefaultBackend = i.Spec.Rules[0].HTTP.Paths[0].Backend.DeepCopy()
		}),
		ingress(ns, "classless", "classless.example", "web", func(i *netv1.Ingress) { i.Spec.IngressClassName = nil }))
	asPod(t, ns, "ingress-nginx-controller-0")
	w.pod(t, ns, "ingress-nginx-controller-0", "")
	h := w.admin(t,
		"--election-id=ingress-nginx-leader", "--controller-class=k8s.io/ingress-nginx",
		"--ingress-class=nginx", "--configmap="+ns+"/ingress-nginx-controller", "--watch-ingress-without-class=true", "-v=2",
		"--enable-metrics=false", "--tcp-services-configmap="+ns+"/tcp-services", "--report-node-internal-ip-address",
		"--publish-service="+ns+"/web", "--health-check-path=/health",
		"--default-backend-service="+other+"/fallback", "--disable-catch-all", "--disable-svc-external-name",
		"--watch-namespace="+ns, "--maxmind-edition-ids=GeoLite2-City")
	h.Expect(t, "web.example", "/app", 200, "one")
	h.Expect(t, "classless.example", "/", 200, "one")
	h.Expect(t, "web.example", "/other", 200, "fallback")
	h.Expect(t, "unknown.example", "/", 200, "fallback")
	h.Expect(t, "all.example", "/", 200, "fallback") // the whole Ingress is left out
	h.Expect(t, "outside.example", "/", 503, "")
	if log := h.Log(); !strings.Contains(log, "--maxmind-edition-ids has no effect: there is no GeoIP database") {
		t.Errorf("the log does not tell which flags do nothing:\n%s", log)
	}
	h.Stop(t)
}

// TestSecretOfSettings serves one namespace with a client CA that the settings name in another.
func TestSecretOfSettings(t *testing.T) {
	w := newWorld(t)
	inside, outside := w.Namespace(t, nil), w.Namespace(t, nil)
	w.CreateService(t, inside, "web", cluster.StartBackend(t, "one", 1))
	w.create(t, ingress(inside, "web", "web.example", "web"))
	settings := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "settings"}, Data: map[string]string{"client-ca": outside + "/clients"},
	}
	if _, err := w.k.CoreV1().ConfigMaps(outside).Create(t.Context(), settings, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	h := w.admin(t, "--watch-namespace="+inside, "--update-status=false", "--configmap="+outside+"/settings")
	events := func(want bool) {
		t.Helper()
		cluster.Eventually(t, 20e9, func() error {
			list, err := w.k.EventsV1().Events(outside).List(t.Context(), metav1.ListOptions{FieldSelector: "regarding.name=settings"})
			if err == nil && (len(list.Items) > 0) != want {
				err = errorf("%d Events about the settings", len(list.Items))
			}
			return err
		})
	}
	events(true) // there is no such Secret
	ca, _, _ := certificate(t, "ca.example")
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "clients"}, Data: map[string][]byte{"ca.crt": ca}}
	if _, err := w.k.CoreV1().Secrets(outside).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	// With a CA the host asks for certificates: over plain HTTP it is closed or sent to HTTPS, and the handshake names
	// the CA that the Secret has.
	cluster.Eventually(t, 20e9, func() error { return asksFor(h, "web.example", "ca.example") })
}
