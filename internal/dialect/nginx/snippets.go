package nginx

import (
	"fmt"
	"slices"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/nginxconf"
)

const (
	snippetValues = "lines of nginx's configuration"
	snippetSome   = "Lines with a rule are served, see docs/snippets.md. Any other closes the routes, unless --allow-partial-snippets is given and it protects nothing."
	snippetAdmin  = "Lines with a rule are served, see docs/snippets.md. Any other is reported; if it protects something, every route is closed."
)

func snippetKey(d dialect.Description) *dialect.Key[string] {
	return &dialect.Key[string]{
		Description: d, Parse: func(s string) (string, error) { return s, nil }, Differs: func(string) bool { return false },
	}
}

var (
	allowSnippets = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "allow-snippet-annotations", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Read the annotations with lines of nginx. annotations-risk-level must be Critical, too.",
		},
		Parse: dialect.ParseBool,
	}
	configurationSnippet = snippetKey(dialect.Description{
		Key: "configuration-snippet", Values: snippetValues, Risk: dialect.RiskCritical,
		Doc: "Lines for the routes of the Ingress.", Support: dialect.Partial, Instead: snippetSome,
	})
	serverSnippet = snippetKey(dialect.Description{
		Key: "server-snippet", Values: snippetValues, Scope: dialect.Both, Risk: dialect.RiskCritical,
		Doc:     "Lines for the host; of several Ingresses the oldest counts. In the ConfigMap: for every host, besides the annotation.",
		Support: dialect.Partial, Instead: snippetSome,
	})
	locationSnippet = snippetKey(dialect.Description{
		Key: "location-snippet", Values: snippetValues, Scope: dialect.Setting,
		Doc: "Lines for every route, behind those of configuration-snippet.", Support: dialect.Partial, Instead: snippetAdmin,
	})
	httpSnippet = snippetKey(dialect.Description{
		Key: "http-snippet", Values: snippetValues, Scope: dialect.Setting,
		Doc: "Lines around all hosts: only what hosts inherit has a rule.", Support: dialect.Partial, Instead: snippetAdmin,
	})
)

var snippets = &dialect.Feature{
	Name: "snippets", Title: "Lines of nginx",
	Doc: "Read by a parser, compiled to rules; no text of them reaches HAProxy. They are off unless `allow-snippet-annotations` is true and " +
		"`annotations-risk-level` is Critical. A snippet that is not allowed is not read, but closes the routes if it would have protected them.",
	Keys: []dialect.Spec{allowSnippets, configurationSnippet, serverSnippet, locationSnippet, httpSnippet, authSnippet, globalAuthSnippet},
	Host: hostSnippets,
	Route: func(p *dialect.Pass, r *model.Route) {
		s := newSnippetReader(p, inLocation, "r")
		s.known = routeNames(r)
		if text, ok := configurationSnippet.Get(p); ok && snippetAllowed(p, configurationSnippet.Key, text) {
			s.read(p.Object(), p.Field(configurationSnippet.Key), text)
		}
		if text, ok := locationSnippet.Get(p); ok {
			s.read(p.Settings(), locationSnippet.Key, text)
		}
		s.apply(r)
		reportLines(p, s.lines)
		notePaths(p, r)
		authSnippets(p, r)
	},
}

// hostSnippets gives a host the lines of the ConfigMap, and those of the oldest Ingress that has any.
func hostSnippets(p *dialect.Pass, h *model.Host) {
	text, own := serverSnippet.Own(p)
	if own && !snippetAllowed(p, serverSnippet.Key, text) {
		own = false
	}
	if h.Rules != nil && own && h.Rules.From != (issue.Ref{}) {
		secondServer(p, h.Rules.From, text)
		return
	}
	if h.Rules != nil && !own {
		return
	}
	outer := newSnippetReader(p, inHTTP, "g")
	if text, ok := httpSnippet.Get(p); ok {
		outer.read(p.Settings(), httpSnippet.Key, text)
	}
	inner := newSnippetReader(p, inServer, "h")
	if text, ok := serverSnippet.Setting(p); ok {
		inner.read(p.Settings(), serverSnippet.Key, text)
	}
	rules := &model.HostRules{}
	if own {
		inner.read(p.Object(), p.Field(serverSnippet.Key), text)
		rules.From = p.Object()
	}
	rules.Rules, rules.Locations = outer.found().Inherit(inner.found()), inner.locations
	rules.Quiet, rules.Gzip = outer.quiet || inner.quiet, inner.compression()
	if rules.Gzip == nil {
		rules.Gzip = outer.compression()
	}
	lines := slices.Concat(outer.lines, inner.lines)
	if slices.ContainsFunc(lines, func(l snippetLine) bool { return l.guard }) {
		rules.Closed = "a line of " + serverSnippet.Key + " that protects the host has no rule"
	}
	if rules.Rules != nil || own || len(rules.Locations) > 0 || rules.Closed != "" || rules.Quiet || rules.Gzip != nil {
		h.Rules = rules
	}
	reportLines(p, lines)
}

// secondServer is about lines for a host that has some already. ingress-nginx leaves them out; what protects is not left
// out.
func secondServer(p *dialect.Pass, first issue.Ref, text string) {
	i := issue.Issue{
		Code: issue.Conflict, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(serverSnippet.Key),
		Message: fmt.Sprintf("The host has the lines of %s, which is older.", first),
	}
	if list, err := nginxconf.Parse(text); err != nil || slices.ContainsFunc(list, protects) {
		i.Severity, i.Effect = issue.Error, issue.Withheld
		p.Withhold(i.Field + " of another Ingress is in force")
	}
	p.Report(i)
}

// snippetAllowed asks the operator's policy. ingress-nginx leaves out what is not allowed without a word; what protects
// a route closes it here.
func snippetAllowed(p *dialect.Pass, key, text string) bool {
	return allowedUnless(p, key, text, false)
}

// allowedUnless is snippetAllowed for a snippet that may protect in itself, whatever its lines are.
func allowedUnless(p *dialect.Pass, key, text string, guard bool) bool {
	allowed, set := allowSnippets.Get(p)
	if set && allowed || !set && p.Snapshot.Settings.AllowSnippets {
		return true
	}
	i := issue.Issue{
		Code: issue.SnippetForbidden, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(key),
		Message: "The snippet is not read: allow-snippet-annotations is not true.", Suggestion: `allow-snippet-annotations: "true" in the controller's ConfigMap`,
	}
	if list, err := nginxconf.Parse(text); err != nil || guard || slices.ContainsFunc(list, protects) {
		i.Severity, i.Effect = issue.Error, issue.Withheld
		i.Message = "The snippet is not read, because allow-snippet-annotations is not true; it may protect, so the routes are closed."
		p.Withhold(i.Field + " is not allowed")
	}
	p.Report(i)
	return false
}

// reportLines names every line that is not served as written, and closes what depends on one.
func reportLines(p *dialect.Pass, lines []snippetLine) {
	for _, l := range lines {
		i := issue.Issue{
			Code: issue.SnippetLine, Severity: issue.Error, Effect: issue.Withheld, Object: l.object, Field: l.field,
			Message: fmt.Sprintf("Line %d (%.40s) is not served: %s.", l.line, l.text, l.reason),
		}
		optional := p.Snapshot.Settings.PartialSnippets || l.object == p.Settings()
		switch {
		case l.text == "":
			i.Code, i.Message = issue.SnippetBroken, fmt.Sprintf("Line %d can't be read: %s.", l.line, l.reason)
		case l.mild:
			i.Severity, i.Effect = issue.Info, issue.Approximated
			i.Message = fmt.Sprintf("Line %d (%.40s): %s.", l.line, l.text, l.reason)
		case !l.guard && optional:
			i.Severity, i.Effect = issue.Warning, issue.Ignored
		}
		if i.Effect == issue.Withheld {
			p.Withhold(fmt.Sprintf("line %d of %s is not served", l.line, l.field))
		}
		p.Report(i)
	}
}

// notePaths is about headers that are made before the path is rewritten.
func notePaths(p *dialect.Pass, r *model.Route) {
	rules := r.Policy.Rules
	if rules == nil {
		return
	}
	rewritten := r.Policy.Rewrite != nil || slices.ContainsFunc(rules.Then, func(s model.Statement) bool { return s.Rewrite != nil && s.Rewrite.Status == 0 })
	path := func(c model.Change) bool {
		return slices.ContainsFunc(c.Value, func(part model.Part) bool {
			return part.Var == model.VarPath || part.Var == model.VarQuery || part.Var == model.VarSuffix
		})
	}
	if rewritten && slices.ContainsFunc(slices.Concat(rules.Upstream, rules.Answer), path) {
		p.Report(issue.Issue{
			Code: issue.SnippetLine, Severity: issue.Info, Effect: issue.Approximated, Field: p.Field(configurationSnippet.Key),
			Message: "In headers, $uri and $args are those of the client, before they are rewritten.",
		})
	}
}
