package controller_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestFollow runs one controller and changes everything that it reads.
func TestFollow(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.create(t, ingress(ns, "web", "web.example", "web"))
	config := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "settings"}}
	if _, err := w.k.CoreV1().ConfigMaps(ns).Create(t.Context(), config, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	h := w.admin(t, "--configmap="+ns+"/settings", "--update-status=false")
	t.Logf("ready after %s", time.Since(began).Round(10*time.Millisecond))
	if status, body, err := h.Fetch("web.example", "/"); err != nil || status != 200 || body != "one" {
		t.Fatalf("ready, and answers %d %q, %v", status, body, err)
	}

	two, again, late := cluster.StartBackend(t, "two", 2), cluster.StartBackend(t, "one", 3), cluster.StartBackend(t, "late", 4)
	t.Run("a new Ingress", func(t *testing.T) {
		began := time.Now()
		w.create(t, ingress(ns, "more", "more.example", "web"))
		h.Expect(t, "more.example", "/", 200, "one")
		t.Logf("live after %s", time.Since(began).Round(time.Millisecond))
	})
	t.Run("another host", func(t *testing.T) {
		w.change(t, ns, "more", func(i *netv1.Ingress) { i.Spec.Rules[0].Host = "moved.example" })
		h.Expect(t, "moved.example", "/", 200, "one")
		h.Expect(t, "more.example", "/", 404, "")
	})
	t.Run("endpoints", func(t *testing.T) {
		_, slices := cluster.Service(ns, "web", two)
		if _, err := w.k.DiscoveryV1().EndpointSlices(ns).Create(t.Context(), slices[0], metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := w.k.DiscoveryV1().EndpointSlices(ns).Delete(t.Context(), "web-one", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		h.Expect(t, "web.example", "/", 200, "two")
		_, slices = cluster.Service(ns, "web", again)
		if _, err := w.k.DiscoveryV1().EndpointSlices(ns).Create(t.Context(), slices[0], metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := w.k.DiscoveryV1().EndpointSlices(ns).Delete(t.Context(), "web-two", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		h.Expect(t, "web.example", "/", 200, "one")
	})
	t.Run("a Service that comes later", func(t *testing.T) {
		w.create(t, ingress(ns, "later", "later.example", "later"))
		h.Expect(t, "later.example", "/", 503, "")
		w.CreateService(t, ns, "later", late)
		h.Expect(t, "later.example", "/", 200, "late")
	})
	t.Run("a port of a Service", func(t *testing.T) {
		service, err := w.k.CoreV1().Services(ns).Get(t.Context(), "later", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		service.Spec.Ports[0].Port = 81
		if _, err := w.k.CoreV1().Services(ns).Update(t.Context(), service, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		h.Expect(t, "later.example", "/", 503, "")
	})
	t.Run("certificates", func(t *testing.T) { rotates(t, w, h, ns) })
	t.Run("settings", func(t *testing.T) {
		config.Data = map[string]string{"http-redirect-code": "302"}
		if _, err := w.k.CoreV1().ConfigMaps(ns).Update(t.Context(), config, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		h.Expect(t, "secure.example", "/", 302, "")
	})
	t.Run("classes", func(t *testing.T) { followsClasses(t, w, h, ns) })
	t.Run("deletion", func(t *testing.T) {
		w.remove(t, ns, "web")
		h.Expect(t, "web.example", "/", 404, "")
	})
	t.Run("nothing of it in status", func(t *testing.T) {
		if got, err := w.status(t, ns, "more"); err != nil || got != "" {
			t.Errorf("with --update-status=false the status is %q, %v", got, err)
		}
	})
	h.Stop(t)
}

// rotates replaces a certificate, takes it away and brings it back.
func rotates(t *testing.T, w *world, h *cluster.Hawser, ns string) {
	first := w.putSecret(t, ns, "secure", "secure.example")
	w.create(t, ingress(ns, "secure", "secure.example", "web", func(i *netv1.Ingress) {
		i.Spec.TLS = []netv1.IngressTLS{{Hosts: []string{"secure.example"}, SecretName: "secure"}}
	}))
	expectCertificate(t, h, "secure.example", first)
	h.Expect(t, "secure.example", "/", 308, "")
	second := w.putSecret(t, ns, "secure", "secure.example")
	began := time.Now()
	expectCertificate(t, h, "secure.example", second)
	t.Logf("a rotated certificate was live after %s", time.Since(began).Round(time.Millisecond))
}

// followsClasses lets a class go, come back as somebody else's and become the controller's again: Ingresses that were
// not kept meanwhile are read again.
func followsClasses(t *testing.T, w *world, h *cluster.Hawser, ns string) {
	w.create(t, ingress(ns, "annotated", "annotated.example", "web", func(i *netv1.Ingress) {
		i.Spec.IngressClassName = nil
		i.Annotations["kubernetes.io/ingress.class"] = "nginx"
	}))
	h.Expect(t, "annotated.example", "/", 200, "one")
	w.create(t, ingress(ns, "team", "team.example", "web", ofClass("team")))
	h.Expect(t, "team.example", "/", 404, "")
	w.createClass(t, "team", "k8s.io/ingress-nginx")
	h.Expect(t, "team.example", "/", 200, "one")
	deleteClass := func() {
		if err := w.k.NetworkingV1().IngressClasses().Delete(t.Context(), "team", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	deleteClass()
	h.Expect(t, "team.example", "/", 404, "")
	w.createClass(t, "team", "example.com/other")
	w.change(t, ns, "team", func(i *netv1.Ingress) { i.Spec.Rules[0].Host = "side.example" })
	h.Expect(t, "side.example", "/", 404, "")
	deleteClass()
	w.createClass(t, "team", "k8s.io/ingress-nginx")
	h.Expect(t, "side.example", "/", 200, "one")
}

// TestNotReadyWithoutCluster starts a controller that reaches no API server: it lives, it is not ready, and it ends
// when it is told to.
func TestNotReadyWithoutCluster(t *testing.T) {
	c := cluster.Start(t)
	config := c.Kubeconfig(t, c.Admin())
	c.StopAPIServer(t)
	h := cluster.LaunchHawser(t, "--kubeconfig="+config)
	get := func(path string) (int, error) {
		answer, err := (&http.Client{Timeout: time.Second}).Get("http://" + h.Admin + path)
		if err != nil {
			return 0, err
		}
		defer answer.Body.Close()
		return answer.StatusCode, nil
	}
	cluster.Eventually(t, 20*time.Second, func() error {
		if status, err := get("/healthz"); err != nil || status != 200 {
			return fmt.Errorf("/healthz answers %d, %v", status, err)
		}
		return nil
	})
	for range 10 {
		if status, err := get("/readyz"); err != nil || status != 503 {
			t.Fatalf("/readyz answers %d, %v", status, err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	c.StartAPIServer(t)
	cluster.Eventually(t, time.Minute, func() error {
		if status, err := get("/readyz"); err != nil || status != 200 {
			return fmt.Errorf("/readyz answers %d, %v", status, err)
		}
		return nil
	})
	h.Stop(t)
}

// TestNamespaces serves one namespace, or those with a label, and follows the label.
func TestNamespaces(t *testing.T) {
	w := newWorld(t)
	inside, outside := w.Namespace(t, map[string]string{"team": "web"}), w.Namespace(t, nil)
	backend := cluster.StartBackend(t, "one", 1)
	for n, ns := range []string{inside, outside} {
		w.CreateService(t, ns, "web", backend)
		w.create(t, ingress(ns, "web", fmt.Sprintf("n%d.example", n), "web"))
	}
	settings := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: outside, Name: "settings"}, Data: map[string]string{"http-redirect-code": "302"},
	}
	if _, err := w.k.CoreV1().ConfigMaps(outside).Create(t.Context(), settings, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	serial := w.putSecret(t, outside, "default-cert", "unknown.example")
	for _, flag := range []string{"--watch-namespace=" + inside, "--watch-namespace-selector=team=web"} {
		name, _, _ := strings.Cut(flag, "=")
		t.Run(name, func(t *testing.T) {
			h := w.admin(t, flag, "--update-status=false", "--configmap="+outside+"/settings", "--default-ssl-certificate="+outside+"/default-cert")
			h.Expect(t, "n0.example", "/", 200, "one")
			h.Expect(t, "n1.example", "/", 404, "")
			expectCertificate(t, h, "unknown.example", serial) // named by a flag, so it is read where it is
			if flag == "--watch-namespace="+inside {
				return
			}
			w.label(t, outside, "web")
			h.Expect(t, "n1.example", "/", 200, "one")
			w.label(t, inside, "db")
			h.Expect(t, "n0.example", "/", 404, "")
			h.Expect(t, "n1.example", "/", 200, "one")
		})
	}
}

func (w *world) label(t *testing.T, namespace, team string) {
	t.Helper()
	n, err := w.k.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	n.Labels["team"] = team
	if _, err := w.k.CoreV1().Namespaces().Update(t.Context(), n, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}
