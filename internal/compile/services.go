package compile

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/model"
)

// addServices gives the endpoints of the Services that a route asks besides its backend. An authentication without
// endpoints lets nobody in; a service for errors without them says nothing.
func (c *compiler) addServices(p *ingressPass, r *model.Route) {
	if auth := r.Policy.ExternalAuth; auth != nil {
		c.addService(auth.Service.Backend)
	}
	if e := r.Policy.Errors; e != nil {
		c.addService(e.Service.Backend)
	}
	if m := r.Policy.Mirror; m != nil {
		c.addService(m.Service.Backend)
	}
	if r.StandIn == nil {
		return
	}
	if s := c.snapshot.Service(r.StandIn.Namespace, r.StandIn.Service); s.Spec.Type == corev1.ServiceTypeExternalName {
		known := c.backendOf(*r.StandIn)
		known.Endpoints = externalName(p, s, netv1.ServiceBackendPort{Number: s.Spec.Ports[0].Port}, "metadata.annotations")
		return
	}
	c.addService(*r.StandIn)
}

func (c *compiler) backendOf(id model.BackendID) *model.Backend {
	known := c.backends[id]
	if known == nil {
		known = &model.Backend{ID: id, Origin: c.snapshot.Ref("Service", id.Namespace, id.Service)}
		c.backends[id] = known
	}
	return known
}

func (c *compiler) addService(id model.BackendID) {
	if id == (model.BackendID{}) {
		return
	}
	known := c.backendOf(id)
	number, _ := strconv.Atoi(id.Port) // 0 is no port
	service := c.snapshot.Service(id.Namespace, id.Service)
	port := servicePort(service, netv1.ServiceBackendPort{Number: int32(number)})
	if len(known.Endpoints) == 0 && port != nil {
		known.Endpoints = sliceEndpoints(c.snapshot.EndpointSlices(id.Namespace, id.Service), port, c.zoneFor(service))
	}
}
