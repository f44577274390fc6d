package live

import (
	"reflect"
	"unsafe"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
)

// window cuts off what two lists have in common at their beginnings and ends: of ten thousand entries, what a change is
// about is left.
func window[T any](old, next []T, same func(a, b *T) bool) ([]T, []T) {
	if shared(old, next) {
		return nil, nil
	}
	for len(old) > 0 && len(next) > 0 && same(&old[0], &next[0]) {
		old, next = old[1:], next[1:]
	}
	for len(old) > 0 && len(next) > 0 && same(&old[len(old)-1], &next[len(next)-1]) {
		old, next = old[:len(old)-1], next[:len(next)-1]
	}
	return old, next
}

// sameBackend reports whether two bundles share a backend. One that was rendered anew is another one, even if it is equal.
func sameBackend(first, second **haproxy.Backend) bool {
	a, b := *first, *second
	return a == b || a.Name == b.Name && shared(a.Rules.Bytes, b.Rules.Bytes) && shared(a.Servers, b.Servers) && a.CookieKey == b.CookieKey && a.Movable == b.Movable
}

// sameMap reports whether two maps are one: bundles share those of files while only servers change.
func sameMap[M ~map[K]V, K comparable, V any](a, b M) bool {
	return reflect.ValueOf(a).UnsafePointer() == reflect.ValueOf(b).UnsafePointer()
}

// shared reports whether two slices are the same memory.
func shared[T any](a, b []T) bool {
	return len(a) == len(b) && unsafe.SliceData(a) == unsafe.SliceData(b)
}

func sameEntry(a, b *cfg.MapEntry) bool { return *a == *b }

func sameLine(a, b *cfg.CrtEntry) bool { return a.String() == b.String() }
