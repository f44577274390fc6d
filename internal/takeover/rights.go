package takeover

import (
	"context"
	"fmt"
	"strings"

	authv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Rights finds what the caller may not do of what a plan does and undoes, so that no takeover ends half-way for want of it.
func Rights(ctx context.Context, k kubernetes.Interface, s *Scene) ([]Finding, error) {
	var out []Finding
	asked := map[string]bool{}
	ask := func(verb, group, resource, namespace, name string, object issue.Ref) error {
		if key := strings.Join([]string{verb, resource, namespace, name}, " "); asked[key] {
			return nil
		} else {
			asked[key] = true
		}
		review := &authv1.SelfSubjectAccessReview{Spec: authv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authv1.ResourceAttributes{
			Namespace: namespace, Verb: verb, Group: group, Resource: resource, Name: name,
		}}}
		answer, err := k.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
		if err != nil {
			return fmt.Errorf("ask for the own rights: %w", err)
		}
		if !answer.Status.Allowed {
			out = append(out, finding(Blocking, "rights/missing", object, []string{"kubectl auth can-i " + verb + " " + resource + "/" + name},
				"You may not %s it, and the takeover or its rollback has to.", verb))
		}
		return nil
	}
	for _, c := range Needs(s.Plan()) {
		path, err := c.path()
		if err != nil {
			return nil, err
		}
		parts := strings.Split(path, "/") // /apis/GROUP/v1/[namespaces/NS/]RESOURCE/NAME, or /api/v1/…
		group, resource := "", parts[len(parts)-2]
		if parts[1] == "apis" {
			group = parts[2]
		}
		if err := ask(string(c.Verb), group, resource, c.Namespace, c.Name, issue.Ref{Kind: c.Kind, Namespace: c.Namespace, Name: c.Name}); err != nil {
			return nil, err
		}
	}
	for _, verb := range []string{"create", "update", "delete"} {
		if err := ask(verb, "", "configmaps", s.New.Namespace, stateName, issue.Ref{Kind: "ConfigMap", Namespace: s.New.Namespace, Name: stateName}); err != nil {
			return nil, err
		}
	}
	return out, nil
}
