package compile

import (
	"fmt"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

const defaultServiceFlag = "--default-backend-service"

// defaultService is the Service of --default-backend-service, for what nothing else serves. It is all that parts have to
// know of it; its endpoints belong to a part of their own.
type defaultService struct {
	ref     issue.Ref
	backend model.BackendID // the zero value: there is none
}

func defaultServiceOf(s *snapshot.Snapshot) defaultService {
	name := s.Settings.DefaultBackend
	if name.Name == "" {
		return defaultService{}
	}
	out := defaultService{ref: s.Ref("Service", name.Namespace, name.Name)}
	if service := s.Service(name.Namespace, name.Name); service != nil && len(service.Spec.Ports) > 0 {
		port := netv1.ServiceBackendPort{Number: service.Spec.Ports[0].Port}
		out.backend = model.BackendID{Namespace: name.Namespace, Service: name.Name, Port: portName(port)}
	}
	return out
}

func (c *compiler) defaultServicePass() *ingressPass {
	return &ingressPass{dialect.NewPass(c.snapshot, c.rest.ref, nil), &netv1.Ingress{}}
}

// addDefaultService serves what nothing else serves on the hosts, and on unknown ones. A host's own protection holds there,
// too.
func (c *compiler) addDefaultService(unknown bool) {
	if c.rest.backend == (model.BackendID{}) {
		return
	}
	p := c.defaultServicePass()
	if unknown {
		c.passes = append(c.passes, p.Pass)
		c.hostFor(p, "", defaultServiceFlag)
	}
	for _, h := range c.sortedHosts() {
		if h.fallback == nil {
			h.fallback = &route{pass: p, Route: &model.Route{
				Match:  model.Match{Kind: model.Prefix, Path: "/"},
				Action: model.Forward{Backend: c.rest.backend}, Ingress: p.Object(), Origins: []issue.Ref{p.Object()},
			}}
		}
	}
}

// addDefaultEndpoints adds the endpoints of that Service, and says what is wrong with it.
func (c *compiler) addDefaultEndpoints() {
	p := c.defaultServicePass()
	c.passes = append(c.passes, p.Pass)
	name := c.snapshot.Settings.DefaultBackend
	service := c.snapshot.Service(name.Namespace, name.Name)
	if service == nil || len(service.Spec.Ports) == 0 {
		p.Report(issue.Issue{
			Code: issue.ServiceMissing, Severity: issue.Warning, Effect: issue.Ignored, Field: defaultServiceFlag,
			Message: fmt.Sprintf("What nothing else serves gets 404: there is no Service %s with a port.", name),
		})
		return
	}
	c.backend(p, &netv1.IngressServiceBackend{Name: name.Name, Port: netv1.ServiceBackendPort{Number: service.Spec.Ports[0].Port}}, defaultServiceFlag)
}
