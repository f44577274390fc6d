package kube

import (
	"fmt"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
)

type object interface {
	comparable
	metav1.Object
	runtime.Object
}

// kind says how objects of one kind are kept.
type kind[T object] struct {
	trim    func(T) T       // a copy with what is read of it; the argument is not used again
	keep    func(T) bool    // nil: all
	changed func(was, is T) // an object came (was is nil), went (is is nil) or differs
}

// table holds the objects that one watch brings. It is the store of a reflector: nothing stands between the watch and
// the table, and what is not kept leaves no trace. Objects in it are never written.
type table[T object] struct {
	kind kind[T]

	mu    sync.RWMutex // guards items; they are read by Load and written by the reflector
	items map[types.NamespacedName]T

	once   sync.Once
	synced chan struct{} // closed when the first list is in
}

func newTable[T object](k kind[T]) *table[T] {
	return &table[T]{kind: k, items: map[types.NamespacedName]T{}, synced: make(chan struct{})}
}

func nameOf(o metav1.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}
}

// appendTo adds every object to a list.
func (t *table[T]) appendTo(list []T) []T {
	t.mu.RLock()
	defer t.mu.RUnlock()
	for _, o := range t.items {
		list = append(list, o)
	}
	return list
}

// find returns nil if there is none.
func (t *table[T]) find(name types.NamespacedName) T {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.items[name]
}

// Add is part of cache.ReflectorStore.
func (t *table[T]) Add(o any) error { return t.Update(o) }

// Update is part of cache.ReflectorStore.
func (t *table[T]) Update(o any) error {
	full, ok := o.(T)
	if !ok {
		return fmt.Errorf("a %T in a table of %T", o, full)
	}
	is := t.trimmed(full)
	name := nameOf(full)
	var none T
	t.mu.Lock()
	was := t.items[name]
	if is == none {
		delete(t.items, name)
	} else {
		t.items[name] = is
	}
	t.mu.Unlock()
	if was != none || is != none {
		t.kind.changed(was, is)
	}
	return nil
}

// Delete is part of cache.ReflectorStore.
func (t *table[T]) Delete(o any) error {
	gone, ok := o.(T)
	if !ok {
		return fmt.Errorf("a %T in a table of %T", o, gone)
	}
	name := nameOf(gone)
	var none T
	t.mu.Lock()
	was := t.items[name]
	delete(t.items, name)
	t.mu.Unlock()
	if was != none {
		t.kind.changed(was, none)
	}
	return nil
}

// Replace is part of cache.ReflectorStore: the first list, and each one after the watch was lost.
func (t *table[T]) Replace(list []any, _ string) error {
	fresh := make(map[types.NamespacedName]T, len(list))
	var none T
	for _, o := range list {
		if full, ok := o.(T); ok { // anything else was left out by Transformer
			if is := t.trimmed(full); is != none {
				fresh[nameOf(full)] = is
			}
		}
	}
	t.mu.Lock()
	old := t.items
	t.items = fresh
	t.mu.Unlock()
	for name, is := range fresh {
		t.kind.changed(old[name], is)
	}
	for name, was := range old {
		if _, stays := fresh[name]; !stays {
			t.kind.changed(was, none)
		}
	}
	t.finish()
	return nil
}

func (t *table[T]) finish() { t.once.Do(func() { close(t.synced) }) }

func (t *table[T]) done() <-chan struct{} { return t.synced }

// Resync is part of cache.ReflectorStore.
func (t *table[T]) Resync() error { return nil }

// Transformer keeps the first list small while it streams in.
func (t *table[T]) Transformer() cache.TransformFunc {
	return func(o any) (any, error) {
		full, ok := o.(T)
		if !ok {
			return o, nil
		}
		var none T
		if is := t.trimmed(full); is != none {
			return is, nil
		}
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: full.GetNamespace(), Name: full.GetName()}}, nil
	}
}

func (t *table[T]) trimmed(o T) T {
	var none T
	if t.kind.keep != nil && !t.kind.keep(o) {
		return none
	}
	return t.kind.trim(o)
}
