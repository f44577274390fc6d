package snapshot

import (
	"cmp"
	"maps"
	"slices"

	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/types"
)

// buckets is how many maps a table has: a change copies one of them, not ten thousand names.
const buckets = 256

// table has the objects of one kind by name. It is not written after it was made: snapshots share it, and a table shares
// with the one before it the buckets in which nothing changed.
type table[T any] struct {
	of      [buckets]*bucket[T] // nil: nothing is in it
	doubled bool                // a list had several objects of a name
}

type bucket[T any] struct{ of map[types.NamespacedName]T }

// bucketOf is FNV-1a, which is the same in every process.
func bucketOf(name types.NamespacedName) uint8 {
	h := uint32(2166136261)
	for _, s := range [...]string{name.Namespace, name.Name} {
		for i := range len(s) {
			h = (h ^ uint32(s[i])) * 16777619
		}
	}
	return uint8(h ^ h>>8 ^ h>>16 ^ h>>24)
}

func (t *table[T]) get(name types.NamespacedName) (T, bool) {
	b := t.of[bucketOf(name)]
	if b == nil {
		var none T
		return none, false
	}
	o, ok := b.of[name]
	return o, ok
}

func (t *table[T]) find(name types.NamespacedName) T {
	o, _ := t.get(name)
	return o
}

func (t *table[T]) size() int {
	n := 0
	for _, b := range t.of {
		if b != nil {
			n += len(b.of)
		}
	}
	return n
}

// differ adds the names under which two tables have something else.
func (t *table[T]) differ(other *table[T], same func(a, b T) bool, names []types.NamespacedName) []types.NamespacedName {
	if t == other {
		return names
	}
	for i, b := range t.of {
		old := other.of[i]
		if b == old {
			continue
		}
		b, old = cmp.Or(b, &bucket[T]{}), cmp.Or(old, &bucket[T]{})
		for name, o := range b.of {
			if was, ok := old.of[name]; !ok || !same(was, o) {
				names = append(names, name)
			}
		}
		for name := range old.of {
			if _, stays := b.of[name]; !stays {
				names = append(names, name)
			}
		}
	}
	return names
}

// edit is a table that is being made of another one, which stays as it is.
type edit[T any] struct {
	*table[T]
	own  [buckets]bool
	room int // for as many names a bucket is made
}

func (t *table[T]) edit() *edit[T] {
	next := *t
	return &edit[T]{table: &next}
}

func (e *edit[T]) bucket(name types.NamespacedName) map[types.NamespacedName]T {
	i := bucketOf(name)
	if !e.own[i] {
		b := &bucket[T]{}
		if old := e.of[i]; old != nil {
			b.of = maps.Clone(old.of)
		} else {
			b.of = make(map[types.NamespacedName]T, e.room)
		}
		e.of[i], e.own[i] = b, true
	}
	return e.of[i].of
}

func (e *edit[T]) set(name types.NamespacedName, o T) { e.bucket(name)[name] = o }

func (e *edit[T]) drop(name types.NamespacedName) { delete(e.bucket(name), name) }

// difference is what a list has lost and gained. Objects that moved may be in both.
func difference[T comparable](was, is []T) (gone, come []T) {
	if len(was) == len(is) && (len(is) == 0 || &was[0] == &is[0]) {
		return nil, nil
	}
	for len(was) > 0 && len(is) > 0 && was[0] == is[0] {
		was, is = was[1:], is[1:]
	}
	for len(was) > 0 && len(is) > 0 && was[len(was)-1] == is[len(is)-1] {
		was, is = was[:len(was)-1], is[:len(is)-1]
	}
	common := min(len(was), len(is))
	for i := range common {
		if was[i] != is[i] {
			gone, come = append(gone, was[i]), append(come, is[i])
		}
	}
	return append(gone, was[common:]...), append(come, is[common:]...)
}

type object interface {
	comparable
	GetNamespace() string
	GetName() string
}

func nameOf[T object](o T) types.NamespacedName {
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}
}

// index is the table of a list, made of that of another one; nil: there is none.
func index[T object](t *table[T], was, is []T) *table[T] {
	gone, come := difference(was, is)
	if t == nil {
		t, come = &table[T]{}, is
	}
	if len(gone)+len(come) == 0 {
		return t
	}
	e := t.edit()
	e.room = len(come) / buckets
	for _, o := range gone {
		name := nameOf(o)
		e.doubled = e.doubled || e.find(name) != o
		e.drop(name)
	}
	for _, o := range come {
		name := nameOf(o)
		_, there := e.get(name)
		e.doubled = e.doubled || there
		e.set(name, o)
	}
	if e.doubled { // of several, the last one of the list counts
		e = (&table[T]{doubled: true}).edit()
		for _, o := range is {
			e.set(nameOf(o), o)
		}
	}
	return e.table
}

// byService groups slices by the Service that they belong to; those of one Service are in the order of their names.
func byService(t *table[[]*discoveryv1.EndpointSlice], was, is []*discoveryv1.EndpointSlice) *table[[]*discoveryv1.EndpointSlice] {
	gone, come := difference(was, is)
	if t == nil {
		t, come = &table[[]*discoveryv1.EndpointSlice]{}, is
	}
	if len(gone)+len(come) == 0 {
		return t
	}
	e := t.edit()
	e.room = len(come) / buckets
	for _, slice := range gone {
		service := serviceOf(slice)
		left := slices.DeleteFunc(slices.Clone(e.find(service)), func(o *discoveryv1.EndpointSlice) bool { return o == slice })
		if len(left) > 0 {
			e.set(service, left)
		} else {
			e.drop(service)
		}
	}
	for _, slice := range come {
		service := serviceOf(slice)
		group := e.find(service)
		at, _ := slices.BinarySearchFunc(group, slice, func(a, b *discoveryv1.EndpointSlice) int { return cmp.Compare(a.Name, b.Name) })
		e.set(service, slices.Concat(group[:at], []*discoveryv1.EndpointSlice{slice}, group[at:]))
	}
	return e.table
}

func serviceOf(slice *discoveryv1.EndpointSlice) types.NamespacedName {
	return types.NamespacedName{Namespace: slice.Namespace, Name: slice.Labels[discoveryv1.LabelServiceName]}
}
