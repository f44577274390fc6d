package compile

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/dialect/nginx"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// action turns a backend of an Ingress into what its route does.
func (c *compiler) action(p *ingressPass, b *netv1.IngressBackend, field string) model.Action {
	if b.Service == nil {
		p.Report(issue.Issue{
			Code: issue.BackendUnsupported, Severity: issue.Error, Effect: issue.Withheld, Field: field,
			Message: "The route answers 503: only a Service can be a backend.", Suggestion: field + ".service: {name: …, port: {number: 80}}",
		})
		return model.Withhold{Status: 503, Reason: "its backend is no Service"}
	}
	return model.Forward{Backend: c.backend(p, b.Service, field)}
}

// backend adds the servers of a Service's port, and says what is missing.
func (c *compiler) backend(p *ingressPass, b *netv1.IngressServiceBackend, field string) model.BackendID {
	id := model.BackendID{Namespace: p.Namespace, Service: b.Name, Port: portName(b.Port)}
	id.Virtual = p.Object().Kind == "Ingress" && nginx.ServiceUpstream(p.Pass)
	known := c.backends[id]
	if known == nil {
		known = &model.Backend{ID: id, Origin: c.snapshot.Ref("Service", id.Namespace, id.Service)}
		c.backends[id] = known
	}
	if len(known.Endpoints) == 0 { // what is wrong is told to every Ingress
		known.Endpoints = c.endpoints(p, id, b.Port, field)
	}
	return id
}

// unserved says what happens to clients of a backend that is missing.
func (p *ingressPass) unserved() string {
	if p.Object().Kind == "ConfigMap" {
		return "Connections are closed"
	}
	if _, canary := nginx.Canary(p.Pass); canary {
		return "The canary gets no requests"
	}
	return "The route answers 503"
}

func portName(p netv1.ServiceBackendPort) string {
	return cmp.Or(p.Name, strconv.Itoa(int(p.Number)))
}

// endpoints returns the servers of a Service port; none, with an issue, if the Service or the port is missing.
func (c *compiler) endpoints(p *ingressPass, id model.BackendID, port netv1.ServiceBackendPort, field string) []model.Endpoint {
	service := c.snapshot.Service(id.Namespace, id.Service)
	if service == nil {
		p.Report(issue.Issue{
			Code: issue.ServiceMissing, Severity: issue.Warning, Effect: issue.Withheld, Field: field + ".service.name",
			Message: fmt.Sprintf("%s: there is no Service %s/%s.", p.unserved(), id.Namespace, id.Service),
		})
		return nil
	}
	if service.Spec.Type == corev1.ServiceTypeExternalName {
		if c.snapshot.Settings.NoExternalName {
			p.Report(issue.Issue{
				Code: issue.BackendUnsupported, Severity: issue.Warning, Effect: issue.Withheld, Field: field + ".service.name",
				Message:    fmt.Sprintf("%s: the Service %s/%s is of type ExternalName, and --disable-svc-external-name is given.", p.unserved(), id.Namespace, id.Service),
				Suggestion: "a Service with endpoints in the cluster",
			})
			return nil
		}
		return externalName(p, service, port, field)
	}
	found := servicePort(service, port)
	if found == nil {
		p.Report(issue.Issue{
			Code: issue.PortMissing, Severity: issue.Warning, Effect: issue.Withheld, Field: field + ".service.port",
			Message: fmt.Sprintf("%s: the Service %s/%s has no port %s.", p.unserved(), id.Namespace, id.Service, id.Port),
		})
		return nil
	}
	if id.Virtual {
		if vip, err := netip.ParseAddr(service.Spec.ClusterIP); err == nil {
			return []model.Endpoint{{Addr: vip.Unmap(), Port: uint16(found.Port)}}
		}
		p.Report(issue.Issue{
			Code: issue.PartialSupport, Severity: issue.Info, Effect: issue.Approximated, Field: field + ".service.name",
			Message: fmt.Sprintf("The Service %s/%s has no cluster IP, so its endpoints are asked.", id.Namespace, id.Service),
		})
	}
	return sliceEndpoints(c.snapshot.EndpointSlices(id.Namespace, id.Service), found, c.zoneFor(service))
}

// servicePort is nil if the Service or the port does not exist.
func servicePort(s *corev1.Service, want netv1.ServiceBackendPort) *corev1.ServicePort {
	if s == nil {
		return nil
	}
	for i := range s.Spec.Ports {
		port := &s.Spec.Ports[i]
		if port.Protocol != "" && port.Protocol != corev1.ProtocolTCP {
			continue
		}
		if want.Name != "" && port.Name == want.Name || want.Name == "" && port.Port == want.Number {
			return port
		}
	}
	return nil
}

// externalName makes a server of a DNS name. Its port is the number that the Ingress asks for, as in ingress-nginx.
func externalName(p *ingressPass, s *corev1.Service, want netv1.ServiceBackendPort, field string) []model.Endpoint {
	number := int(want.Number)
	if port := servicePort(s, want); port != nil {
		number = int(port.Port)
		if n := port.TargetPort.IntValue(); n > 0 {
			number = n
		}
	}
	if addr, err := netip.ParseAddr(s.Spec.ExternalName); err == nil && number > 0 {
		return []model.Endpoint{{Addr: addr, Port: uint16(number)}}
	}
	name, err := model.ParseHostname(s.Spec.ExternalName)
	if err != nil || name == "" || name.Wildcard() || number < 1 || number > 65535 {
		p.Report(issue.Issue{
			Code: issue.PortMissing, Severity: issue.Warning, Effect: issue.Withheld, Field: field + ".service",
			Message: fmt.Sprintf("%s: the Service %s/%s names no host and port outside.", p.unserved(), s.Namespace, s.Name),
		})
		return nil
	}
	return []model.Endpoint{{Name: string(name), Port: uint16(number)}}
}

// sliceEndpoints collects the addresses that are ready, and those that end but still serve: of those that are meant for
// zone, if it is not "" and hints allow.
func sliceEndpoints(list []*discoveryv1.EndpointSlice, port *corev1.ServicePort, zone string) []model.Endpoint {
	var out, near []model.Endpoint
	hinted := zone != ""
	for _, slice := range list {
		number, ok := slicePort(slice, port)
		if !ok {
			continue
		}
		for i := range slice.Endpoints {
			e := &slice.Endpoints[i]
			ready, draining := readiness(&e.Conditions)
			if !ready && !draining {
				continue
			}
			meant := hintedFor(e, zone)
			hinted = hinted && (meant || e.Hints != nil && len(e.Hints.ForZones) > 0)
			for _, text := range e.Addresses {
				if addr, err := netip.ParseAddr(text); err == nil {
					out = append(out, model.Endpoint{Addr: addr.Unmap(), Port: number, Draining: draining})
					if meant {
						near = append(near, out[len(out)-1])
					}
				}
			}
		}
	}
	if hinted && len(near) > 0 {
		return normal(near)
	}
	return normal(out)
}

// readiness follows KEP-1672: an unset ready means ready; what terminates and still serves keeps its connections.
func readiness(c *discoveryv1.EndpointConditions) (ready, draining bool) {
	yes := func(b *bool) bool { return b == nil || *b }
	if c.Terminating != nil && *c.Terminating {
		return false, yes(c.Serving)
	}
	return yes(c.Ready), false
}

// slicePort finds the port of a slice that belongs to a port of the Service: the same name (KEP-752).
func slicePort(s *discoveryv1.EndpointSlice, port *corev1.ServicePort) (uint16, bool) {
	for _, p := range s.Ports {
		tcp := p.Protocol == nil || *p.Protocol == corev1.ProtocolTCP
		name := ""
		if p.Name != nil {
			name = *p.Name
		}
		if tcp && name == port.Name && p.Port != nil && *p.Port > 0 && *p.Port < 65536 {
			return uint16(*p.Port), true
		}
	}
	return 0, false
}

// normal sorts and removes repetitions; an address that is ready in one slice and ends in another is ready.
func normal(list []model.Endpoint) []model.Endpoint {
	slices.SortFunc(list, func(a, b model.Endpoint) int {
		if d := a.Compare(b); d != 0 || a.Draining == b.Draining {
			return d
		}
		if a.Draining {
			return 1
		}
		return -1
	})
	return slices.CompactFunc(list, func(a, b model.Endpoint) bool { return a.Compare(b) == 0 })
}
