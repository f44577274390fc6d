package render

import (
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const (
	routeMap = "maps/route.map" // host key and path -> route: the longest key that the request begins with

	// exactEnd ends the path of a request, so that a key with it is an exact path. It stands in no path: a percent sign is
	// written as %25 (pathKey).
	exactEnd = "%."
)

// A route in a map is its flags, "|" and its backend, whose name says to whom it belongs: namespace, Ingress, service and
// port. Where another backend serves it for the time being, "|" and that name follow.
//
// flagSlash, flagSecure and flagForced may have a style behind them: how the Location is written.
const (
	flagNone        = "-"    // nothing; of a plain route
	flagSlash       = "s"    // 301 to the path with a slash
	flagSecure      = "r"    // plain HTTP goes to HTTPS, aliases aside
	flagForced      = "f"    // plain HTTP goes to HTTPS
	flagForbidden   = "c403" // closed
	flagUnavailable = "c503"
	flagLater       = "l" // the backend sends plain HTTP to HTTPS, after rules of its own

	styleKeep     = "k"
	stylePort     = "p"
	styleRelative = "r"
)

// routeMaps puts every route where a request finds it with one lookup, however many hosts and paths there are.
func (r *renderer) routeMaps(hosts []*model.Host) {
	for _, h := range hosts {
		if hasExpressions(h) {
			continue
		}
		taken := map[string]bool{}
		add := func(path, end, value string) {
			if k := pathKey(path) + end; !taken[k] {
				taken[k] = true
				r.addEntry(routeMap, h, key(h.Name)+k, value)
			}
		}
		for _, route := range h.Routes {
			value := r.routeValue(h, route)
			switch {
			case route.Match.Kind == model.Exact:
				add(route.Match.Path, exactEnd, value)
			case route.Match.Kind == model.Start, strings.HasSuffix(route.Match.Path, "/"):
				add(route.Match.Path, "", value)
			default:
				add(route.Match.Path, exactEnd, value)
				add(route.Match.Path+"/", "", value)
			}
		}
	}
}

// pathKey writes a path as pathRules do: a key of a map ends at the first blank.
func pathKey(path string) string {
	if !strings.ContainsAny(path, "% \t") {
		return path
	}
	return strings.NewReplacer("%", "%25", " ", "%20", "\t", "%09").Replace(path)
}

func (r *renderer) routeValue(h *model.Host, route *model.Route) string {
	switch action := route.Action.(type) {
	case model.SlashRedirect:
		return slashFlag(route.Policy.Links) + "|" + ownerName(route)
	case model.Withhold:
		return closedFlag(action.Status) + "|" + ownerName(route)
	case model.Forward, model.Redirect, model.Respond:
		g := r.groupFor(route)
		if r.standsIn(route) {
			g = g.standIn
		}
		flags, plain := flagNone, g.settled && plainHost(h)
		switch {
		case g.canary != nil && route.Policy.HTTPS == model.HTTPSNever:
			flags = flagCanary
		case g.canary != nil:
			flags = flagCanaryLater
		case route.Policy.HTTPS == model.HTTPSNever && plain:
		case route.Policy.HTTPS == model.HTTPSNever:
			flags = wholeWay
		case plain:
			flags = secureFlag(route.Policy)
		case g.settled:
			flags = wholeWay + secureFlag(route.Policy)
		default:
			flags = flagLater
		}
		return flags + "|" + g.name
	default:
		panic(fmt.Sprintf("route %s has an action that is none: %T", route.Match.Path, action))
	}
}

// ownerName stands for the backend of a route that has none, so that the access log names the Ingress.
func ownerName(route *model.Route) string {
	return safe(route.Ingress.Namespace) + ":" + safe(route.Ingress.Name) + ":-:-"
}

// closedFlag closes a route. There is one for each status that a closed route may answer with.
func closedFlag(status int) string {
	switch status {
	case 403:
		return flagForbidden
	case 503:
		return flagUnavailable
	default:
		panic(fmt.Sprintf("a closed route can't answer %d", status))
	}
}

// routeRules find the route: the longest key (map_beg). That of an exact path is longer than any prefix.
func routeRules() []cfg.Line {
	return []cfg.Line{set("txn.route", cfg.Var("txn.key").Conv("concat", "", "txn.path", exactEnd).Conv("map_beg", routeMap))}
}

// backendOf is the backend of a route, whose name HAProxy looks up; a route without one ends in the default backend.
func backendOf(route cfg.Sample) cfg.Sample { return route.Conv("field", "2", "|") }

func routeFlags() cfg.Sample { return cfg.Var("txn.route").Conv("field", "1", "|") }
