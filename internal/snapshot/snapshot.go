// Package snapshot is the immutable input of a compile: the objects of one moment, sorted once, with lookups.
//
// A Snapshot is never written after Build, so goroutines share it without locks. The order of its Ingresses is
// precedence: the first one that claims something has it.
package snapshot

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Snapshot is everything that a compile reads.
type Snapshot struct {
	Ingresses []*netv1.Ingress // of the class that is served; oldest first, then by descending namespace/name
	Settings  Settings

	objects    Objects
	classes    classes
	services   map[types.NamespacedName]*corev1.Service
	slices     map[types.NamespacedName][]*discoveryv1.EndpointSlice
	secrets    map[types.NamespacedName]*corev1.Secret
	configMaps map[types.NamespacedName]*corev1.ConfigMap
}

// Build sorts and indexes objects. The issues are about Ingresses that are not served for a reason worth telling.
func Build(objects Objects, settings Settings) (*Snapshot, issue.List) {
	s := &Snapshot{
		Settings:   settings,
		objects:    objects,
		services:   index(objects.Services),
		slices:     map[types.NamespacedName][]*discoveryv1.EndpointSlice{},
		secrets:    index(objects.Secrets),
		configMaps: index(objects.ConfigMaps),
	}
	for _, slice := range objects.EndpointSlices {
		service := types.NamespacedName{Namespace: slice.Namespace, Name: slice.Labels[discoveryv1.LabelServiceName]}
		s.slices[service] = append(s.slices[service], slice)
	}
	for _, group := range s.slices {
		slices.SortFunc(group, func(a, b *discoveryv1.EndpointSlice) int { return cmp.Compare(a.Name, b.Name) })
	}
	s.classes = newClasses(objects.IngressClasses, settings)
	var issues issue.List
	for _, ingress := range objects.Ingresses {
		served, reason := s.classes.serves(ingress)
		if served {
			s.Ingresses = append(s.Ingresses, ingress)
		} else if settings.ReportForeign {
			issues = append(issues, foreign(s.IngressRef(ingress), reason))
		}
	}
	slices.SortFunc(s.Ingresses, precedence)
	return s, issues
}

// Serves reports whether an Ingress is of a class that is served, and the reason if not.
func (s *Snapshot) Serves(i *netv1.Ingress) (bool, string) { return s.classes.serves(i) }

// With returns the snapshot with other Ingresses, whose order it decides; the rest is shared.
func (s *Snapshot) With(ingresses []*netv1.Ingress) *Snapshot {
	out := *s
	out.Ingresses = slices.Clone(ingresses)
	slices.SortFunc(out.Ingresses, precedence)
	return &out
}

// precedence is that of ingress-nginx v1.15: the oldest Ingress first; of two of the same second the one whose
// namespace/name is greater.
func precedence(a, b *netv1.Ingress) int {
	return cmp.Or(
		a.CreationTimestamp.Compare(b.CreationTimestamp.Time),
		cmp.Compare(b.Namespace+"/"+b.Name, a.Namespace+"/"+a.Name),
	)
}

type object interface {
	GetNamespace() string
	GetName() string
}

func index[T object](objects []T) map[types.NamespacedName]T {
	out := make(map[types.NamespacedName]T, len(objects))
	for _, o := range objects {
		out[types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}] = o
	}
	return out
}

// Service returns nil if there is none.
func (s *Snapshot) Service(namespace, name string) *corev1.Service {
	return s.services[types.NamespacedName{Namespace: namespace, Name: name}]
}

// EndpointSlices returns the slices of a Service, by name.
func (s *Snapshot) EndpointSlices(namespace, service string) []*discoveryv1.EndpointSlice {
	return s.slices[types.NamespacedName{Namespace: namespace, Name: service}]
}

// Secret returns nil if there is none.
func (s *Snapshot) Secret(namespace, name string) *corev1.Secret {
	return s.secrets[types.NamespacedName{Namespace: namespace, Name: name}]
}

// ConfigMap returns nil if there is none.
func (s *Snapshot) ConfigMap(namespace, name string) *corev1.ConfigMap {
	return s.configMaps[types.NamespacedName{Namespace: namespace, Name: name}]
}

// Ref names an object, with its position in a manifest if it has one.
func (s *Snapshot) Ref(kind, namespace, name string) issue.Ref {
	return s.objects.Ref(kind, namespace, name)
}

// IngressRef names an Ingress.
func (s *Snapshot) IngressRef(i *netv1.Ingress) issue.Ref {
	return s.Ref("Ingress", i.Namespace, i.Name)
}

// Object returns the object itself, nil if it is not there. Sources hand over the same pointer until an object changes.
func (s *Snapshot) Object(ref issue.Ref) any {
	name := types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}
	switch ref.Kind {
	case "Ingress":
		for _, i := range s.Ingresses {
			if i.Namespace == ref.Namespace && i.Name == ref.Name {
				return i
			}
		}
	case "Secret":
		if o := s.secrets[name]; o != nil {
			return o
		}
	case "Service":
		if o := s.services[name]; o != nil {
			return o
		}
	case "ConfigMap":
		if o := s.configMaps[name]; o != nil {
			return o
		}
	}
	return nil
}

// Counts tells how many objects of each kind there are; of the Ingresses only those that are served.
func (s *Snapshot) Counts() map[string]int {
	return map[string]int{
		"Ingress": len(s.Ingresses), "IngressClass": len(s.objects.IngressClasses), "Service": len(s.services),
		"EndpointSlice": len(s.objects.EndpointSlices), "Secret": len(s.secrets), "ConfigMap": len(s.configMaps),
		"Namespace": len(s.objects.Namespaces),
	}
}
