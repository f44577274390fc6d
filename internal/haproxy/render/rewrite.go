package render

import (
	"fmt"

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
// is sent encoded anew, and an empty query is dropped.
func (r *renderer) rewriteStep(g *group) []cfg.Line {
	rewrite := g.policy.Rewrite
	if rewrite == nil {
		return nil
	}
	var out []cfg.Line
	if rewrite.Prefix != nil {
		out = append(out, setHeader("X-Forwarded-Prefix", r.pieces(rewrite.Prefix)...))
	}
	lines, path := r.joined(rewrite.To)
	out = append(append(out, lines...), set("txn.uri", path))
	uri := cfg.Var("txn.uri")
	if len(rewrite.To) == 0 || rewrite.To[0].Text == "" || rewrite.To[0].Text[0] != '/' {
		out = append(out, set("txn.uri", cfg.Str("/").Conv("concat", "", "txn.uri")).Unless(cfg.Match(uri, cfg.Prefix, "/")))
	}
	return append(out,
		set("txn.uri", uri.Conv("lua.hawser_encode")).If(cfg.Match(uri, cfg.Regex, "[^-A-Za-z0-9_.~!$&'()*+,;=:@/]")),
		cfg.L("http-request set-path", cfg.Format(cfg.Print(uri))),
		cfg.L("http-request replace-pathq", cfg.Word(`^([^?]*)\?$`), cfg.Word(`\1`)).If(cfg.Match(cfg.Fetch("pathq"), cfg.Suffix, "?")),
	)
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
			lines = append(lines, set(name, r.sample(p)))
			out = out.Conv("concat", "", name)
		}
	}
	return lines, out
}
