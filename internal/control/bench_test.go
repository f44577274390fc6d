package control

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/live"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
	"github.com/hawser-ingress/hawser/internal/testcert"
)

func fleet(b testing.TB, n int) *snapshot.Objects {
	ca, err := testcert.NewCA("ca")
	if err != nil {
		b.Fatal(err)
	}
	o := &snapshot.Objects{}
	class := "nginx"
	prefix := netv1.PathTypePrefix
	name, number := "http", int32(8080)
	for i := range n {
		if i%10 == 0 {
			cert, err := ca.Server(fmt.Sprintf("s%d", i), []string{"*.big.test"})
			if err != nil {
				b.Fatal(err)
			}
			o.Secrets = append(o.Secrets, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("t%d", i/10)}, Data: map[string][]byte{"tls.crt": cert.CertPEM(), "tls.key": cert.KeyPEM()}})
		}
		svc := fmt.Sprintf("s%d", i)
		o.Services = append(o.Services, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: svc}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: name, Port: 80}}}})
		o.EndpointSlices = append(o.EndpointSlices, &discoveryv1.EndpointSlice{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: svc + "-1", Labels: map[string]string{discoveryv1.LabelServiceName: svc}},
			Ports:      []discoveryv1.EndpointPort{{Name: &name, Port: &number}},
			Endpoints:  []discoveryv1.Endpoint{{Addresses: []string{"127.0.0.1"}}, {Addresses: []string{"127.0.0.2"}}},
		})
		host := fmt.Sprintf("h%d.big.test", i)
		be := netv1.IngressBackend{Service: &netv1.IngressServiceBackend{Name: svc, Port: netv1.ServiceBackendPort{Number: 80}}}
		o.Ingresses = append(o.Ingresses, &netv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("i%d", i)}, Spec: netv1.IngressSpec{
			IngressClassName: &class,
			TLS:              []netv1.IngressTLS{{Hosts: []string{host}, SecretName: fmt.Sprintf("t%d", i/10)}},
			Rules: []netv1.IngressRule{{Host: host, IngressRuleValue: netv1.IngressRuleValue{HTTP: &netv1.HTTPIngressRuleValue{Paths: []netv1.HTTPIngressPath{
				{Path: "/", PathType: &prefix, Backend: be}, {Path: "/api", PathType: &prefix, Backend: be},
			}}}}},
		}})
	}
	return o
}

func BenchmarkStages(b *testing.B) {
	const n = 10000
	o := fleet(b, n)
	set := snapshot.DefaultSettings()
	set.AssumeClass = true
	ca, _ := testcert.NewCA("x")
	dc, _ := ca.Server("default", []string{"default"})
	def, err := pki.ServerCert(dc.CertPEM(), dc.KeyPEM())
	if err != nil {
		b.Fatal(err)
	}
	co := compile.Options{DefaultCert: def}
	ro := render.Options{HTTP: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:80")}, HTTPS: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:443")}, Spares: 256, Socket: "/tmp/s"}
	snap, _ := snapshot.Build(*o, set)
	m, _ := compile.Compile(snap, co)
	b.Run("snapshot", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			snap, _ = snapshot.Build(*o, set)
		}
	})
	b.Run("compile", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m, _ = compile.Compile(snap, co)
		}
	})
	b.Run("render", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := render.Render(m, ro); err != nil {
				b.Fatal(err)
			}
		}
	})
	bu, _ := render.Render(m, ro)
	b.Run("files", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			filesOf(bu)
		}
	})
	changing := func(change func(i int)) func(b *testing.B) {
		return func(b *testing.B) {
			again, renderer, last := compile.New(), render.New(ro), &snapshot.Snapshot{}
			round := func() *haproxy.Bundle {
				last, _ = last.Next(*o, set)
				m, _ := again.Compile(last, co)
				bundle, err := renderer.Render(m)
				if err != nil {
					b.Fatal(err)
				}
				return bundle
			}
			worker := live.Loaded(round(), runtime.Abilities{})
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				i++
				change(i)
				worker.Done(worker.Plan(round()))
			}
		}
	}
	b.Run("endpoint", changing(func(i int) {
		slice := o.EndpointSlices[7].DeepCopy()
		slice.Endpoints[0].Addresses = []string{fmt.Sprintf("127.0.1.%d", i%200+1)}
		o.EndpointSlices = slices.Clone(o.EndpointSlices)
		o.EndpointSlices[7] = slice
	}))
	b.Run("ingress", changing(func(i int) {
		next := o.Ingresses[7].DeepCopy()
		next.Name, next.Spec.Rules[0].Host = fmt.Sprintf("new%d", i), fmt.Sprintf("new%d.big.test", i)
		next.Spec.TLS[0].Hosts[0] = next.Spec.Rules[0].Host
		o.Ingresses = append(slices.Clone(o.Ingresses), next)
	}))
	w := live.Loaded(bu, runtime.Abilities{})
	b2, _ := render.Render(m, ro)
	b.Run("plan-all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			w.Plan(b2)
		}
	})
	b.Run("plan-endpoint", func(b *testing.B) {
		b3 := *bu
		b3.Backends = slices.Clone(bu.Backends)
		moved := *bu.Backends[77]
		moved.Servers = moved.Servers[:1]
		b3.Backends[77] = &moved
		b.ReportAllocs()
		for b.Loop() {
			w.Plan(&b3)
		}
	})
}
