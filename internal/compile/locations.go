package compile

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// addLocations adds the routes that a host has by itself. Where an Ingress has the same path, nginx refuses everything;
// here that path is closed.
func (c *compiler) addLocations(h *host) {
	if h.Rules == nil {
		return
	}
	for i, location := range h.Rules.Locations {
		p := c.locationPass(h)
		r := &route{pass: p, Route: location, location: true, order: len(h.routes) + i}
		r.Ingress, r.Origins = p.Object(), []issue.Ref{p.Object()}
		if older := clash(h, r.Match); older != nil {
			p.Report(issue.Issue{
				Code: issue.Conflict, Severity: issue.Error, Effect: issue.Withheld, Field: p.Field("server-snippet"),
				Message: fmt.Sprintf("The location %s of host %s is there already: it is closed.", r.Match.Path, h.Name),
			})
			older.Action = model.Withhold{Status: 503, Reason: "server-snippet has the same location"}
			continue
		}
		h.routes[r.Match] = r
	}
}

// locationPass belongs to the Ingress whose lines the host has, or to its oldest one.
func (c *compiler) locationPass(h *host) *ingressPass {
	for _, p := range h.ingresses {
		if p.Object() == h.Rules.From {
			return p
		}
	}
	return h.ingresses[0]
}

// clash finds what nginx would call the same location: a Prefix is one below the path, and one for the path itself.
func clash(h *host, m model.Match) *route {
	if same := h.routes[m]; same != nil {
		return same
	}
	for match, r := range h.routes {
		bare := strings.TrimSuffix(match.Path, "/")
		switch {
		case match.Kind != model.Prefix:
		case m.Kind == model.Start && m.Path == bare+"/", m.Kind == model.Exact && m.Path == match.Path && match.Path != bare+"/":
			return r
		}
	}
	return nil
}

// withExpressions is for a host with expressions of its own, whose Ingresses have plain paths: nginx looks for an exact
// path first, then for an expression, then for the longest beginning.
func (c *compiler) withExpressions(h *host) ([]*model.Route, bool) {
	found := false
	for match := range h.routes {
		found = found || match.Kind == model.Regex
	}
	if !found {
		return nil, false
	}
	addSlashRedirects(h)
	var all []*route
	var exact, below []*model.Route
	for _, m := range sortedMatches(h.routes) {
		r := h.routes[m]
		all = append(all, r)
		switch {
		case r.location:
		case m.Kind == model.Exact:
			exact = append(exact, as(r.Route, quoted(m.Path)+`\z`))
		case strings.HasSuffix(m.Path, "/"):
			below = append(below, as(r.Route, quoted(m.Path)))
		default:
			exact = append(exact, as(r.Route, quoted(m.Path)+`\z`))
			below = append(below, as(r.Route, quoted(m.Path+"/")))
		}
	}
	ahead, rest := c.locationExpressions(all)
	below = append(below, rest...)
	slices.SortStableFunc(below, func(a, b *model.Route) int { return cmp.Compare(len(b.Match.Path), len(a.Match.Path)) })
	return slices.Concat(exact, ahead, below), true
}

func sortedMatches(routes map[model.Match]*route) []model.Match {
	var out []model.Match
	for m := range routes {
		out = append(out, m)
	}
	slices.SortFunc(out, compareMatches)
	return out
}

func quoted(path string) string { return "(?-i:" + regexp.QuoteMeta(path) + ")" }

func as(r *model.Route, expression string) *model.Route {
	out := *r
	out.Match = model.Match{Kind: model.Regex, Path: expression}
	return &out
}

// locationExpressions writes the routes of a host as expressions: those before all others, and those behind.
func (c *compiler) locationExpressions(all []*route) (ahead, rest []*model.Route) {
	of := func(kind model.MatchKind) []*route {
		var out []*route
		for _, r := range all {
			if r.location && r.Match.Kind == kind {
				out = append(out, r)
			}
		}
		slices.SortFunc(out, func(a, b *route) int { return cmp.Compare(a.order, b.order) })
		return out
	}
	for _, r := range of(model.Exact) {
		ahead = append(ahead, as(r.Route, quoted(r.Match.Path)+`\z`))
	}
	starts := of(model.Start)
	slices.SortStableFunc(starts, func(a, b *route) int { return cmp.Compare(len(b.Match.Path), len(a.Match.Path)) })
	for _, r := range starts {
		if r.Ahead {
			ahead = append(ahead, as(r.Route, quoted(r.Match.Path)))
		} else {
			rest = append(rest, as(r.Route, quoted(r.Match.Path)))
		}
	}
	for _, r := range of(model.Regex) {
		ahead = append(ahead, r.Route)
	}
	return ahead, rest
}

// applyHostRules gives the rules of a host to its routes, and closes what depends on an expression that HAProxy can't
// compile.
func (c *compiler) applyHostRules(h *host, routes []*model.Route) []*model.Route {
	var inherited *model.Rules
	closed := ""
	if h.Rules != nil {
		inherited, closed = h.Rules.Rules, h.Rules.Closed
	}
	if inherited != nil && len(inherited.Then) > 0 && !slices.ContainsFunc(routes, everything) {
		routes = append(routes, c.notFoundRoute(h, routes))
	}
	for _, r := range routes {
		if reason := c.brokenLocation(r); reason != "" && closed == "" {
			closed = reason
		}
	}
	for _, r := range routes {
		if _, slash := r.Action.(model.SlashRedirect); !slash {
			inheritRules(r, h.Rules)
		}
		if reason := cmp.Or(closed, c.brokenRule(h, r)); reason != "" {
			r.Action = model.Withhold{Status: 503, Reason: reason}
		}
	}
	h.Rules = nil // they are in the routes
	return routes
}

func inheritRules(r *model.Route, of *model.HostRules) {
	if of == nil {
		r.Policy.Rules = (*model.Rules)(nil).Inherit(r.Policy.Rules)
		return
	}
	r.Policy.Rules = of.Rules.Inherit(r.Policy.Rules)
	r.Policy.Quiet = r.Policy.Quiet || of.Quiet
	if r.Policy.Compression == nil {
		r.Policy.Compression = of.Gzip
	}
}

// everything holds for a route that takes what no other does.
func everything(r *model.Route) bool {
	return r.Match.Path == "/" && r.Match.Kind != model.Exact || r.Match.Path == quoted("/")
}

// notFoundRoute answers 404 as nginx does for other paths, after the lines of the host.
func (c *compiler) notFoundRoute(h *host, routes []*model.Route) *model.Route {
	r := &model.Route{
		Match: model.Match{Kind: model.Prefix, Path: "/"}, Action: model.Respond{Status: 404}, Ingress: c.locationPass(h).Object(),
		Origins: []issue.Ref{c.locationPass(h).Object()},
	}
	if len(routes) > 0 && routes[0].Match.Kind == model.Regex {
		return as(r, quoted("/"))
	}
	return r
}

// brokenLocation is why an expression of a location closes the host: nobody knows what it would have matched.
func (c *compiler) brokenLocation(r *model.Route) string {
	if r.Match.Kind != model.Regex || !r.Ahead {
		return ""
	}
	reason, refused := c.options.Refused[model.ExpressionRef(r.Match.Path)]
	if !refused {
		return ""
	}
	r.Match = r.Match.Literal()
	r.Policy.Groups = ""
	return "a location is no regular expression: " + reason
}

// brokenRule is why the rules of a route close it.
func (c *compiler) brokenRule(h *host, r *model.Route) string {
	if r.Policy.Rules == nil {
		return ""
	}
	for _, t := range append(model.Tests(r.Policy.Rules.First), model.Tests(r.Policy.Rules.Then)...) {
		reason, refused := c.options.Refused[model.ExpressionRef(t.Text)]
		if t.Op != model.TestMatches || !refused {
			continue
		}
		c.issues = append(c.issues, issue.Issue{
			Code: issue.SnippetLine, Severity: issue.Error, Effect: issue.Withheld, Object: r.Ingress,
			Message: fmt.Sprintf("%.80s in a snippet is no regular expression, so the route is closed: %s.", t.Text, strings.TrimSuffix(reason, ".")),
		})
		return "an expression of its rules can't be compiled: " + reason
	}
	return ""
}
