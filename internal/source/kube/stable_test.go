package kube

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestStatusIsNoOtherIngress writes a status, as this controller does itself: a compile gets the Ingress of before, those who
// ask for the status get the new one.
func TestStatusIsNoOtherIngress(t *testing.T) {
	s, w := known(t)
	_ = w.ingresses.Update(ingress("web", "nginx"))
	load := func() *netv1.Ingress {
		o, _, err := s.Load()
		if err != nil || len(o.Ingresses) != 1 {
			t.Fatalf("%v, %v", o, err)
		}
		return o.Ingresses[0]
	}
	before := load()
	_ = w.ingresses.Update(ingress("web", "nginx", func(i *netv1.Ingress) {
		i.ResourceVersion = "2"
		i.Status.LoadBalancer.Ingress = []netv1.IngressLoadBalancerIngress{{IP: "192.0.2.1"}}
	}))
	if load() != before || len(before.Status.LoadBalancer.Ingress) > 0 {
		t.Error("a status makes another Ingress")
	}
	if latest := s.Ingresses()[0]; latest.ResourceVersion != "2" || len(latest.Status.LoadBalancer.Ingress) != 1 {
		t.Errorf("the status is not seen: %v", latest)
	}
	_ = w.ingresses.Update(ingress("web", "nginx", func(i *netv1.Ingress) { i.Spec.TLS = nil }))
	if after := load(); after == before || after.Spec.TLS != nil {
		t.Error("another spec is not seen")
	}
}

// TestTableListsWhatItHolds changes a table at random: its list always has what a map would have, and lists that were handed
// over stay as they were.
func TestTableListsWhatItHolds(t *testing.T) {
	table := newTable(kind[*corev1.ConfigMap]{trim: newTrimmer("x").configMap, same: sameConfigMap, changed: func(_, _ *corev1.ConfigMap, _ bool) {}})
	r := rand.New(rand.NewPCG(1, 2))
	want := map[string]string{}
	object := func(name, value string) *corev1.ConfigMap {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}, Data: map[string]string{"value": value}}
	}
	type given struct{ list, copy []*corev1.ConfigMap }
	var all []given
	for round := range 2000 {
		name, value := fmt.Sprint("c", r.IntN(12)), fmt.Sprint(r.IntN(3))
		switch r.IntN(5) {
		case 0:
			_ = table.Delete(object(name, ""))
			delete(want, name)
		case 1:
			maps.DeleteFunc(want, func(string, string) bool { return r.IntN(3) == 0 })
			var list []any
			for name, value := range want {
				list = append(list, object(name, value))
			}
			_ = table.Replace(list, "")
		default:
			_ = table.Update(object(name, value))
			want[name] = value
		}
		if r.IntN(2) == 0 {
			list := table.objects()
			all = append(all, given{list, slices.Clone(list)})
			got := map[string]string{}
			for _, o := range list {
				got[o.Name] = o.Data["value"]
			}
			if len(list) != len(want) || !maps.Equal(got, want) {
				t.Fatalf("round %d: %v, and not %v", round, got, want)
			}
		}
		if found := table.find(types.NamespacedName{Namespace: "shop", Name: name}); (found != nil) != (want[name] != "") {
			t.Fatalf("round %d: %s is %v", round, name, found)
		}
	}
	for _, g := range all {
		if !slices.Equal(g.list, g.copy) {
			t.Fatal("a list was written after it was handed over")
		}
	}
}
