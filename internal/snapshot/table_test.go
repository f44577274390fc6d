package snapshot

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// TestTableOfAnotherOne changes a list at random: the table made of the one before has what a table from scratch has, the
// names that differ are those, and the one before stays as it was.
func TestTableOfAnotherOne(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	all := func(t *table[*corev1.Service]) map[types.NamespacedName]*corev1.Service {
		out := map[types.NamespacedName]*corev1.Service{}
		for _, b := range t.of {
			if b != nil {
				maps.Copy(out, b.of)
			}
		}
		return out
	}
	var list []*corev1.Service
	var last *table[*corev1.Service]
	for round := range 3000 {
		next := slices.Clone(list)
		for range r.IntN(4) {
			s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: fmt.Sprint("s", r.IntN(200))}}
			at := slices.IndexFunc(next, func(o *corev1.Service) bool { return o.Name == s.Name })
			switch n := r.IntN(40); {
			case at < 0 || n == 0: // now and then two of a name
				next = slices.Insert(next, r.IntN(len(next)+1), s)
			case n < 15:
				next = slices.Delete(next, at, at+1)
			case n < 30:
				next[at] = s
			case n == 30:
				r.Shuffle(len(next), func(i, j int) { next[i], next[j] = next[j], next[i] })
			}
		}
		var before map[types.NamespacedName]*corev1.Service
		if last != nil {
			before = all(last)
		}
		is := index(last, list, next)
		scratch := index(nil, nil, next)
		got, want := all(is), all(scratch)
		if !maps.Equal(got, want) || is.size() != len(want) {
			t.Fatalf("round %d: the table has %d names, from scratch %d", round, len(got), len(want))
		}
		if last != nil {
			if !maps.Equal(all(last), before) {
				t.Fatalf("round %d: the table before was written", round)
			}
			for _, other := range []*table[*corev1.Service]{is, scratch} {
				differ := map[types.NamespacedName]bool{}
				for _, name := range other.differ(last, equal, nil) {
					differ[name] = true
				}
				for name := range maps.Keys(want) {
					if (before[name] != want[name]) != differ[name] {
						t.Fatalf("round %d: %s differs: %v", round, name, differ[name])
					}
				}
				for name := range maps.Keys(before) {
					if want[name] == nil && !differ[name] {
						t.Fatalf("round %d: nothing says that %s is gone", round, name)
					}
				}
			}
		}
		list, last = next, is
	}
}
