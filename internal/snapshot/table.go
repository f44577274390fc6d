package snapshot

import (
	"cmp"
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
)

// table has the objects of one kind by name. It is not written after it was made, so snapshots share it.
type table[T any] struct{ of map[types.NamespacedName]T }

func same(was, is uint64) bool { return was == is && is != 0 }

// again passes a table on if its list has the same version.
func again[T any](t *table[T], was, is uint64, build func() *table[T]) *table[T] {
	if t != nil && same(was, is) {
		return t
	}
	return build()
}

type object interface {
	GetNamespace() string
	GetName() string
}

func index[T object](objects []T) *table[T] {
	t := &table[T]{make(map[types.NamespacedName]T, len(objects))}
	for _, o := range objects {
		t.of[types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}] = o
	}
	return t
}

// byService groups slices by the Service that they belong to; those of one Service are in the order of their names.
func byService(objects []*discoveryv1.EndpointSlice) *table[[]*discoveryv1.EndpointSlice] {
	t := &table[[]*discoveryv1.EndpointSlice]{make(map[types.NamespacedName][]*discoveryv1.EndpointSlice, len(objects))}
	for _, slice := range objects {
		service := types.NamespacedName{Namespace: slice.Namespace, Name: slice.Labels[discoveryv1.LabelServiceName]}
		t.of[service] = append(t.of[service], slice)
	}
	for _, group := range t.of {
		slices.SortFunc(group, func(a, b *discoveryv1.EndpointSlice) int { return cmp.Compare(a.Name, b.Name) })
	}
	return t
}
