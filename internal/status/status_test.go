package status

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
)

func TestServiceAddresses(t *testing.T) {
	balancer := func(i ...corev1.LoadBalancerIngress) corev1.ServiceStatus {
		return corev1.ServiceStatus{LoadBalancer: corev1.LoadBalancerStatus{Ingress: i}}
	}
	for name, c := range map[string]struct {
		service corev1.Service
		want    []string
	}{
		"load balancer": {corev1.Service{
			Spec:   corev1.ServiceSpec{Type: "LoadBalancer", ClusterIP: "10.0.0.1", ExternalIPs: []string{"192.0.2.9"}},
			Status: balancer(corev1.LoadBalancerIngress{IP: "192.0.2.7"}, corev1.LoadBalancerIngress{Hostname: "lb.example"}),
		}, []string{" 192.0.2.7", " 192.0.2.9", "lb.example "}},
		"load balancer without an address yet": {corev1.Service{
			Spec: corev1.ServiceSpec{Type: "LoadBalancer", ClusterIP: "10.0.0.1"},
		}, nil},
		"cluster address": {corev1.Service{Spec: corev1.ServiceSpec{Type: "ClusterIP", ClusterIP: "10.0.0.1"}}, []string{" 10.0.0.1"}},
		"headless":        {corev1.Service{Spec: corev1.ServiceSpec{Type: "ClusterIP", ClusterIP: "None"}}, nil},
		"node port": {corev1.Service{
			Spec: corev1.ServiceSpec{Type: "NodePort", ClusterIP: "10.0.0.1", ExternalIPs: []string{"192.0.2.2", "192.0.2.1"}},
		}, []string{" 192.0.2.1", " 192.0.2.2"}},
		"node port without external addresses": {corev1.Service{Spec: corev1.ServiceSpec{Type: "NodePort", ClusterIP: "10.0.0.1"}}, []string{" 10.0.0.1"}},
		"external name":                        {corev1.Service{Spec: corev1.ServiceSpec{Type: "ExternalName", ExternalName: "lb.example"}}, []string{"lb.example "}},
	} {
		got, err := FromService(types.NamespacedName{Name: "s"}, func(types.NamespacedName) *corev1.Service { return &c.service })(t.Context())
		if err != nil || !slices.Equal(addressesOf(got), c.want) {
			t.Errorf("%s: %q, %v, want %q", name, addressesOf(got), err, c.want)
		}
	}
	if _, err := FromService(types.NamespacedName{}, func(types.NamespacedName) *corev1.Service { return nil })(t.Context()); err == nil {
		t.Error("a Service that does not exist has addresses")
	}
}

func TestFixedAddresses(t *testing.T) {
	got, _ := Fixed([]string{"lb.example", "2001:DB8::1", "192.0.2.1", "192.0.2.1"})(t.Context())
	if want := []string{" 192.0.2.1", " 2001:db8::1", "lb.example "}; !slices.Equal(addressesOf(got), want) {
		t.Errorf("%q, want %q", addressesOf(got), want)
	}
}

func TestNodeAddress(t *testing.T) {
	both := &corev1.Node{Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{
		{Type: corev1.NodeHostName, Address: "n1"}, {Type: corev1.NodeInternalIP, Address: "10.0.0.1"}, {Type: corev1.NodeExternalIP, Address: "192.0.2.1"},
	}}}
	inside := &corev1.Node{Status: corev1.NodeStatus{Addresses: both.Status.Addresses[:2]}}
	for _, c := range []struct {
		node     *corev1.Node
		internal bool
		want     string
	}{{both, false, "192.0.2.1"}, {both, true, "10.0.0.1"}, {inside, false, "10.0.0.1"}, {&corev1.Node{}, false, ""}} {
		if got := nodeAddress(c.node, c.internal); got != c.want {
			t.Errorf("internal=%t: %q, want %q", c.internal, got, c.want)
		}
	}
}

// TestPatch holds that an empty list is written as null, which removes it.
func TestPatch(t *testing.T) {
	for want, list := range map[string][]netv1.IngressLoadBalancerIngress{
		`{"status":{"loadBalancer":{"ingress":null}}}`:                 nil,
		`{"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}}}`: {{IP: "192.0.2.1"}},
	} {
		if got, err := patchOf(list); err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
}

// TestWrittenOnce looks again before the Ingress has come back with what was written: nothing is written twice, and
// what was written last is removed at the end.
func TestWrittenOnce(t *testing.T) {
	i := &netv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}}
	client := fake.NewClientset(i.DeepCopy())
	w := New(Options{
		Client: client, Ingresses: func() []*netv1.Ingress { return []*netv1.Ingress{i} }, Addresses: Fixed([]string{"192.0.2.1"}),
	})
	patches := func() int {
		n := 0
		for _, a := range client.Actions() {
			if a.GetVerb() == "patch" {
				n++
			}
		}
		return n
	}
	for range 3 {
		if err := w.publish(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if patches() != 1 {
		t.Errorf("%d writes", patches())
	}
	if err := w.Withdraw(t.Context()); err != nil || patches() != 2 {
		t.Errorf("%v, %d writes after the end", err, patches())
	}
	i = i.DeepCopy() // somebody else's addresses, in a later version
	i.Status.LoadBalancer.Ingress = []netv1.IngressLoadBalancerIngress{{IP: "198.51.100.1"}}
	if err := w.Withdraw(t.Context()); err != nil || patches() != 2 {
		t.Errorf("%v, %d writes: the addresses of somebody else were removed", err, patches())
	}
}
