package compile

import (
	"fmt"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// addDefaultService serves what nothing else serves, on every host and on unknown ones, from the Service of
// --default-backend-service. A host's own protection holds there, too. What is wrong with the Service is said where unknown
// hosts are served.
func (c *compiler) addDefaultService(unknown bool) {
	name := c.snapshot.Settings.DefaultBackend
	if name.Name == "" {
		return
	}
	const field = "--default-backend-service"
	p := &ingressPass{dialect.NewPass(c.snapshot, c.snapshot.Ref("Service", name.Namespace, name.Name), nil), &netv1.Ingress{}}
	if unknown {
		c.passes = append(c.passes, p.Pass)
	}
	service := c.snapshot.Service(name.Namespace, name.Name)
	if service == nil || len(service.Spec.Ports) == 0 {
		p.Report(issue.Issue{
			Code: issue.ServiceMissing, Severity: issue.Warning, Effect: issue.Ignored, Field: field,
			Message: fmt.Sprintf("What nothing else serves gets 404: there is no Service %s with a port.", name),
		})
		return
	}
	action := c.action(p, &netv1.IngressBackend{Service: &netv1.IngressServiceBackend{
		Name: name.Name, Port: netv1.ServiceBackendPort{Number: service.Spec.Ports[0].Port},
	}}, field)
	if unknown {
		c.hostFor(p, "", field)
	}
	for _, h := range c.sortedHosts() {
		if h.fallback == nil {
			h.fallback = &route{pass: p, Route: &model.Route{
				Match: model.Match{Kind: model.Prefix, Path: "/"}, Action: action, Ingress: p.Object(), Origins: []issue.Ref{p.Object()},
			}}
		}
	}
}
