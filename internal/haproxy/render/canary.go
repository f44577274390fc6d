package render

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const (
	canaryMap = "maps/canary.map" // backend that has a canary -> the canary
	homeMap   = "maps/home.map"   // backend that has a canary, "|", cookie of a session -> where the session is
)

// A canary in its map is the route to it, its weight of chance, its header with the rule and the value (or number of the
// expression), its cookie, and the cookie of the session, with ";" between them. All of these can change at run time,
// except names of headers and cookies that no other canary has, and expressions.
const (
	chance = 1 << 30

	sideMain   = "m"
	sideCanary = "c"

	byWord    = "w"
	byValue   = "v"
	byPattern = "p"
	byBroken  = "b"
)

// flagCanary and flagCanaryLater stand for flagNone and flagLater on a route that has a canary.
const (
	flagCanary      = "y"
	flagCanaryLater = "yl"
)

// canaryRoute is the canary as a route of its own: the policy is that of the route whose requests it gets.
func canaryRoute(route *model.Route) *model.Route {
	out := *route
	out.Canary = nil
	out.Ingress = route.Canary.Ingress
	out.Action = model.Forward{Backend: route.Canary.Backend}
	out.Policy.Session, out.Policy.Balance = route.Canary.Session, route.Canary.Balance
	return &out
}

// canaries are the groups whose routes have one, by name.
func (r *renderer) canaries() []*group {
	var out []*group
	for _, g := range r.groups {
		if g.canary != nil {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b *group) int { return cmp.Compare(a.name, b.name) })
	return out
}

// patternsOf numbers the expressions of all canaries, from 1.
func patternsOf(groups []*group) []string {
	known := map[string]bool{}
	for _, g := range groups {
		if c := g.routes[0].Canary; c.By == model.HeaderPattern {
			known[c.Value] = true
		}
	}
	return slices.Sorted(maps.Keys(known))
}

// canaryMaps has an entry for each canary that can get requests. A route without endpoints answers 503, whatever its
// canary could do; a canary without endpoints gets nothing.
func (r *renderer) canaryMaps() {
	groups := r.canaries()
	if len(groups) == 0 {
		return
	}
	r.bundle.Maps[canaryMap], r.bundle.Maps[homeMap] = nil, nil
	patterns := patternsOf(groups)
	for _, g := range groups {
		c := g.routes[0].Canary
		here, there := r.backend(g.action.(model.Forward).Backend), r.backend(c.Backend)
		if len(here.Endpoints) == 0 || len(there.Endpoints) == 0 {
			continue
		}
		r.bundle.Maps[canaryMap] = append(r.bundle.Maps[canaryMap], r.entry(c.Ingress, g.name, r.canaryValue(g, c, patterns)))
		if sessionOf(g) == "" {
			continue
		}
		r.homes(g, here, sideMain, g.policy.Session)
		r.homes(g, there, sideCanary, c.Session)
	}
}

// homes tells for the cookie of each endpoint which backend it belongs to.
func (r *renderer) homes(g *group, b *model.Backend, side string, s *model.Session) {
	if s == nil || side == sideCanary && g.action == (model.Forward{Backend: b.ID}) {
		return
	}
	for _, e := range b.Endpoints {
		if !e.Addr.IsValid() {
			continue
		}
		k := g.name + "|" + cookieValue(b.ID, netip.AddrPortFrom(e.Addr, e.Port))
		r.bundle.Maps[homeMap] = append(r.bundle.Maps[homeMap], r.entry(g.ingress, k, side))
	}
}

// sessionOf is the cookie that decides about a canary before anything else; "" if there is none.
func sessionOf(g *group) string {
	if s := g.policy.Session; s != nil {
		return s.Name
	}
	if s := g.routes[0].Canary.Session; s != nil {
		return s.Name
	}
	return ""
}

func (r *renderer) canaryValue(g *group, c *model.Canary, patterns []string) string {
	flags := flagNone
	if g.policy.HTTPS != model.HTTPSNever {
		flags = flagLater
	}
	by, value := byWord, ""
	switch c.By {
	case model.HeaderWord:
	case model.HeaderValue:
		by, value = byValue, c.Value
	case model.HeaderPattern:
		by, value = byPattern, strconv.Itoa(slices.Index(patterns, c.Value)+1)
	case model.HeaderBroken:
		by = byBroken
	}
	weight := int64(c.Weight) * chance / int64(c.Total)
	return strings.Join([]string{
		flags + "|" + g.canary.name, strconv.FormatInt(weight, 10), c.Header, by, value, c.Cookie, sessionOf(g),
	}, ";")
}

// canaryRules decide for a route that has a canary: by the session, the header, the cookie, and chance. Everything
// else only sees that its route has none.
func (r *renderer) canaryRules() []cfg.Line {
	groups := r.canaries()
	if len(groups) == 0 {
		return nil
	}
	found := cfg.Var("txn.canary")
	main := cfg.Var("txn.route").Conv("field", "2", "|")
	out := []cfg.Line{set("txn.canary", main.Conv("map", canaryMap)).If(cfg.Match(routeFlags(), cfg.Exact, flagCanary, flagCanaryLater))}
	out = append(out, homeRules(groups)...)
	out = append(out, headerChoice(groups)...)
	out = append(out, cookieChoice(groups)...)
	undecided := cfg.And(cfg.Found(found), cfg.Not(cfg.Found(cfg.Var("txn.side"))))
	return append(out,
		set("txn.dice", cfg.Fetch("rand", strconv.Itoa(chance))).If(undecided),
		set("txn.side", cfg.Str(sideCanary)).If(cfg.And(undecided, cfg.MatchInt(canaryField(2).Conv("sub", "txn.dice"), cfg.AtLeast(1)))),
		set("txn.route", canaryField(1)).If(cfg.And(cfg.Found(found), cfg.Match(cfg.Var("txn.side"), cfg.Exact, sideCanary))),
	)
}

func canaryField(n int) cfg.Sample { return cfg.Var("txn.canary").Conv("field", strconv.Itoa(n), ";") }

// distinct lists the names that canaries ask for, sorted; a name that no canary asks for costs nothing.
func distinct(groups []*group, name func(*group) string) []string {
	known := map[string]bool{}
	for _, g := range groups {
		known[name(g)] = true
	}
	delete(known, "")
	return slices.Sorted(maps.Keys(known))
}

func homeRules(groups []*group) []cfg.Line {
	var out []cfg.Line
	for _, name := range distinct(groups, sessionOf) {
		mine := cfg.And(cfg.Found(cfg.Var("txn.canary")), cfg.Match(canaryField(7), cfg.Exact, name))
		home := cfg.Var("txn.route").Conv("field", "2", "|").Conv("concat", "|", "txn.seat").Conv("map", homeMap)
		out = append(out,
			set("txn.seat", cfg.Fetch("req.cook", name)).If(mine),
			set("txn.side", home).If(cfg.And(mine, cfg.Found(cfg.Var("txn.seat")))),
		)
	}
	return out
}

func headerChoice(groups []*group) []cfg.Line {
	var out []cfg.Line
	names := distinct(groups, func(g *group) string { return g.routes[0].Canary.Header })
	if len(names) == 0 {
		return nil
	}
	open := cfg.And(cfg.Found(cfg.Var("txn.canary")), cfg.Not(cfg.Found(cfg.Var("txn.side"))))
	for _, name := range names {
		mine := cfg.And(open, cfg.Match(canaryField(3), cfg.Exact, name))
		out = append(out, set("txn.sign", cfg.Fetch("req.fhdr", name, "1")).If(mine), set("txn.more", cfg.Fetch("req.fhdr", name, "2")).If(mine))
	}
	sign, more := cfg.Var("txn.sign"), cfg.Var("txn.more")
	out = append(out, set("txn.sign", sign.Conv("concat", ", ", "txn.more")).If(cfg.And(open, cfg.Found(more)))) // as nginx reads two lines
	by := func(kind string) cfg.Cond {
		return cfg.And(open, cfg.Found(sign), cfg.Match(canaryField(4), cfg.Exact, kind))
	}
	out = append(out, wordRules(sign, by(byWord))...)
	out = append(out,
		set("txn.expected", canaryField(5)).If(by(byValue)),
		set("txn.side", cfg.Str(sideCanary)).If(cfg.And(by(byValue), cfg.MatchInt(sign.Conv("strcmp", "txn.expected"), cfg.Eq(0)))),
		set("txn.side", cfg.Str(sideMain)).If(by(byBroken)),
	)
	for i, pattern := range patternsOf(groups) {
		mine := cfg.And(by(byPattern), cfg.Match(canaryField(5), cfg.Exact, strconv.Itoa(i+1)))
		out = append(out, set("txn.side", cfg.Str(sideCanary)).If(cfg.And(mine, cfg.Match(sign, cfg.Regex, pattern))).Of(model.ExpressionRef(pattern)))
	}
	return out
}

func cookieChoice(groups []*group) []cfg.Line {
	var out []cfg.Line
	names := distinct(groups, func(g *group) string { return g.routes[0].Canary.Cookie })
	if len(names) == 0 {
		return nil
	}
	open := cfg.And(cfg.Found(cfg.Var("txn.canary")), cfg.Not(cfg.Found(cfg.Var("txn.side"))))
	for _, name := range names {
		out = append(out, set("txn.mark", cfg.Fetch("req.cook", name)).If(cfg.And(open, cfg.Match(canaryField(6), cfg.Exact, name))))
	}
	return append(out, wordRules(cfg.Var("txn.mark"), open)...)
}

func wordRules(s cfg.Sample, when cfg.Cond) []cfg.Line {
	return []cfg.Line{
		set("txn.side", cfg.Str(sideCanary)).If(cfg.And(when, cfg.Match(s, cfg.Exact, "always"))),
		set("txn.side", cfg.Str(sideMain)).If(cfg.And(when, cfg.Match(s, cfg.Exact, "never"))),
	}
}
