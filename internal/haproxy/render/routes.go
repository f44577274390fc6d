package render

import (
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const (
	exactMap  = "maps/exact.map"  // host key and path -> route
	prefixMap = "maps/prefix.map" // host key and the beginning of a path, up to a slash -> route
)

// A route in a map is its flags, "|" and its backend, whose name says to whom it belongs: namespace, Ingress, service and
// port. Where another backend serves it for the time being, "|" and that name follow.
//
// flagSlash, flagSecure and flagForced may have a style behind them: how the Location is written.
const (
	flagNone        = "-"
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

// routeMaps puts every route where a request finds it with two lookups, however many hosts and paths there are.
func (r *renderer) routeMaps(hosts []*model.Host) {
	for _, h := range hosts {
		if hasExpressions(h) {
			continue
		}
		taken := map[string]bool{}
		add := func(file, path, value string) {
			if !taken[file+path] {
				taken[file+path] = true
				r.addEntry(file, h, key(h.Name)+pathKey(path), value)
			}
		}
		for _, route := range h.Routes {
			value := r.routeValue(route)
			switch {
			case route.Match.Kind == model.Exact:
				add(exactMap, route.Match.Path, value)
			case route.Match.Kind == model.Start, strings.HasSuffix(route.Match.Path, "/"):
				add(prefixMap, route.Match.Path, value)
			default:
				add(exactMap, route.Match.Path, value)
				add(prefixMap, route.Match.Path+"/", value)
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

func (r *renderer) routeValue(route *model.Route) string {
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
		flags := flagNone
		switch {
		case g.canary != nil && route.Policy.HTTPS == model.HTTPSNever:
			flags = flagCanary
		case g.canary != nil:
			flags = flagCanaryLater
		case route.Policy.HTTPS == model.HTTPSNever:
		case g.settled:
			flags = secureFlag(route.Policy)
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

// routeRules find the route. An exact path wins over the longest prefix (map_beg finds that one).
func routeRules() []cfg.Line {
	route, full := cfg.Var("txn.route"), cfg.Var("txn.full")
	return []cfg.Line{
		set("txn.full", cfg.Var("txn.key").Conv("concat", "", "txn.path")),
		set("txn.route", full.Conv("map", exactMap)),
		set("txn.route", full.Conv("map_beg", prefixMap)).Unless(cfg.Found(route)),
	}
}

// backendOf is the backend of a route, whose name HAProxy looks up; a route without one ends in the default backend.
func backendOf(route cfg.Sample) cfg.Sample { return route.Conv("field", "2", "|") }

func routeFlags() cfg.Sample { return cfg.Var("txn.route").Conv("field", "1", "|") }
