package cluster_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

func TestMain(m *testing.M) { os.Exit(cluster.Main(m)) }

func TestCluster(t *testing.T) {
	began := time.Now()
	c := cluster.Start(t)
	t.Logf("the cluster was up after %s", time.Since(began).Round(10*time.Millisecond))

	t.Run("keeps what is created", func(t *testing.T) { keepsObjects(t, c) })
	t.Run("refuses loopback addresses as endpoints", func(t *testing.T) { refusesLoopback(t, c) })
	t.Run("derives endpoint slices from pods", func(t *testing.T) { runsControllers(t, c) })
	t.Run("gives a ServiceAccount no rights of its own", func(t *testing.T) { enforcesRBAC(t, c) })
	t.Run("keeps objects over a crash of the API server", func(t *testing.T) { survivesCrash(t, c) })
	t.Run("has no way out", func(t *testing.T) { isAlone(t) })
}

func keepsObjects(t *testing.T, c *cluster.Cluster) {
	ctx, k, ns := t.Context(), c.Client(t), c.Namespace(t, nil)
	prefix := netv1.PathTypePrefix
	ingress := &netv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: netv1.IngressSpec{Rules: []netv1.IngressRule{{
			Host: "web.example",
			IngressRuleValue: netv1.IngressRuleValue{HTTP: &netv1.HTTPIngressRuleValue{Paths: []netv1.HTTPIngressPath{{
				Path: "/", PathType: &prefix,
				Backend: netv1.IngressBackend{Service: &netv1.IngressServiceBackend{
					Name: "web", Port: netv1.ServiceBackendPort{Number: 80}}},
			}}}},
		}}},
	}
	if _, err := k.NetworkingV1().Ingresses(ns).Create(ctx, ingress, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.DiscoveryV1().EndpointSlices(ns).Create(ctx, slice(cluster.Address), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	ingresses, err := k.NetworkingV1().Ingresses("").List(ctx, metav1.ListOptions{})
	if err != nil || len(ingresses.Items) != 1 || ingresses.Items[0].Spec.Rules[0].Host != "web.example" {
		t.Fatalf("listed %+v, %v", ingresses.Items, err)
	}
	slices, err := k.DiscoveryV1().EndpointSlices(ns).List(ctx, metav1.ListOptions{})
	if err != nil || len(slices.Items) != 1 || slices.Items[0].Endpoints[0].Addresses[0] != cluster.Address {
		t.Fatalf("listed %+v, %v", slices.Items, err)
	}
}

func refusesLoopback(t *testing.T, c *cluster.Cluster) {
	_, err := c.Client(t).DiscoveryV1().EndpointSlices("default").Create(t.Context(), slice("127.0.0.1"), metav1.CreateOptions{})
	if !apierrors.IsInvalid(err) {
		t.Fatalf("an endpoint at 127.0.0.1 was answered with %v", err)
	}
}

func slice(address string) *discoveryv1.EndpointSlice {
	port, name := int32(8080), "http"
	return &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: "web", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
		AddressType: discoveryv1.AddressTypeIPv4,
		Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{address}}},
		Ports:       []discoveryv1.EndpointPort{{Name: &name, Port: &port}},
	}
}

// runsControllers plays the kubelet: it reports an address for a pod, and the controllers make a slice of it.
func runsControllers(t *testing.T, c *cluster.Cluster) {
	ctx, k, ns := t.Context(), c.Client(t), c.Namespace(t, nil)
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "e2e"}}
	if _, err := k.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{"app": "web"}
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       corev1.ServiceSpec{Selector: labels, Ports: []corev1.ServicePort{{Port: 80}}},
	}
	if _, err := k.CoreV1().Services(ns).Create(ctx, service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	pod, err := k.CoreV1().Pods(ns).Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Labels: labels},
		Spec:       corev1.PodSpec{NodeName: node.Name, Containers: []corev1.Container{{Name: "web", Image: "web"}}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pod.Status = corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: "10.77.1.1", PodIPs: []corev1.PodIP{{IP: "10.77.1.1"}},
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
	}
	if _, err := k.CoreV1().Pods(ns).UpdateStatus(ctx, pod, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	cluster.Eventually(t, 30*time.Second, func() error {
		slices, err := k.DiscoveryV1().EndpointSlices(ns).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, s := range slices.Items {
			for _, e := range s.Endpoints {
				if e.Addresses[0] == "10.77.1.1" && *e.Conditions.Ready {
					return nil
				}
			}
		}
		return fmt.Errorf("the pod's address is in none of %d slices", len(slices.Items))
	})
}

func enforcesRBAC(t *testing.T, c *cluster.Cluster) {
	ns := c.Namespace(t, nil)
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig(t, c.ServiceAccount(t, ns, "default")))
	if err != nil {
		t.Fatal(err)
	}
	k, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = k.NetworkingV1().Ingresses(ns).List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Fatalf("a ServiceAccount without a role was answered with %v", err)
	}
}

func survivesCrash(t *testing.T, c *cluster.Cluster) {
	ns, k := c.Namespace(t, nil), c.Client(t)
	c.StopAPIServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := k.CoreV1().Namespaces().Get(ctx, ns, metav1.GetOptions{}); err == nil {
		t.Fatal("a stopped API server answered")
	}
	began := time.Now()
	c.StartAPIServer(t)
	t.Logf("the API server was back after %s", time.Since(began).Round(10*time.Millisecond))
	if _, err := k.CoreV1().Namespaces().Get(t.Context(), ns, metav1.GetOptions{}); err != nil {
		t.Fatal(err)
	}
}

// isAlone holds the promise that no test can send anything away: the namespace has one interface that is up, its own
// loopback, and no way to any address but those of it.
func isAlone(t *testing.T) {
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if l.Flags&net.FlagUp != 0 && l.Flags&net.FlagLoopback == 0 {
			t.Errorf("interface %s is up", l.Name)
		}
	}
	routes, err := os.ReadFile("/proc/self/net/route")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(routes)), "\n")[1:] {
		if f := strings.Fields(line); f[0] != "lo" || f[1] == "00000000" {
			t.Errorf("there is a way out: %s", line)
		}
	}
}
