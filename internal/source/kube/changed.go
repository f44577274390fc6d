package kube

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
)

// The functions of this file decide which changes are worth a rebuild: those of what a compile reads, in objects that
// something served refers to. Ingresses that are not served are in no table.

func (s *Source) ingressChanged(was, is *netv1.Ingress, same bool) {
	if !same {
		s.referring.ingresses.Add(1)
		s.wake()
	}
	if is != nil && (was == nil || !equality.Semantic.DeepEqual(&was.Status, &is.Status)) {
		poke(s.status)
	}
}

func (s *Source) classChanged(_, _ *netv1.IngressClass, same bool) {
	if !same {
		poke(s.reclass)
	}
}

func (s *Source) serviceChanged(was, is *corev1.Service, same bool) {
	name := nameOfEither(was, is)
	if !same {
		s.referring.services.Add(1)
		if s.refers(name) {
			s.wake()
		}
	}
	for _, n := range s.Named.Services {
		if n == name {
			poke(s.status)
		}
	}
}

func (s *Source) sliceChanged(was, is *discoveryv1.EndpointSlice, same bool) {
	if same {
		return
	}
	for _, slice := range []*discoveryv1.EndpointSlice{was, is} {
		if slice != nil && s.refers(types.NamespacedName{Namespace: slice.Namespace, Name: slice.Labels[discoveryv1.LabelServiceName]}) {
			s.wake()
			return
		}
	}
}

func (s *Source) secretChanged(was, is *corev1.Secret, same bool) {
	if !same && s.refers(nameOfEither(was, is)) {
		s.wake()
	}
}

func (s *Source) configMapChanged(was, is *corev1.ConfigMap, same bool) {
	if same {
		return
	}
	s.referring.configMaps.Add(1)
	name := nameOfEither(was, is)
	if s.refers(name) {
		s.wake()
	}
	if name == s.Settings.ConfigMap {
		poke(s.settings)
	}
}

func (s *Source) namespaceChanged(_, _ *corev1.Namespace, same bool) {
	if !same {
		poke(s.renamespace)
	}
}

func nameOfEither[T object](was, is T) types.NamespacedName {
	var none T
	if is != none {
		return nameOf(is)
	}
	return nameOf(was)
}

// refers reports whether the last Load gave something that may refer to the object. Before the first one nothing was
// given, so nothing has changed either.
func (s *Source) refers(name types.NamespacedName) bool {
	r := s.refs.Load()
	return r != nil && r.has(name)
}

// wake asks for a rebuild.
func (s *Source) wake() {
	if s.refs.Load() != nil {
		poke(s.woken)
	}
}

// poke leaves a signal that is not lost and never blocks.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
