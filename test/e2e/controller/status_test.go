package controller_test

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestStatus takes addresses from each place they can come from, and follows them.
func TestStatus(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.create(t, ingress(ns, "web", "web.example", "web"), ingress(ns, "foreign", "foreign.example", "web", ofClass("other")))
	front, err := w.k.CoreV1().Services(ns).Create(t.Context(), &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "front"},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, Ports: []corev1.ServicePort{{Port: 80}}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}

	t.Run("a Service", func(t *testing.T) {
		h := w.admin(t, "--publish-service="+ns+"/front")
		front.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.7"}, {Hostname: "lb.example"}}
		if front, err = w.k.CoreV1().Services(ns).UpdateStatus(t.Context(), front, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		w.expectStatus(t, ns, "web", "192.0.2.7 lb.example")
		t.Logf("a new address was in the status after %s", time.Since(began).Round(10*time.Millisecond))
		w.create(t, ingress(ns, "new", "new.example", "web"))
		w.expectStatus(t, ns, "new", "192.0.2.7 lb.example")
		if got, err := w.status(t, ns, "foreign"); err != nil || got != "" {
			t.Errorf("an Ingress of another class has the status %q, %v", got, err)
		}
		w.change(t, ns, "web", func(i *netv1.Ingress) {})
		if _, err := w.k.NetworkingV1().Ingresses(ns).Patch(t.Context(), "web", "application/merge-patch+json",
			[]byte(`{"status":{"loadBalancer":{"ingress":null}}}`), metav1.PatchOptions{}, "status"); err != nil {
			t.Fatal(err)
		}
		w.expectStatus(t, ns, "web", "192.0.2.7 lb.example") // what somebody removes comes back
		h.Stop(t)
		w.expectStatus(t, ns, "web", "")
	})
	t.Run("kept on shutdown", func(t *testing.T) {
		h := w.admin(t, "--publish-status-address=lb.example,192.0.2.9", "--update-status-on-shutdown=false")
		w.expectStatus(t, ns, "web", "192.0.2.9 lb.example")
		h.Stop(t)
		if got, err := w.status(t, ns, "web"); err != nil || got != "192.0.2.9 lb.example" {
			t.Errorf("the status is %q, %v", got, err)
		}
	})
	t.Run("nodes", func(t *testing.T) {
		node, err := w.k.CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		node.Status.Addresses = []corev1.NodeAddress{
			{Type: corev1.NodeInternalIP, Address: "10.9.9.9"}, {Type: corev1.NodeExternalIP, Address: "192.0.2.33"},
		}
		if _, err := w.k.CoreV1().Nodes().UpdateStatus(t.Context(), node, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		w.pod(t, ns, "hawser-0", "node-1")
		asPod(t, ns, "hawser-0")
		h := w.admin(t)
		w.expectStatus(t, ns, "web", "192.0.2.33")
		h.Stop(t)
		h = w.admin(t, "--report-node-internal-ip-address")
		w.expectStatus(t, ns, "web", "10.9.9.9")
		h.Stop(t)
		w.expectStatus(t, ns, "web", "")
	})
}

// TestLeader runs two replicas: one writes, the other takes over without a gap, and the last one cleans up.
func TestLeader(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.create(t, ingress(ns, "web", "web.example", "web"))
	changes := w.statusChanges(t, ns, "web")
	args := []string{"--publish-status-address=192.0.2.1", "--election-ttl=4s", "--election-id=e2e-leader"}
	replica := func(name string) *cluster.Hawser {
		w.pod(t, ns, name, "")
		asPod(t, ns, name)
		return w.admin(t, args...)
	}
	a := replica("hawser-a")
	w.expectStatus(t, ns, "web", "192.0.2.1")
	w.expectHolder(t, ns, "hawser-a")
	b := replica("hawser-b")
	time.Sleep(3 * time.Second) // several attempts of b to lead
	w.expectHolder(t, ns, "hawser-a")

	w.endPod(t, ns, "hawser-a")
	began := time.Now()
	a.Stop(t)
	w.expectHolder(t, ns, "hawser-b")
	t.Logf("the other replica led %s after the first was told to end", time.Since(began).Round(10*time.Millisecond))
	w.create(t, ingress(ns, "new", "new.example", "web"))
	w.expectStatus(t, ns, "new", "192.0.2.1")
	if got := changes(); len(got) != 1 || got[0] != "192.0.2.1" {
		t.Errorf("the status went through %q, want one write", got)
	}
	b.Expect(t, "new.example", "/", 200, "one")
	w.endPod(t, ns, "hawser-b")
	b.Stop(t)
	w.expectStatus(t, ns, "web", "")
	w.expectStatus(t, ns, "new", "")
}

// pod is what the kubelet would report of a replica.
func (w *world) pod(t *testing.T, namespace, name, node string) {
	t.Helper()
	pod, err := w.k.CoreV1().Pods(namespace).Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": "hawser", "pod-template-hash": name}},
		Spec:       corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "hawser", Image: "hawser"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod.Status.Phase = corev1.PodRunning
	if _, err := w.k.CoreV1().Pods(namespace).UpdateStatus(t.Context(), pod, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// endPod is the end of a pod's container.
func (w *world) endPod(t *testing.T, namespace, name string) {
	t.Helper()
	pod, err := w.k.CoreV1().Pods(namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod.Status.Phase = corev1.PodSucceeded
	if _, err := w.k.CoreV1().Pods(namespace).UpdateStatus(t.Context(), pod, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// asPod is the downward API: a controller that is started now believes to be that pod.
func asPod(t *testing.T, namespace, name string) {
	t.Setenv("POD_NAMESPACE", namespace)
	t.Setenv("POD_NAME", name)
}

func (w *world) expectHolder(t *testing.T, namespace, want string) {
	t.Helper()
	cluster.Eventually(t, 15*time.Second, func() error {
		lease, err := w.k.CoordinationV1().Leases(namespace).Get(t.Context(), "e2e-leader", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity != want {
			return errorf("the Lease is held by %v, not by %s", lease.Spec.HolderIdentity, want)
		}
		return nil
	})
}

// statusChanges records every status that an Ingress goes through.
func (w *world) statusChanges(t *testing.T, namespace, name string) func() []string {
	t.Helper()
	changes, err := w.k.NetworkingV1().Ingresses(namespace).Watch(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=" + name})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(chan []string)
	go func() {
		var list []string
		last := ""
		for e := range changes.ResultChan() {
			if i, ok := e.Object.(*netv1.Ingress); ok && e.Type == watch.Modified {
				text := ""
				for _, a := range i.Status.LoadBalancer.Ingress {
					text += a.IP + a.Hostname
				}
				if text != last || len(list) > 0 {
					list = append(list, text)
				}
				last = text
			}
		}
		seen <- list
	}()
	return func() []string {
		changes.Stop()
		return <-seen
	}
}
