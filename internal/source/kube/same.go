package kube

import (
	"bytes"
	"maps"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
)

// The functions of this file compare what a compile reads. Everything else of an object changes without an effect on
// traffic: the status of an Ingress, the time of the last change of a slice.

func sameIngress(a, b *netv1.Ingress) bool {
	return maps.Equal(a.Annotations, b.Annotations) && a.UID == b.UID && equality.Semantic.DeepEqual(&a.Spec, &b.Spec)
}

func sameClass(a, b *netv1.IngressClass) bool {
	return maps.Equal(a.Annotations, b.Annotations) && a.Spec.Controller == b.Spec.Controller
}

func sameService(a, b *corev1.Service) bool {
	return maps.Equal(a.Annotations, b.Annotations) && equality.Semantic.DeepEqual(&a.Spec, &b.Spec)
}

func sameSlice(a, b *discoveryv1.EndpointSlice) bool {
	return maps.Equal(a.Labels, b.Labels) && equality.Semantic.DeepEqual(a.Ports, b.Ports) &&
		equality.Semantic.DeepEqual(a.Endpoints, b.Endpoints)
}

func sameSecret(a, b *corev1.Secret) bool {
	return a.Type == b.Type && maps.EqualFunc(a.Data, b.Data, bytes.Equal)
}

func sameConfigMap(a, b *corev1.ConfigMap) bool { return maps.Equal(a.Data, b.Data) }

func sameNamespace(a, b *corev1.Namespace) bool { return maps.Equal(a.Labels, b.Labels) }

// shareIngress: Hawser's own status makes another version of each Ingress.
func shareIngress(was, is *netv1.Ingress) { is.Annotations, is.Spec = was.Annotations, was.Spec }
