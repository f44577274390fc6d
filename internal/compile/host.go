package compile

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// finishHost runs the features over a host that has all its routes, and orders them.
func (c *compiler) finishHost(h *host, settings *dialect.Pass) {
	for _, p := range h.ingresses {
		for _, f := range c.registry.Features {
			if f.Host != nil {
				f.Host(p.Pass, h.Host)
			}
		}
	}
	c.applyGlobalClientCert(h)
	if f := h.fallback; f != nil && h.routes[f.Match] == nil {
		h.routes[f.Match] = f
	} else if f != nil {
		reportUnused(f.pass, h, h.routes[f.Match])
	}
	for _, r := range h.routes {
		c.finishRoute(h, r, settings)
	}
	c.addLocations(h)
	c.attachCanaries(h)
	routes, ok := c.expressions(h)
	if !ok {
		addSlashRedirects(h)
		routes = sortedRoutes(h.routes)
	}
	routes = c.applyHostRules(h, routes)
	h.Routes = routes
	h.AppRoot = appRoot(routes)
	passThrough(h)
	c.checkPatterns(h)
}

// applyGlobalClientCert gives the controller's policy to a host without one. A host that asks for "off" has one.
func (c *compiler) applyGlobalClientCert(h *host) {
	if h.ClientCert == nil {
		h.ClientCert = c.global.ClientCert
	}
	if reason, refused := c.refused(h); refused && h.ClientCert != nil {
		h.ClientCert = h.ClientCert.Closed(reason)
	}
}

func (c *compiler) refused(h *host) (string, bool) {
	if h.ClientCert == nil {
		return "", false
	}
	for _, ref := range []issue.Ref{h.ClientCert.Origin, h.ClientCert.Secret} {
		if reason, ok := c.options.Refused[ref]; ok {
			return reason, true
		}
	}
	return "", false
}

// finishRoute runs the features over a route; a guard that can't be honoured closes it.
func (c *compiler) finishRoute(h *host, r *route, settings *dialect.Pass) {
	for _, f := range c.registry.Features {
		if f.Route != nil {
			f.Route(r.pass.Pass, r.Route)
		}
	}
	c.addServices(r.pass, r.Route)
	if r.Policy.HTTPS == model.HTTPSIfSecure && !h.Secure {
		r.Policy.HTTPS = model.HTTPSNever
	}
	if reason := cmp.Or(r.pass.Withheld(), settings.Withheld(), c.trust(h, r.Route)); reason != "" {
		r.Action = model.Withhold{Status: 503, Reason: reason}
	}
}

// addSlashRedirects makes GET /foo a redirect to /foo/ where only /foo/ is served, as nginx does for such locations.
func addSlashRedirects(h *host) {
	for _, match := range slices.SortedFunc(maps.Keys(h.routes), compareMatches) {
		r := h.routes[match]
		bare := strings.TrimSuffix(match.Path, "/")
		if bare == match.Path || bare == "" || match.Kind == model.Start || match.Kind == model.Regex {
			continue
		}
		exact := model.Match{Kind: model.Exact, Path: bare}
		taken := h.routes[exact] != nil || h.routes[model.Match{Kind: model.Prefix, Path: bare}] != nil
		if taken {
			continue
		}
		h.routes[exact] = &route{pass: r.pass, Route: &model.Route{
			Match: exact, Action: model.SlashRedirect{}, Policy: model.Policy{Links: r.Policy.Links},
			Ingress: r.Ingress, Origins: r.Origins,
		}}
	}
}

// sortedRoutes orders by precedence: an exact path before prefixes, a longer prefix before a shorter one.
func sortedRoutes(routes map[model.Match]*route) []*model.Route {
	var out []*model.Route
	for _, r := range routes {
		out = append(out, r.Route)
	}
	slices.SortFunc(out, func(a, b *model.Route) int { return compareMatches(a.Match, b.Match) })
	return out
}

func compareMatches(a, b model.Match) int {
	exact := func(m model.Match) int { return min(int(m.Kind), 1) }
	return cmp.Or(
		cmp.Compare(exact(a), exact(b)),
		cmp.Compare(len(b.Path), len(a.Path)),
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Kind, b.Kind),
	)
}
