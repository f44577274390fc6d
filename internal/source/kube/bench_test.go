package kube

import (
	"fmt"
	"runtime"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BenchmarkTenThousand fills the tables with 10,000 Ingresses with a Service and a slice of three endpoints each, as
// they come off the wire, and reads them.
func BenchmarkTenThousand(b *testing.B) {
	s, w := knownFor(b)
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	before := heap()
	for n := range 10000 {
		fillOne(b, w, n)
	}
	held := heap() - before
	for b.Loop() {
		if o, _, err := s.Load(); err != nil || len(o.Ingresses) != 10000 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(held, "MiB")
}

func fillOne(b *testing.B, w *set, n int) {
	b.Helper()
	name := fmt.Sprintf("site-%d", n)
	i := ingress(name, "nginx", func(i *netv1.Ingress) {
		i.Annotations["kubectl.kubernetes.io/last-applied-configuration"] = string(make([]byte, 800))
		i.Annotations["nginx.ingress.kubernetes.io/proxy-body-size"] = "8m"
		i.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl", FieldsV1: &metav1.FieldsV1{Raw: make([]byte, 600)}}}
	})
	wire, err := i.Marshal()
	if err != nil {
		b.Fatal(err)
	}
	decoded := &netv1.Ingress{}
	if err := decoded.Unmarshal(wire); err != nil {
		b.Fatal(err)
	}
	_ = w.ingresses.Add(decoded)
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}, Spec: corev1.ServiceSpec{
		Selector: map[string]string{"app": name}, Ports: []corev1.ServicePort{{Name: "http", Port: 80}}, ClusterIP: "10.0.0.1"}}
	_ = w.services.Add(service)
	slice := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{
		Namespace: "shop", Name: name + "-x", Labels: map[string]string{discoveryv1.LabelServiceName: name}}}
	for k := range 3 {
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{
			Addresses: []string{fmt.Sprintf("10.0.%d.%d", k, n%256)}, Conditions: discoveryv1.EndpointConditions{Ready: new(true), Serving: new(true), Terminating: new(false)},
			TargetRef: &corev1.ObjectReference{Kind: "Pod", Namespace: "shop", Name: name + "-pod"}, NodeName: &name,
		})
	}
	_ = w.slices.Add(slice)
}
