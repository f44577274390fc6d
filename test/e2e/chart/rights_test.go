package chart_test

import (
	"testing"

	authv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// right is one thing the controller may or may not do. Namespace "own" is the release's, "" all of them.
type right struct {
	namespace, verb, group, resource, name string
	may                                    bool
}

// TestRights asks the API server with the chart's own ServiceAccount what it may do, variant by variant.
func TestRights(t *testing.T) {
	c := cluster.Start(t)
	a := newApplier(t, c)
	a.defineForeign(t)
	const networking, discovery, admission = "networking.k8s.io", "discovery.k8s.io", "admissionregistration.k8s.io"
	nowhere := []right{
		{"", "delete", networking, "ingresses", "", false},
		{"", "update", networking, "ingresses", "", false},
		{"", "create", "", "secrets", "", false},
		{"own", "delete", "", "secrets", "", false},
		{"own", "update", "", "secrets", "other", false},
		{"own", "update", "coordination.k8s.io", "leases", "other", false},
		{"", "create", "", "pods", "", false},
		{"", "list", "", "nodes", "", false},
		{"", "patch", admission, "validatingwebhookconfigurations", "other", false},
		{"own", "get", "coordination.k8s.io", "leases", "hawser-leader", true},
		{"own", "create", "coordination.k8s.io", "leases", "", true},
		{"own", "list", "", "pods", "", true},
		{"own", "create", "events.k8s.io", "events", "", true},
	}
	for variant, rights := range map[string][]right{
		"default": {
			{"", "watch", networking, "ingresses", "", true},
			{"", "watch", networking, "ingressclasses", "", true},
			{"", "list", discovery, "endpointslices", "", true},
			{"", "list", "", "secrets", "", true},
			{"", "watch", "", "configmaps", "", true},
			{"", "update", networking, "ingresses/status", "", true},
			{"", "create", "", "events", "", true},
			{"", "list", "", "namespaces", "", false},
			{"own", "create", "", "secrets", "", true},
			{"own", "update", "", "secrets", "hawser-controller-admission", true},
			{"", "patch", admission, "validatingwebhookconfigurations", "hawser-controller-admission", true},
		},
		"shadow": {
			{"", "watch", networking, "ingresses", "", true},
			{"", "update", networking, "ingresses/status", "", false},
			{"own", "create", "", "secrets", "", false},
			{"", "patch", admission, "validatingwebhookconfigurations", "hawser-controller-admission", false},
		},
		"namespaced": {
			{"default", "list", networking, "ingresses", "", true},
			{"default", "update", networking, "ingresses/status", "", true},
			{"default", "list", "", "secrets", "", true},
			{"", "watch", networking, "ingressclasses", "", true},
			{"", "list", networking, "ingresses", "", false},
			{"", "list", "", "secrets", "", false},
			{"own", "list", "", "secrets", "", false},
			{"own", "watch", "", "configmaps", "", true},
		},
		"namespaced-only": {
			{"own", "list", networking, "ingresses", "", true},
			{"own", "list", "", "secrets", "", true},
			{"", "list", networking, "ingresses", "", false},
			{"", "list", networking, "ingressclasses", "", false},
			{"default", "list", "", "secrets", "", false},
		},
		"selector": {{"", "watch", "", "namespaces", "", true}},
		"cert-manager": {
			{"own", "create", "", "secrets", "", false},
			{"", "patch", admission, "validatingwebhookconfigurations", "hawser-controller-admission", false},
		},
	} {
		t.Run(variant, func(t *testing.T) {
			own := c.Namespace(t, nil)
			a.install(t, render(t, variant, own))
			k, err := kubernetes.NewForConfig(c.ServiceAccount(t, own, "hawser"))
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range append(rights, nowhere...) {
				asks(t, k, own, r)
			}
		})
	}
}

func asks(t *testing.T, k kubernetes.Interface, own string, r right) {
	t.Helper()
	attributes := &authv1.ResourceAttributes{
		Namespace: r.namespace, Verb: r.verb, Group: r.group, Resource: r.resource, Name: r.name,
	}
	if r.namespace == "own" {
		attributes.Namespace = own
	}
	for i, c := range r.resource {
		if c == '/' {
			attributes.Resource, attributes.Subresource = r.resource[:i], r.resource[i+1:]
		}
	}
	review := &authv1.SelfSubjectAccessReview{Spec: authv1.SelfSubjectAccessReviewSpec{ResourceAttributes: attributes}}
	answer, err := k.AuthorizationV1().SelfSubjectAccessReviews().Create(t.Context(), review, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status.Allowed != r.may {
		t.Errorf("%s of %s %q in %q: allowed is %t", r.verb, r.resource, r.name, r.namespace, answer.Status.Allowed)
	}
}
