package dir

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// fewObjects are put into their lists one by one; where more change, the lists are made anew.
const fewObjects = 64

// swap makes of an assembly that of the files after some of them changed: the same as from scratch. It is false where it
// takes a look at all files: objects that stand twice, those that stay from a broken file, Endpoints.
func (a *assembly) swap(files []*file, swaps []swap) bool {
	if len(swaps) == 0 {
		return true
	}
	if !a.plain {
		return false
	}
	gone, come, alike := map[snapshot.Key]object{}, map[snapshot.Key]object{}, true
	positions := a.out.Positions.Edit()
	for _, s := range swaps {
		if !s.plain() {
			return false
		}
		for _, o := range s.old.of() {
			gone[o.key] = o
			positions.Drop(o.key)
		}
		alike = alike && slices.EqualFunc(s.old.of(), s.is.of(), func(a, b object) bool { return a.key == b.key })
	}
	for _, s := range swaps {
		for _, o := range s.is.of() {
			if _, twice := positions.At(o.key); twice {
				return false
			}
			come[o.key] = o
			positions.Set(o.key, snapshot.Position{File: s.is.path, Line: o.line})
		}
	}
	next := *a.out
	if alike && len(come) <= fewObjects {
		for key, o := range come {
			replace(&next, gone[key].value, o.value)
		}
	} else {
		next = snapshot.Objects{}
		for _, f := range files {
			for _, o := range f.objects {
				list(&next, o.value)
			}
		}
	}
	next.Positions = positions.Done()
	a.out, a.issues = &next, nil
	for _, f := range files {
		a.issues = append(a.issues, f.issues...)
	}
	return true
}

// plain tells that the objects of both versions are handed over as they are.
func (s swap) plain() bool {
	for _, f := range []*file{s.old, s.is} {
		if f == nil {
			continue
		}
		if len(f.kept) > 0 || slices.ContainsFunc(f.objects, func(o object) bool { _, ok := o.value.(*corev1.Endpoints); return ok }) {
			return false
		}
	}
	return true
}

// of are the objects of a file; none if there is no file.
func (f *file) of() []object {
	if f == nil {
		return nil
	}
	return f.objects
}

// replace puts an object at the place of its earlier version.
func replace(out *snapshot.Objects, old, is any) {
	if old == is {
		return
	}
	switch v := is.(type) {
	case *netv1.Ingress:
		out.Ingresses = replaced(out.Ingresses, old.(*netv1.Ingress), v)
	case *netv1.IngressClass:
		out.IngressClasses = replaced(out.IngressClasses, old.(*netv1.IngressClass), v)
	case *corev1.Service:
		out.Services = replaced(out.Services, old.(*corev1.Service), v)
	case *discoveryv1.EndpointSlice:
		out.EndpointSlices = replaced(out.EndpointSlices, old.(*discoveryv1.EndpointSlice), v)
	case *corev1.Secret:
		out.Secrets = replaced(out.Secrets, old.(*corev1.Secret), v)
	case *corev1.ConfigMap:
		out.ConfigMaps = replaced(out.ConfigMaps, old.(*corev1.ConfigMap), v)
	case *corev1.Namespace:
		out.Namespaces = replaced(out.Namespaces, old.(*corev1.Namespace), v)
	default:
		panic(fmt.Sprintf("a kind that is decoded but not handed over: %T", v))
	}
}

// replaced is a list with one object in place of another one; the list before stays as it is.
func replaced[T comparable](list []T, old, is T) []T {
	next := slices.Clone(list)
	next[slices.Index(next, old)] = is
	return next
}
