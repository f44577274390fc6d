package render

import (
	"fmt"
	"slices"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// groupsStep puts the groups of the path's expression that are used into txn.capture1 to txn.capture9. nginx searches for the
// expression anywhere in the path, so what stands before and behind it is cut off.
// An expression that can't stand among others, such as one with an open \Q, is refused for itself.
func (r *renderer) groupsStep(g *group) []cfg.Line {
	if g.policy.Groups == "" {
		return nil
	}
	var out []cfg.Line
	_, redirects := g.action.(model.Redirect)
	for _, n := range model.Captures(g.action, g.policy) {
		text := cfg.Var("txn.plain").Conv("regsub", `^(?s:.*?)(?:`+g.policy.Groups+`)(?s:.*)\z`, `\`+n, "i")
		if redirects {
			text = text.Conv("lua.hawser_encode") // part of a URL
		}
		out = append(out, set("txn.capture"+n, text).Of(model.ExpressionRef(g.policy.Groups)))
	}
	return out
}

// rewriteStep is the last that reads the request: everything before it sees the URI as it came. As with nginx the path
// is sent encoded anew, and an empty query is dropped. What the rules of the route put in its place comes first.
func (r *renderer) rewriteStep(g *group) []cfg.Line {
	rewrite, rules := g.policy.Rewrite, g.policy.Rules
	ruled := rules != nil && newPaths(rules.Then)
	if rewrite == nil && !ruled {
		return nil
	}
	uri := cfg.Var("txn.uri")
	left, changed := cfg.And(), cfg.And()
	if rules != nil && slices.ContainsFunc(rules.Then, stops) {
		left, changed = cfg.Not(cfg.Found(cfg.Var(routeDone))), cfg.Found(uri)
	}
	var out []cfg.Line
	if rewrite != nil {
		out = r.fixedPath(rewrite, left)
	}
	if ruled {
		out = append(out,
			set("txn.uri", cfg.Var(newPath)).If(cfg.Found(cfg.Var(newPath))),
			cfg.L("http-request set-query", cfg.Format(cfg.Print(cfg.Var(newQuery)))).If(cfg.Found(cfg.Var(newQuery))))
	}
	if ruled || len(rewrite.To) == 0 || rewrite.To[0].Text == "" || rewrite.To[0].Text[0] != '/' {
		out = append(out, set("txn.uri", cfg.Str("/").Conv("concat", "", "txn.uri")).If(cfg.And(changed, cfg.Not(cfg.Match(uri, cfg.Prefix, "/")))))
	}
	return append(out,
		set("txn.uri", uri.Conv("lua.hawser_encode")).If(cfg.Match(uri, cfg.Regex, "[^-A-Za-z0-9_.~!$&'()*+,;=:@/]")),
		cfg.L("http-request set-path", cfg.Format(cfg.Print(uri))).If(changed),
		cfg.L("http-request replace-pathq", cfg.Word(`^([^?]*)\?$`), cfg.Word(`\1`)).If(cfg.Match(cfg.Fetch("pathq"), cfg.Suffix, "?")),
	)
}

// fixedPath is the rewrite that the Ingress asks for, unless its rules were ended.
func (r *renderer) fixedPath(rewrite *model.Rewrite, left cfg.Cond) []cfg.Line {
	var out []cfg.Line
	if rewrite.Prefix != nil {
		out = append(out, setHeader("X-Forwarded-Prefix", r.pieces(rewrite.Prefix)...))
	}
	lines, path := r.joined(rewrite.To)
	for _, l := range append(lines, set("txn.uri", path)) {
		out = append(out, l.If(left))
	}
	return out
}

// joined makes one sample of a template, byte for byte; the lines set what it needs.
func (r *renderer) joined(t model.Template) ([]cfg.Line, cfg.Sample) {
	var lines []cfg.Line
	out := cfg.Str("")
	for i, p := range t {
		switch p.Var {
		case model.VarNone:
			out = out.Conv("concat", p.Text)
		case model.VarCapture:
			out = out.Conv("concat", "", "txn.capture"+p.Name)
		default:
			name := fmt.Sprintf("txn.part%d", i)
			value := r.sample(p)
			if p.Var == model.VarPath {
				value = value.Conv("url_dec") // the whole is encoded later
			}
			lines = append(lines, set(name, value))
			out = out.Conv("concat", "", name)
		}
	}
	return lines, out
}
