package render

import (
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// The shortcut spares a common request the rules that have nothing to say about it. What a rule costs is mostly that HAProxy
// has to fetch it from memory, so forty rules that don't hold cost more than the headers that are set.
//
// A request takes it if its Host is the name of a host as it stands in the table, its path is what pathRules would make of
// it, and its route is plain: nothing that the frontend asks after names is asked of that route or its host. All others
// go the whole way, where nothing is taken from what was looked up here.

// mostNames is what a Host may have if it is a key as it stands: no port, no capital, no slash, and not the star of a
// wildcard or of the catch-all.
const mostNames = `\A[a-z0-9._-]+\z`

// evenPath is a path that pathRules leave alone.
const evenPath = `\A(?:/(?![/.])[^%/]*+)++\z`

// shortcut reports whether there is one. There is none where rules that stand before the routes read what those behind
// them change, or the names that the shortcut does not find out.
func (r *renderer) shortcut() bool { return r.findOut().shortcut }

// findings are what the rules of both frontends depend on, and what takes a look at every route.
type findings struct {
	shortcut bool
	came     []cfg.Line
}

func (r *renderer) findOut() *findings {
	if r.found == nil {
		r.found = &findings{r.mayTakeShortcut(), r.cameOf()}
	}
	return r.found
}

func (r *renderer) mayTakeShortcut() bool {
	g := r.model.Global
	told := g.Forwarded != nil && g.Forwarded.Headers // the Host is changed behind the routes
	return !told && !r.passes() && len(r.blockRules()) == 0 && len(g.Headers.Request) == 0 && !r.canariesRead()
}

// canariesRead: a canary is chosen by a header that the controller changes.
func (r *renderer) canariesRead() bool {
	return slices.ContainsFunc(r.canaries(), func(g *group) bool {
		name := strings.ToLower(g.routes[0].Canary.Header)
		return name == "keep-alive" || slices.Contains(ownHeaders(), name)
	})
}

// plainHost: the frontend asks nothing of it between its name and its routes.
func plainHost(h *model.Host) bool {
	return h.ClientCert == nil && h.AppRoot == "" && h.Passthrough == nil && h.Rules == nil
}

// wholeWay marks the flags of a route that is not plain, unless they lead away from the shortcut anyway.
const wholeWay = "="

// shortcutRules find the route of a request that may take the shortcut, and end the rules of the frontend for it. A redirect
// to HTTPS is asked for on the port of HTTP only, unless a proxy in front tells what the client speaks.
func (r *renderer) shortcutRules(p port) []cfg.Line {
	host, route := cfg.Fetch("req.fhdr", "host"), cfg.Var("txn.route")
	out := []cfg.Line{
		set("txn.route", cfg.Fetch("base").Conv("concat", exactEnd).Conv("map_beg", routeMap)).
			If(cfg.And(cfg.Match(host, cfg.Regex, mostNames), cfg.Match(cfg.Fetch("path"), cfg.Regex, evenPath))),
	}
	plainFlags := []string{flagNone + "|"}
	if p == secure && !r.schemeTold() {
		plainFlags = append(plainFlags, flagSecure, flagForced)
	}
	if r.namesRead() {
		found := cfg.Found(route)
		out = append(out,
			set("txn.host", host).If(found),
			set("txn.key", host).If(found),
			set("txn.path", cfg.Fetch("path")).If(found))
	}
	out = append(out, cfg.L("http-request allow").If(cfg.And(cfg.Match(route, cfg.Prefix, plainFlags...), cfg.Not(traced()))))
	forget := []string{"txn.route"}
	if r.namesRead() {
		forget = append(forget, "txn.key")
	}
	for _, name := range forget {
		out = append(out, cfg.L("http-request", cfg.Call("unset-var", name)))
	}
	return out
}

// namesRead: something that every request has reads its names, such as the access log.
func (r *renderer) namesRead() bool {
	return len(r.accessLog()) > 0 || len(r.model.Global.Headers.Response) > 0
}
