package render

import (
	"cmp"
	"slices"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// secureMap has, for a backend whose servers are spoken to as the client speaks, the one for HTTPS. Its own servers are
// for HTTP.
const secureMapFile = "maps/secure-backend.map"

// secureOf finds the backend with TLS for a route that has both.
func (n *grouping) secureOf(h *model.Host, route *model.Route, g *group) {
	u := route.Policy.Upstream
	if _, forwards := route.Action.(model.Forward); !forwards || u == nil || !u.Auto {
		return
	}
	twin := *route
	twin.Canary = nil
	twin.Policy.Upstream = &model.Upstream{TLS: true, Trust: u.Trust}
	g.secure = n.groupOf(h, &twin, "secure of "+g.name)
}

func (r *renderer) secureGroups() []*group {
	var out []*group
	for _, g := range r.groups {
		if g.secure != nil {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b *group) int { return cmp.Compare(a.name, b.name) })
	return out
}

func (r *renderer) secureMap() {
	for _, g := range r.secureGroups() {
		r.bundle.Maps[secureMapFile] = append(r.bundle.Maps[secureMapFile], r.entry(g.ingress, g.name, g.secure.name))
	}
}

// secureRules are for the port of HTTPS: the scheme is that of the connection, whatever a proxy in front says.
func (r *renderer) secureRules(p port) []cfg.Line {
	if p != secure || len(r.secureGroups()) == 0 {
		return nil
	}
	other := cfg.Var("txn.secure_backend")
	return []cfg.Line{
		set("txn.secure_backend", backendOf(cfg.Var("txn.route")).Conv("map", secureMapFile)),
		set("txn.route", routeFlags().Conv("concat", "|", "txn.secure_backend")).If(cfg.Found(other)),
	}
}
