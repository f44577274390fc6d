package compile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect/nginx"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// expressions makes an expression of every path of a host, if one of its routes asks for that: the longest text comes
// first, equal lengths from z to a, and what is left in the order of the Ingresses (locations of ingress-nginx).
func (c *compiler) expressions(h *host) ([]*model.Route, bool) {
	wanted := false
	var all []*route
	for _, r := range h.routes {
		all = append(all, r)
		wanted = wanted || r.Regex
	}
	if !wanted {
		return c.withExpressions(h)
	}
	slices.SortFunc(all, func(a, b *route) int {
		return cmp.Or(
			cmp.Compare(len(b.Match.Path), len(a.Match.Path)),
			cmp.Compare(b.Match.Path, a.Match.Path),
			cmp.Compare(a.order, b.order),
		)
	})
	out, rest := c.locationExpressions(all)
	all = slices.DeleteFunc(all, func(r *route) bool { return r.location })
	for _, r := range all {
		for _, e := range expressionsOf(h, r) {
			out = append(out, c.checked(r, e))
		}
	}
	return append(out, rest...), true
}

// expressionsOf is one route, or two: a Prefix that is rewritten to itself is rewritten below it only. A Prefix beside an
// Exact of the same path is only what is below it, unless its own Ingress asks for expressions.
func expressionsOf(h *host, r *route) []*model.Route {
	path := r.Match.Path
	below := strings.TrimSuffix(path, "/") + "/"
	plain := expression(r, path)
	if r.Match.Kind != model.Prefix || path == "/" {
		return []*model.Route{plain}
	}
	if rw := r.Policy.Rewrite; rw != nil {
		if target, constant := rw.To.Constant(); !constant || target != path {
			return []*model.Route{plain}
		}
		plain.Policy.Rewrite = nil
		return []*model.Route{expression(r, below), plain}
	}
	if !r.Regex && h.routes[model.Match{Kind: model.Exact, Path: path}] != nil {
		return []*model.Route{expression(r, below)}
	}
	return []*model.Route{plain}
}

func expression(r *route, text string) *model.Route {
	out := *r.Route
	out.Match = model.Match{Kind: model.Regex, Path: nginx.NginxText(text)}
	if len(model.Captures(out.Action, out.Policy)) > 0 {
		out.Policy.Groups = out.Match.Path
	}
	return &out
}

// checked closes a route whose expression HAProxy can't compile. Nothing is known of what it would match, so only what
// begins with its text is closed.
func (c *compiler) checked(r *route, e *model.Route) *model.Route {
	reason, refused := c.options.Refused[model.ExpressionRef(e.Match.Path)]
	if !refused {
		return e
	}
	r.pass.Report(issue.Issue{
		Code: issue.PathInvalid, Severity: issue.Error, Effect: issue.Withheld, Field: "spec.rules",
		Message: fmt.Sprintf("The path %s is no regular expression, so it is closed: %s.", r.Match.Path, strings.TrimSuffix(reason, ".")),
	})
	e.Match = e.Match.Literal()
	e.Policy.Groups, e.Policy.Rewrite = "", nil
	e.Action = model.Withhold{Status: 503, Reason: "its path is no regular expression: " + reason}
	return e
}

// appRoot is where a request for "/" is sent: the Ingress with the first location decides, so the longest path.
func appRoot(routes []*model.Route) string {
	ordered := slices.SortedFunc(slices.Values(routes), func(a, b *model.Route) int {
		return cmp.Or(
			cmp.Compare(len(b.Match.Path), len(a.Match.Path)),
			cmp.Compare(b.Match.Path, a.Match.Path),
		)
	})
	for _, r := range ordered {
		if r.AppRoot != "" {
			return r.AppRoot
		}
	}
	return ""
}
