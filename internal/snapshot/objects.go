package snapshot

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Objects is what a source hands over: every object of the kinds that the compile reads, in any order. The source must not
// write into an object or a list after it handed it over; what stays the same should stay the same pointer at the same place,
// as a change costs what is at another one.
type Objects struct {
	Ingresses      []*netv1.Ingress
	IngressClasses []*netv1.IngressClass
	Services       []*corev1.Service
	EndpointSlices []*discoveryv1.EndpointSlice // a source turns v1 Endpoints into slices
	Secrets        []*corev1.Secret
	ConfigMaps     []*corev1.ConfigMap
	Namespaces     []*corev1.Namespace

	// Positions has the file and line of objects that came from a manifest; nil otherwise.
	Positions *Positions
}

// Key names an object.
type Key struct{ Kind, Namespace, Name string }

// Ref names an object for an issue, with its position if it has one.
func (o *Objects) Ref(kind, namespace, name string) issue.Ref {
	p, _ := o.Position(Key{kind, namespace, name})
	return issue.Ref{Kind: kind, Namespace: namespace, Name: name, File: p.File, Line: p.Line}
}
