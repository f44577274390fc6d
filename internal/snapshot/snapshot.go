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

// Next is Build; what it makes of lists it makes of what the snapshot made of the lists before, so that a change costs what
// changed.
func (s *Snapshot) Next(objects Objects, settings Settings) (*Snapshot, issue.List) {
	next := &Snapshot{Settings: settings, objects: objects}
	next.services = index(s.services, s.objects.Services, objects.Services)
	next.secrets = index(s.secrets, s.objects.Secrets, objects.Secrets)
	next.configMaps = index(s.configMaps, s.objects.ConfigMaps, objects.ConfigMaps)
	next.slices = byService(s.slices, s.objects.EndpointSlices, objects.EndpointSlices)
	next.classes = newClasses(objects.IngressClasses, settings)
	if !next.chooseAgain(s) {
		next.choose()
	}
	return next, next.foreign
}

// choose finds the Ingresses that are served.
func (s *Snapshot) choose() {
	s.Ingresses, s.foreign = nil, nil
	for _, ingress := range s.objects.Ingresses {
		served, reason := s.classes.serves(ingress)
		if served {
			s.Ingresses = append(s.Ingresses, ingress)
		} else if s.Settings.ReportForeign {
			s.foreign = append(s.foreign, foreign(s.IngressRef(ingress), reason))
		}
	}
	slices.SortFunc(s.Ingresses, precedence)
}

// fewIngresses are put into their places one by one; more are sorted with all others.
const fewIngresses = 64

// chooseAgain takes the Ingresses of the snapshot before and changes those that are others. It is false where that is not
// all: other classes, other settings, and Ingresses of which there is something to say.
func (s *Snapshot) chooseAgain(before *Snapshot) bool {
	if before.services == nil || s.Settings != before.Settings || !slices.Equal(s.objects.IngressClasses, before.objects.IngressClasses) {
		return false
	}
	if len(before.foreign) > 0 {
		return false
	}
	gone, come := difference(before.objects.Ingresses, s.objects.Ingresses)
	if len(gone)+len(come) == 0 {
		s.Ingresses = before.Ingresses
		return true
	}
	if len(gone)+len(come) > fewIngresses {
		return false
	}
	list := slices.Clone(before.Ingresses)
	for _, ingress := range gone {
		if served, _ := s.classes.serves(ingress); !served {
			continue
		}
		at, found := slices.BinarySearchFunc(list, ingress, precedence)
		if !found || list[at] != ingress {
			return false
		}
		list = slices.Delete(list, at, at+1)
	}
	for _, ingress := range come {
		if served, _ := s.classes.serves(ingress); served {
			at, _ := slices.BinarySearchFunc(list, ingress, precedence)
			list = slices.Insert(list, at, ingress)
		} else if s.Settings.ReportForeign {
			return false
		}
	}
	s.Ingresses = list
	return true
}

// Changes are the names under which something is found that is not what another snapshot has, of whatever kind.
func (s *Snapshot) Changes(since *Snapshot) []types.NamespacedName {
	names := s.services.differ(since.services, equal, nil)
	names = s.secrets.differ(since.secrets, equal, names)
	names = s.configMaps.differ(since.configMaps, equal, names)
	names = s.slices.differ(since.slices, slices.Equal, names)
	return s.objects.Positions.differ(since.objects.Positions, names)
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
		if o := s.secrets.find(name); o != nil {
			return o
		}
	case "Service":
		if o := s.services.find(name); o != nil {
			return o
		}
	case "ConfigMap":
		if o := s.configMaps.find(name); o != nil {
			return o
		}
	}
	return nil
}

// Counts tells how many objects of each kind there are; of the Ingresses only those that are served.
func (s *Snapshot) Counts() map[string]int {
	return map[string]int{
		"Ingress": len(s.Ingresses), "IngressClass": len(s.objects.IngressClasses), "Service": s.services.size(),
		"EndpointSlice": len(s.objects.EndpointSlices), "Secret": s.secrets.size(), "ConfigMap": s.configMaps.size(),
		"Namespace": len(s.objects.Namespaces),
	}
}
