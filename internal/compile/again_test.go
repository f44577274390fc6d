package compile_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
	"github.com/hawser-ingress/hawser/internal/testcert"
)

// world is a small cluster whose objects change at random. Everything is small, so that hosts, Services and aliases
// meet often.
type world struct {
	unserved bool // a Service is for what nothing else serves
	streams  bool // a ConfigMap has TCP ports
	sorted   bool // what stays the same stays at its place
	r        *rand.Rand
	objects  map[snapshot.Key]any
}

func (w *world) name(prefix string, n int) string { return fmt.Sprintf("%s%d", prefix, w.r.IntN(n)) }

func (w *world) change() {
	switch w.r.IntN(12) {
	case 0:
		w.set("Service", w.name("s", 4), w.service)
	case 1, 2, 8, 9, 10:
		w.set("EndpointSlice", w.name("s", 4), w.slice)
	case 3:
		w.set("Secret", w.name("t", 2), w.secret)
	case 4:
		w.set("ConfigMap", w.name("c", 2), w.configMap)
	default:
		w.set("Ingress", w.name("i", 6), w.ingress)
	}
}

func (w *world) set(kind, name string, build func(metav1.ObjectMeta) any) {
	key := snapshot.Key{Kind: kind, Namespace: "shop", Name: name}
	if w.r.IntN(4) == 0 {
		delete(w.objects, key)
		return
	}
	w.objects[key] = build(metav1.ObjectMeta{Namespace: "shop", Name: name})
}

func (w *world) service(m metav1.ObjectMeta) any {
	return &corev1.Service{ObjectMeta: m, Spec: corev1.ServiceSpec{ClusterIP: "10.0.0.1", Ports: []corev1.ServicePort{{Port: int32(80 + w.r.IntN(2))}}}}
}

func (w *world) slice(m metav1.ObjectMeta) any {
	port := int32(8080)
	s := &discoveryv1.EndpointSlice{ObjectMeta: m, Ports: []discoveryv1.EndpointPort{{Port: &port}}}
	s.Labels = map[string]string{discoveryv1.LabelServiceName: m.Name}
	for i := range w.r.IntN(3) {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{fmt.Sprintf("127.0.0.%d", i+1+w.r.IntN(2))}})
	}
	return s
}

func (w *world) secret(m metav1.ObjectMeta) any {
	return &corev1.Secret{ObjectMeta: m, Data: map[string][]byte{"ca.crt": []byte("none"), "auth": []byte("joe:{SHA}x\n")}}
}

func (w *world) configMap(m metav1.ObjectMeta) any {
	c := &corev1.ConfigMap{ObjectMeta: m, Data: map[string]string{}}
	if w.r.IntN(2) == 0 {
		c.Data["X-Team"] = w.name("v", 3)
	}
	if m.Name == "c1" && w.r.IntN(2) == 0 {
		c.Data["9000"] = "shop/" + w.name("s", 4) + ":80"
	}
	if m.Name == "c0" && w.r.IntN(3) == 0 {
		c.Data = map[string]string{"ssl-redirect": "false", "proxy-body-size": "2m"}
	}
	return c
}

func (w *world) ingress(m metav1.ObjectMeta) any {
	class := "nginx"
	m.Annotations = map[string]string{}
	for _, a := range []struct{ key, value string }{
		{"server-alias", w.name("h", 6) + ".test"}, {"from-to-www-redirect", "true"}, {"use-regex", "true"},
		{"auth-tls-secret", "shop/" + w.name("t", 3)}, {"auth-type", "basic"}, {"auth-secret", w.name("t", 3)},
		{"custom-headers", "shop/" + w.name("c", 3)}, {"canary", "true"}, {"canary-weight", "10"},
		{"app-root", "/start"}, {"rewrite-target", "/x"}, {"whitelist-source-range", "10.0.0.0/8"},
		{"service-upstream", "true"}, {"unknown-thing", "1"}, {"proxy-body-size", "nonsense"},
	} {
		if w.r.IntN(6) == 0 {
			m.Annotations["nginx.ingress.kubernetes.io/"+a.key] = a.value
		}
	}
	i := &netv1.Ingress{ObjectMeta: m, Spec: netv1.IngressSpec{IngressClassName: &class}}
	backend := func() netv1.IngressBackend {
		return netv1.IngressBackend{Service: &netv1.IngressServiceBackend{Name: w.name("s", 5), Port: netv1.ServiceBackendPort{Number: 80}}}
	}
	kind := netv1.PathTypePrefix
	for range w.r.IntN(3) {
		host := []string{"", "www.h0.test", "*.test"}
		rule := netv1.IngressRule{Host: w.name("h", 8) + ".test"}
		if n := w.r.IntN(9); n < len(host) {
			rule.Host = host[n]
		}
		rule.HTTP = &netv1.HTTPIngressRuleValue{}
		for range 1 + w.r.IntN(2) {
			rule.HTTP.Paths = append(rule.HTTP.Paths, netv1.HTTPIngressPath{Path: "/" + w.name("p", 3), PathType: &kind, Backend: backend()})
		}
		i.Spec.Rules = append(i.Spec.Rules, rule)
	}
	if len(i.Spec.Rules) > 0 && w.r.IntN(3) == 0 {
		i.Spec.TLS = []netv1.IngressTLS{{Hosts: []string{i.Spec.Rules[0].Host}}}
	}
	if w.r.IntN(5) == 0 {
		b := backend()
		i.Spec.DefaultBackend = &b
	}
	return i
}

func (w *world) snapshot(before *snapshot.Snapshot) *snapshot.Snapshot {
	settings := snapshot.DefaultSettings()
	settings.AssumeClass, settings.ReportForeign = true, true
	settings.ConfigMap = types.NamespacedName{Namespace: "shop", Name: "c0"}
	if w.unserved {
		settings.DefaultBackend = types.NamespacedName{Namespace: "shop", Name: "s0"}
	}
	if w.streams {
		settings.TCPServices = types.NamespacedName{Namespace: "shop", Name: "c1"}
	}
	var o snapshot.Objects
	keys := slices.Collect(maps.Keys(w.objects)) // in any order, as a source may give them
	if w.sorted {
		slices.SortFunc(keys, func(a, b snapshot.Key) int { return cmp.Compare(a.Name, b.Name) })
	}
	for _, key := range keys {
		switch object := w.objects[key].(type) {
		case *netv1.Ingress:
			o.Ingresses = append(o.Ingresses, object)
		case *corev1.Service:
			o.Services = append(o.Services, object)
		case *discoveryv1.EndpointSlice:
			o.EndpointSlices = append(o.EndpointSlices, object)
		case *corev1.Secret:
			o.Secrets = append(o.Secrets, object)
		case *corev1.ConfigMap:
			o.ConfigMaps = append(o.ConfigMaps, object)
		}
	}
	s, _ := before.Next(o, settings)
	return s
}

// What is compiled and rendered after a change is what is made from scratch, whatever changed before.
func TestCompileAgain(t *testing.T) {
	ca, err := testcert.NewCA("ca")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := ca.Server("default.test", nil)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := pki.ServerCert(pair.CertPEM(), pair.KeyPEM())
	if err != nil {
		t.Fatal(err)
	}
	options := compile.Options{DefaultCert: cert}
	rendering := render.Options{HTTP: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:80")}, Socket: "/run/x/admin.sock", Spares: 2}
	for seed := range uint64(12) {
		w := &world{r: rand.New(rand.NewPCG(seed, 1)), objects: map[snapshot.Key]any{}, unserved: seed%2 == 0, sorted: seed%3 > 0, streams: seed%4 < 2}
		again, renderer := compile.New(), render.New(rendering)
		last := &snapshot.Snapshot{}
		for round := range 60 {
			for range 1 + w.r.IntN(3) {
				w.change()
			}
			last = w.snapshot(last)
			options.NoStreams = w.r.IntN(8) == 0
			got, issues := again.Compile(last, options)
			want, all := compile.Compile(w.snapshot(&snapshot.Snapshot{}), options)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, round %d: the models differ", seed, round)
			}
			if !slices.Equal(issues, all) {
				t.Fatalf("seed %d, round %d: the issues differ:\n%v\n%v", seed, round, issues, all)
			}
			bundle, err := renderer.Render(got)
			if err != nil {
				t.Fatal(err)
			}
			scratch, err := render.Render(want, rendering)
			if err != nil {
				t.Fatal(err)
			}
			files, fresh := bundle.Files(), scratch.Files()
			delete(files, bundle.Trust.Tickets) // other keys each time
			delete(fresh, scratch.Trust.Tickets)
			if bundle.Trust != scratch.Trust || !reflect.DeepEqual(files, fresh) || !reflect.DeepEqual(bundle.Lines, scratch.Lines) || !reflect.DeepEqual(bundle.Config(), scratch.Config()) {
				t.Fatalf("seed %d, round %d: the bundles differ", seed, round)
			}
			if !reflect.DeepEqual(bundle.Backends, scratch.Backends) {
				t.Fatalf("seed %d, round %d: the backends differ", seed, round)
			}
		}
	}
}

// Objects that stay the same stay the same pointers in the model, so that whoever comes next need not look at them. That
// holds for endpoints of one Ingress, and for those of what nothing else serves, which is on all hosts.
func TestCompileAgainKeepsWhatStays(t *testing.T) {
	for _, unserved := range []bool{false, true} {
		w := &world{r: rand.New(rand.NewPCG(1, 1)), objects: map[snapshot.Key]any{}, unserved: unserved}
		for range 60 {
			w.change()
		}
		add := func(name string, build func(metav1.ObjectMeta) any, kind string) {
			w.objects[snapshot.Key{Kind: kind, Namespace: "shop", Name: name}] = build(metav1.ObjectMeta{Namespace: "shop", Name: name})
		}
		add("s0", w.service, "Service")
		c := compile.New()
		last := w.snapshot(&snapshot.Snapshot{})
		before, _ := c.Compile(last, compile.Options{})
		if len(before.Shards) < 2 {
			t.Fatalf("%d shards; the test needs two", len(before.Shards))
		}
		for _, name := range []string{"s0", "s1"} {
			add(name, w.slice, "EndpointSlice")
			last = w.snapshot(last)
			after, _ := c.Compile(last, compile.Options{})
			if !slices.Equal(before.Shards, after.Shards) || !slices.Equal(before.Hosts, after.Hosts) {
				t.Errorf("an endpoint of %s changed, and hosts are made anew", name)
			}
			before = after
		}
	}
}
