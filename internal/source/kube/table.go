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
	trim    func(T) T                  // a copy with what is read of it; the argument is not used again
	keep    func(T) bool               // nil: all
	same    func(was, is T) bool       // as a compile reads them
	share   func(was, is T)            // is, which is new, takes from one that is the same what it need not hold twice; nil: nothing
	changed func(was, is T, same bool) // an object came (was is nil), went (is is nil) or is in another version
}

// table holds the objects that one watch brings. It is the store of a reflector: nothing stands between the watch and
// the table, and what is not kept leaves no trace. Objects in it are never written.
type table[T object] struct {
	kind kind[T]

	mu    sync.RWMutex // guards what follows; it is read by Load and written by the reflector
	items map[types.NamespacedName]item[T]
	list  []T  // what Load hands over: of each object the first version that is the same as the latest, at the same place
	given bool // somebody has list: it is not written any more

	once   sync.Once
	synced chan struct{} // closed when the first list is in
}

type item[T object] struct {
	latest T
	at     int // in list
}

func newTable[T object](k kind[T]) *table[T] {
	return &table[T]{kind: k, items: map[types.NamespacedName]item[T]{}, synced: make(chan struct{})}
}

func nameOf(o metav1.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}
}

// latest has every object in its latest version, in no order.
func (t *table[T]) latest() []T {
	t.mu.RLock()
	defer t.mu.RUnlock()
	list := make([]T, 0, len(t.items))
	for _, i := range t.items {
		list = append(list, i.latest)
	}
	return list
}

// objects has every object, in no order. What a compile reads the same in is the same object at the same place as before.
func (t *table[T]) objects() []T {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.given = true
	return t.list
}

// find returns the latest version, nil if there is none.
func (t *table[T]) find(name types.NamespacedName) T {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.items[name].latest
}

// own makes list one that may be written.
func (t *table[T]) own() {
	if t.given {
		t.list, t.given = append(make([]T, 0, len(t.list)+1), t.list...), false
	}
}

// change is what happened to an object.
type change[T object] struct {
	was, is T
	same    bool
}

// put keeps a version of an object, or removes it: is is nil then.
func (t *table[T]) put(name types.NamespacedName, is T) change[T] {
	var none T
	i, known := t.items[name]
	c := change[T]{was: i.latest, is: is}
	switch {
	case is == none && !known:
	case is == none:
		t.own()
		end := len(t.list) - 1
		last := t.list[end]
		t.list[i.at], t.list[end] = last, none
		t.list = t.list[:end]
		moved := t.items[nameOf(last)]
		moved.at = i.at
		t.items[nameOf(last)] = moved
		delete(t.items, name)
	case !known:
		t.own()
		t.items[name] = item[T]{is, len(t.list)}
		t.list = append(t.list, is)
	default:
		kept := t.list[i.at]
		if c.same = t.kind.same(kept, is); !c.same {
			t.own()
			t.list[i.at] = is
		} else if t.kind.share != nil {
			t.kind.share(kept, is)
		}
		t.items[name] = item[T]{is, i.at}
	}
	return c
}

// tell says what happened, without the lock.
func (t *table[T]) tell(c change[T]) {
	var none T
	if c.was != none || c.is != none {
		t.kind.changed(c.was, c.is, c.same)
	}
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
	t.mu.Lock()
	c := t.put(nameOf(full), is)
	t.mu.Unlock()
	t.tell(c)
	return nil
}

// Delete is part of cache.ReflectorStore.
func (t *table[T]) Delete(o any) error {
	gone, ok := o.(T)
	if !ok {
		return fmt.Errorf("a %T in a table of %T", o, gone)
	}
	var none T
	t.mu.Lock()
	c := t.put(nameOf(gone), none)
	t.mu.Unlock()
	t.tell(c)
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
	changes := make([]change[T], 0, len(fresh))
	t.mu.Lock()
	for name := range t.items {
		if _, stays := fresh[name]; !stays {
			changes = append(changes, t.put(name, none))
		}
	}
	for name, is := range fresh {
		changes = append(changes, t.put(name, is))
	}
	t.mu.Unlock()
	for _, c := range changes {
		t.tell(c)
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
