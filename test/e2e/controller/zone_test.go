package controller_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestZone finds the zone of the pod's node with the chart's rights, and prefers the endpoints that are meant for it.
func TestZone(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	args := w.install(t, ns, []string{
		"controller.ingressClass=nginx", "controller.ingressClassResource.controllerValue=k8s.io/ingress-nginx",
		"controller.enableTopologyAwareRouting=true",
	})
	w.pod(t, ns, "hawser-0", w.node(t, ns))
	node, err := w.k.CoreV1().Nodes().Get(t.Context(), ns, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	node.Labels = map[string]string{corev1.LabelTopologyZone: "here"}
	if _, err := w.k.CoreV1().Nodes().Update(t.Context(), node, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "near", 1), cluster.StartBackend(t, "far", 2))
	w.hint(t, ns, "web-near", "here")
	w.hint(t, ns, "web-far", "there")
	w.create(t, ingress(ns, "web", "web.example", "web"))
	asPod(t, ns, "hawser-0")
	h := cluster.StartHawser(t, append([]string{"--kubeconfig=" + w.Kubeconfig(t, w.ServiceAccount(t, ns, "hawser"))}, args...)...)
	h.Expect(t, "web.example", "/", 200, "far") // the Service does not ask for near endpoints

	service, err := w.k.CoreV1().Services(ns).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	service.Annotations = map[string]string{corev1.AnnotationTopologyMode: "auto"}
	if _, err := w.k.CoreV1().Services(ns).Update(t.Context(), service, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	only := func(name string) func() error {
		return func() error {
			for range 6 {
				if _, body, err := h.Fetch("web.example", "/"); err != nil || body != name {
					return errorf("%q, %v", body, err)
				}
			}
			return nil
		}
	}
	cluster.Eventually(t, 15*time.Second, only("near"))
	w.hint(t, ns, "web-far", "here")
	w.hint(t, ns, "web-near", "there")
	cluster.Eventually(t, 15*time.Second, only("far"))
}

// hint says which zone the endpoints of a slice are meant for.
func (w *world) hint(t *testing.T, namespace, slice, zone string) {
	t.Helper()
	s, err := w.k.DiscoveryV1().EndpointSlices(namespace).Get(t.Context(), slice, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.Endpoints[0].Hints = &discoveryv1.EndpointHints{ForZones: []discoveryv1.ForZone{{Name: zone}}}
	if _, err := w.k.DiscoveryV1().EndpointSlices(namespace).Update(t.Context(), s, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}
