package render

import (
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// standInRoute is a route as it is served while its own backend has no endpoints.
func standInRoute(route *model.Route) *model.Route {
	out := *route
	out.Canary, out.StandIn = nil, nil
	out.Action = model.Forward{Backend: *route.StandIn}
	return &out
}

// standsIn reports whether another backend serves a route for the time being: its own has no endpoints, the other has.
// Both are always there, so that a change of endpoints is one of maps.
func (r *renderer) standsIn(route *model.Route) bool {
	forward, forwards := route.Action.(model.Forward)
	return forwards && route.StandIn != nil && r.hasEndpoints(*route.StandIn) && !r.hasEndpoints(forward.Backend)
}

// standInStep tells the service what it stands in for.
func (r *renderer) standInStep(g *group) []cfg.Line {
	if g.missing == (model.BackendID{}) {
		return nil
	}
	return []cfg.Line{
		setHeader("X-Code", cfg.Text("503")),
		setHeader("X-Format", cfg.Print(cfg.Fetch("req.fhdr", "accept"))),
		setHeader("X-Namespace", cfg.Text(g.ingress.Namespace)),
		setHeader("X-Ingress-Name", cfg.Text(g.ingress.Name)),
		setHeader("X-Service-Name", cfg.Text(g.missing.Service)),
		setHeader("X-Service-Port", cfg.Text(g.missing.Port)),
	}
}
