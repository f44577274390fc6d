package kube

import (
	"fmt"
	"log/slog"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// known is a source that has listed everything: one class of its own, one of somebody else.
func known(t *testing.T) (*Source, *set) { return knownFor(t) }

func knownFor(t testing.TB) (*Source, *set) {
	t.Helper()
	s := New(Options{Settings: snapshot.DefaultSettings(), Log: slog.New(slog.DiscardHandler)})
	class := func(name, controller string) any {
		return &netv1.IngressClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: netv1.IngressClassSpec{Controller: controller}}
	}
	s.classes.Replace([]any{class("nginx", "k8s.io/ingress-nginx"), class("other", "example.com/other")}, "1")
	s.reserve()
	w := s.emptySet()
	s.visible.Store(&[]*set{w})
	close(s.synced)
	return s, w
}

func ingress(name, class string, edit ...func(*netv1.Ingress)) *netv1.Ingress {
	i := &netv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: name, UID: types.UID(name), ResourceVersion: "1",
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
			Annotations:   map[string]string{"kubectl.kubernetes.io/last-applied-configuration": "{}"},
		},
		Spec: netv1.IngressSpec{
			IngressClassName: &class,
			DefaultBackend:   &netv1.IngressBackend{Service: &netv1.IngressServiceBackend{Name: name}},
			TLS:              []netv1.IngressTLS{{SecretName: name + "-tls"}},
		},
	}
	for _, e := range edit {
		e(i)
	}
	return i
}

func (t *table[T]) size() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.items)
}

func woken(s *Source) bool {
	select {
	case <-s.woken:
		return true
	default:
		return false
	}
}

func TestForeignIngressesAreNotKept(t *testing.T) {
	s, w := known(t)
	var list []any
	for n := range 1000 {
		list = append(list, ingress(fmt.Sprint("foreign-", n), "other"))
	}
	transform := w.ingresses.Transformer()
	small, err := transform(list[0])
	if _, ok := small.(*metav1.PartialObjectMetadata); !ok || err != nil {
		t.Errorf("while it streams in, a foreign Ingress is a %T, %v", small, err)
	}
	if err := w.ingresses.Replace(append(list, ingress("ours", "nginx"), small), "1"); err != nil {
		t.Fatal(err)
	}
	if n := w.ingresses.size(); n != 1 {
		t.Errorf("%d Ingresses are kept", n)
	}
	if woken(s) {
		t.Error("the first list announces a change of what nobody had")
	}
	objects, _, err := s.Load()
	if err != nil || len(objects.Ingresses) != 1 || objects.Ingresses[0].Name != "ours" {
		t.Fatalf("loaded %+v, %v", objects, err)
	}
	kept := objects.Ingresses[0]
	if kept.ManagedFields != nil || kept.Annotations != nil || kept.UID != "ours" || kept.Spec.DefaultBackend == nil {
		t.Errorf("kept is %+v", kept)
	}
	w.ingresses.Update(ingress("foreign-1", "other"))
	if woken(s) {
		t.Error("a foreign Ingress wakes")
	}
	w.ingresses.Update(ingress("ours", "other"))
	if !woken(s) || w.ingresses.size() != 0 {
		t.Error("an Ingress that changes to another class stays")
	}
}

func TestWhatWakes(t *testing.T) {
	meta := func(name, version string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: "shop", Name: name, ResourceVersion: version}
	}
	slice := func(service, version, address string) *discoveryv1.EndpointSlice {
		m := meta(service+"-1", version)
		m.Labels = map[string]string{discoveryv1.LabelServiceName: service}
		m.Annotations = map[string]string{"endpoints.kubernetes.io/last-change-trigger-time": version}
		return &discoveryv1.EndpointSlice{ObjectMeta: m, Endpoints: []discoveryv1.Endpoint{{Addresses: []string{address}}}}
	}
	secret := func(name, version, content string) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: meta(name, version), Data: map[string][]byte{"tls.crt": []byte(content)}}
	}
	for _, c := range []struct {
		what   string
		change func(*set) error
		want   bool
	}{
		{"status of an Ingress", func(w *set) error {
			return w.ingresses.Update(ingress("web", "nginx", func(i *netv1.Ingress) {
				i.ResourceVersion = "2"
				i.Status.LoadBalancer.Ingress = []netv1.IngressLoadBalancerIngress{{IP: "192.0.2.1"}}
			}))
		}, false},
		{"annotation that is not read", func(w *set) error {
			return w.ingresses.Update(ingress("web", "nginx", func(i *netv1.Ingress) { i.Annotations["example.com/x"] = "y" }))
		}, false},
		{"annotation that is read", func(w *set) error {
			return w.ingresses.Update(ingress("web", "nginx", func(i *netv1.Ingress) {
				i.Annotations["nginx.ingress.kubernetes.io/auth-secret"] = "users"
			}))
		}, true},
		{"new Ingress", func(w *set) error { return w.ingresses.Add(ingress("more", "nginx")) }, true},
		{"Ingress that goes", func(w *set) error { return w.ingresses.Delete(ingress("web", "nginx")) }, true},
		{"endpoints of a Service in use", func(w *set) error { return w.slices.Update(slice("web", "2", "10.0.0.2")) }, true},
		{"trigger time of its slice", func(w *set) error { return w.slices.Update(slice("web", "2", "10.0.0.1")) }, false},
		{"endpoints of another Service", func(w *set) error { return w.slices.Update(slice("job", "2", "10.0.0.2")) }, false},
		{"slice that moves to a Service in use", func(w *set) error {
			moved := slice("job", "2", "10.0.0.1")
			moved.Labels[discoveryv1.LabelServiceName] = "web"
			return w.slices.Update(moved)
		}, true},
		{"certificate in use", func(w *set) error { return w.secrets.Update(secret("web-tls", "2", "b")) }, true},
		{"same certificate", func(w *set) error { return w.secrets.Update(secret("web-tls", "2", "a")) }, false},
		{"other Secret", func(w *set) error { return w.secrets.Update(secret("other", "2", "b")) }, false},
		{"Secret that goes", func(w *set) error { return w.secrets.Delete(secret("web-tls", "2", "a")) }, true},
		{"Secret that an annotation names", func(w *set) error { return w.secrets.Update(secret("ca", "2", "b")) }, true},
		{"Service in use", func(w *set) error {
			return w.services.Update(&corev1.Service{ObjectMeta: meta("web", "2"), Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 81}}}})
		}, true},
		{"address of its load balancer", func(w *set) error {
			return w.services.Update(&corev1.Service{ObjectMeta: meta("web", "2"), Status: corev1.ServiceStatus{
				LoadBalancer: corev1.LoadBalancerStatus{Ingress: []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}}}})
		}, false},
		{"ConfigMap that nothing names", func(w *set) error { return w.configMaps.Add(&corev1.ConfigMap{ObjectMeta: meta("x", "1")}) }, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			s, w := known(t)
			web := ingress("web", "nginx")
			web.Annotations["nginx.ingress.kubernetes.io/auth-tls-secret"] = "shop/ca"
			if c.what == "status of an Ingress" || c.what == "annotation that is not read" {
				delete(web.Annotations, "nginx.ingress.kubernetes.io/auth-tls-secret")
			}
			w.ingresses.Replace([]any{web}, "1")
			w.services.Replace([]any{&corev1.Service{ObjectMeta: meta("web", "1")}}, "1")
			w.slices.Replace([]any{slice("web", "1", "10.0.0.1"), slice("job", "1", "10.0.0.1")}, "1")
			w.secrets.Replace([]any{secret("web-tls", "1", "a"), secret("other", "1", "a"), secret("ca", "1", "a")}, "1")
			if _, _, err := s.Load(); err != nil {
				t.Fatal(err)
			}
			if err := c.change(w); err != nil {
				t.Fatal(err)
			}
			if got := woken(s); got != c.want {
				t.Errorf("woken is %t", got)
			}
		})
	}
}

// TestResynchronise replaces the list as after an outage: what came, went and changed meanwhile is announced.
func TestResynchronise(t *testing.T) {
	for what, list := range map[string][]any{
		"nothing":   {ingress("a", "nginx"), ingress("b", "nginx")},
		"one gone":  {ingress("a", "nginx")},
		"one new":   {ingress("a", "nginx"), ingress("b", "nginx"), ingress("c", "nginx")},
		"different": {ingress("a", "nginx"), ingress("b", "nginx", func(i *netv1.Ingress) { i.Spec.TLS = nil })},
	} {
		s, w := known(t)
		w.ingresses.Replace([]any{ingress("a", "nginx"), ingress("b", "nginx")}, "1")
		if _, _, err := s.Load(); err != nil {
			t.Fatal(err)
		}
		w.ingresses.Replace(list, "2")
		if got := woken(s); got != (what != "nothing") {
			t.Errorf("%s: woken is %t", what, got)
		}
		if w.ingresses.size() != len(list) {
			t.Errorf("%s: %d are kept", what, w.ingresses.size())
		}
	}
}

func TestNamesInValues(t *testing.T) {
	for value, want := range map[string][]string{
		"users":                                 {"shop/users"},
		"auth/users":                            {"shop/auth", "shop/users", "auth/users"},
		"http://gate.auth.svc.cluster.local/go": {"auth/gate", "shop/http", "shop/go"},
		"db/mysql:3306:PROXY":                   {"db/mysql"},
		"a/x, b/y":                              {"a/x", "b/y"},
	} {
		r := refs{}
		r.addText("shop", value)
		for _, w := range want {
			if !slices.ContainsFunc(keys(r), func(n types.NamespacedName) bool { return n.String() == w }) {
				t.Errorf("%q: %s is not among %v", value, w, keys(r))
			}
		}
	}
}

func keys(r refs) []types.NamespacedName {
	var out []types.NamespacedName
	for n := range r {
		out = append(out, n)
	}
	return out
}

func TestTrimmingTwiceIsTrimmingOnce(t *testing.T) {
	trim := newTrimmer("nginx.ingress.kubernetes.io")
	once := trim.secret(&corev1.Secret{Type: corev1.SecretTypeServiceAccountToken, Data: map[string][]byte{"token": []byte("x"), "ca.crt": []byte("y")}})
	if twice := trim.secret(once); !sameSecret(once, twice) || len(once.Data) != 1 || once.Data["token"] != nil {
		t.Errorf("once %v, twice %v", once.Data, twice.Data)
	}
	slice := trim.slice(&discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{discoveryv1.LabelServiceName: "web", "x": "y"}}})
	if twice := trim.slice(slice); !sameSlice(slice, twice) || len(slice.Labels) != 1 {
		t.Errorf("once %v, twice %v", slice.Labels, twice.Labels)
	}
}

// FuzzNamesInValues hides a reference in text: it is found wherever it stands.
func FuzzNamesInValues(f *testing.F) {
	f.Add("set ", "auth", "users", ", and more")
	f.Add("http://", "a", "b", ":80/x?y=z")
	f.Add("", "0", "-", "")
	f.Fuzz(func(t *testing.T, before, namespace, name, after string) {
		if !isName(namespace) || !isName(name) {
			return
		}
		if before != "" && ofName(before[len(before)-1]) || after != "" && ofName(after[0]) {
			return // part of a longer name
		}
		r := refs{}
		r.addText("shop", before+namespace+"/"+name+after)
		if !r.has(types.NamespacedName{Namespace: namespace, Name: name}) {
			t.Errorf("%s/%s is not found in %q", namespace, name, before+namespace+"/"+name+after)
		}
	})
}
