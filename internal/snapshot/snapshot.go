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
	foreign    issue.List // Ingresses that are not served
	services   *table[*corev1.Service]
	slices     *table[[]*discoveryv1.EndpointSlice]
	secrets    *table[*corev1.Secret]
	configMaps *table[*corev1.ConfigMap]
	reads      *Reads // nil: nobody asks
}

// Build sorts and indexes objects. The issues are about Ingresses that are not served for a reason worth telling.
func Build(objects Objects, settings Settings) (*Snapshot, issue.List) {
	return (&Snapshot{}).Next(objects, settings)
}

// Next is Build; it takes from the snapshot what was made of lists with the same version, if it is of the same source.
func (s *Snapshot) Next(objects Objects, settings Settings) (*Snapshot, issue.List) {
	next := &Snapshot{Settings: settings, objects: objects}
	was, is := s.objects.Versions, objects.Versions
	next.services = again(s.services, was.Services, is.Services, func() *table[*corev1.Service] { return index(objects.Services) })
	next.secrets = again(s.secrets, was.Secrets, is.Secrets, func() *table[*corev1.Secret] { return index(objects.Secrets) })
	next.configMaps = again(s.configMaps, was.ConfigMaps, is.ConfigMaps, func() *table[*corev1.ConfigMap] { return index(objects.ConfigMaps) })
	next.slices = again(s.slices, was.EndpointSlices, is.EndpointSlices, func() *table[[]*discoveryv1.EndpointSlice] { return byService(objects.EndpointSlices) })
	next.classes = newClasses(objects.IngressClasses, settings)
	if settings == s.Settings && same(was.Ingresses, is.Ingresses) && same(was.IngressClasses, is.IngressClasses) && objects.Positions == nil {
		next.Ingresses, next.foreign = s.Ingresses, s.foreign
		return next, next.foreign
	}
	for _, ingress := range objects.Ingresses {
		served, reason := next.classes.serves(ingress)
		if served {
			next.Ingresses = append(next.Ingresses, ingress)
		} else if settings.ReportForeign {
			next.foreign = append(next.foreign, foreign(next.IngressRef(ingress), reason))
		}
	}
	slices.SortFunc(next.Ingresses, precedence)
	return next, next.foreign
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
	if order := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); order != 0 {
		return order
	}
	if a.Namespace == b.Namespace {
		return cmp.Compare(b.Name, a.Name)
	}
	return cmp.Compare(b.Namespace+"/"+b.Name, a.Namespace+"/"+a.Name)
}

// Service returns nil if there is none.
func (s *Snapshot) Service(namespace, name string) *corev1.Service {
	return lookup(s, s.services, func(r *Reads) *[]read[*corev1.Service] { return &r.services }, namespace, name)
}

// EndpointSlices returns the slices of a Service, by name.
func (s *Snapshot) EndpointSlices(namespace, service string) []*discoveryv1.EndpointSlice {
	return lookup(s, s.slices, func(r *Reads) *[]read[[]*discoveryv1.EndpointSlice] { return &r.slices }, namespace, service)
}

// Secret returns nil if there is none.
func (s *Snapshot) Secret(namespace, name string) *corev1.Secret {
	return lookup(s, s.secrets, func(r *Reads) *[]read[*corev1.Secret] { return &r.secrets }, namespace, name)
}

// ConfigMap returns nil if there is none.
func (s *Snapshot) ConfigMap(namespace, name string) *corev1.ConfigMap {
	return lookup(s, s.configMaps, func(r *Reads) *[]read[*corev1.ConfigMap] { return &r.configMaps }, namespace, name)
}

// Ref names an object, with its position in a manifest if it has one.
func (s *Snapshot) Ref(kind, namespace, name string) issue.Ref {
	ref := s.objects.Ref(kind, namespace, name)
	if s.reads != nil && s.objects.Positions != nil {
		s.reads.refs = append(s.reads.refs, ref)
	}
	return ref
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
		if o := s.secrets.of[name]; o != nil {
			return o
		}
	case "Service":
		if o := s.services.of[name]; o != nil {
			return o
		}
	case "ConfigMap":
		if o := s.configMaps.of[name]; o != nil {
			return o
		}
	}
	return nil
}

// Counts tells how many objects of each kind there are; of the Ingresses only those that are served.
func (s *Snapshot) Counts() map[string]int {
	return map[string]int{
		"Ingress": len(s.Ingresses), "IngressClass": len(s.objects.IngressClasses), "Service": len(s.services.of),
		"EndpointSlice": len(s.objects.EndpointSlices), "Secret": len(s.secrets.of), "ConfigMap": len(s.configMaps.of),
		"Namespace": len(s.objects.Namespaces),
	}
}
