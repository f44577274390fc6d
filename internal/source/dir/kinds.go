package dir

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// kind is a kind that is read, in the one version that is read.
type kind struct {
	name       string
	apiVersion string
	cluster    bool // belongs to no namespace
	make       func() metav1.Object
}

// group is the part of an apiVersion before the slash; the core group has none.
func group(apiVersion string) string {
	g, _, ok := strings.Cut(apiVersion, "/")
	if !ok {
		return ""
	}
	return g
}

// kindOf finds a kind by its name.
func kindOf(name string) (kind, bool) {
	switch name {
	case "Ingress":
		return kind{name, "networking.k8s.io/v1", false, func() metav1.Object { return new(netv1.Ingress) }}, true
	case "IngressClass":
		return kind{name, "networking.k8s.io/v1", true, func() metav1.Object { return new(netv1.IngressClass) }}, true
	case "Service":
		return kind{name, "v1", false, func() metav1.Object { return new(corev1.Service) }}, true
	case "EndpointSlice":
		return kind{name, "discovery.k8s.io/v1", false, func() metav1.Object { return new(discoveryv1.EndpointSlice) }}, true
	case "Endpoints":
		return kind{name, "v1", false, func() metav1.Object { return new(corev1.Endpoints) }}, true
	case "Secret":
		return kind{name, "v1", false, func() metav1.Object { return new(corev1.Secret) }}, true
	case "ConfigMap":
		return kind{name, "v1", false, func() metav1.Object { return new(corev1.ConfigMap) }}, true
	case "Namespace":
		return kind{name, "v1", true, func() metav1.Object { return new(corev1.Namespace) }}, true
	}
	return kind{}, false
}

// foreign reports whether an apiVersion belongs to somebody else's API group, which may have a kind of the same
// name: Knative has a Service, OpenShift an Ingress. Anything below k8s.io is a slip of the pen instead.
func foreign(apiVersion string) bool {
	g := group(apiVersion)
	return strings.Contains(g, ".") && g != "k8s.io" && !strings.HasSuffix(g, ".k8s.io")
}
