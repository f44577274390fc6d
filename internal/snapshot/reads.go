package snapshot

import (
	"iter"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Reads is what somebody looked up in a Snapshot, with what was found. What follows from a snapshot follows from every
// snapshot in which the same is found.
type Reads struct {
	services   []read[*corev1.Service]
	slices     []read[[]*discoveryv1.EndpointSlice]
	secrets    []read[*corev1.Secret]
	configMaps []read[*corev1.ConfigMap]
	refs       []issue.Ref
}

type read[T any] struct {
	name  types.NamespacedName
	found T
}

// Recorded is the same snapshot with other Ingresses, in their order; what is looked up in it is noted. It belongs to one
// goroutine.
func (s *Snapshot) Recorded(ingresses []*netv1.Ingress) (*Snapshot, *Reads) {
	out := *s
	out.Ingresses = ingresses
	out.reads = &Reads{}
	return &out, out.reads
}

func lookup[T any](s *Snapshot, t *table[T], reads func(*Reads) *[]read[T], namespace, name string) T {
	key := types.NamespacedName{Namespace: namespace, Name: name}
	found := t.find(key)
	if s.reads != nil {
		list := reads(s.reads)
		*list = append(*list, read[T]{key, found})
	}
	return found
}

// In reports whether the same is found in a snapshot.
func (r *Reads) In(s *Snapshot) bool {
	if !found(r.services, s.services, equal) || !found(r.secrets, s.secrets, equal) ||
		!found(r.configMaps, s.configMaps, equal) || !found(r.slices, s.slices, slices.Equal) {
		return false
	}
	for _, ref := range r.refs {
		if s.objects.Ref(ref.Kind, ref.Namespace, ref.Name) != ref {
			return false
		}
	}
	return true
}

// Names are those that were looked up, of whatever kind; some come more than once. Where nothing of these names changes, the
// same is found.
func (r *Reads) Names() iter.Seq[types.NamespacedName] {
	return func(yield func(types.NamespacedName) bool) {
		for _, ref := range r.refs {
			if !yield(types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}) {
				return
			}
		}
		_ = names(r.services, yield) && names(r.slices, yield) && names(r.secrets, yield) && names(r.configMaps, yield)
	}
}

func names[T any](reads []read[T], yield func(types.NamespacedName) bool) bool {
	for _, r := range reads {
		if !yield(r.name) {
			return false
		}
	}
	return true
}

func equal[T comparable](a, b T) bool { return a == b }

func found[T any](reads []read[T], t *table[T], same func(T, T) bool) bool {
	for _, r := range reads {
		if !same(r.found, t.find(r.name)) {
			return false
		}
	}
	return true
}
