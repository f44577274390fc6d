package compile

import (
	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/model"
)

// addAuthService gives the endpoints of a Service to the authentication that asks it. None means that nobody is let in.
func (c *compiler) addAuthService(auth *model.ExternalAuth) {
	if auth == nil || auth.Service.Backend == (model.BackendID{}) {
		return
	}
	id := auth.Service.Backend
	known := c.backends[id]
	if known == nil {
		known = &model.Backend{ID: id, Origin: c.snapshot.Ref("Service", id.Namespace, id.Service)}
		c.backends[id] = known
	}
	service := c.snapshot.Service(id.Namespace, id.Service)
	port := servicePort(service, netv1.ServiceBackendPort{Number: int32(auth.Service.Port)})
	if len(known.Endpoints) == 0 && port != nil {
		known.Endpoints = sliceEndpoints(c.snapshot.EndpointSlices(id.Namespace, id.Service), port, c.zoneFor(service))
	}
}
