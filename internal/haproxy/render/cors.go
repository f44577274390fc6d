package render

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// corsStep answers preflight requests, and puts the headers on every other answer of the route, those of other steps
// included.
func (r *renderer) corsStep(g *group) []cfg.Line {
	c := g.policy.CORS
	if c == nil {
		return nil
	}
	welcome := cfg.True(cfg.Fetch("always_true"))
	var out []cfg.Line
	if !c.AnyOrigin {
		welcome = cfg.Found(cfg.Var("txn.origin"))
		out = append(out, set("txn.origin", cfg.Fetch("req.fhdr", "origin")).
			If(cfg.MatchFold(cfg.Fetch("req.fhdr", "origin"), cfg.Regex, originExpression(c.Origins))))
	}
	return append(append(out, c204(c, welcome)), corsHeaders(c, welcome)...)
}

// c204 is the answer to a preflight request; corsHeaders adds the rest.
func c204(_ *model.CORS, welcome cfg.Cond) cfg.Line {
	return cfg.L("http-request return", status(204)).
		If(cfg.And(cfg.Match(cfg.Fetch("method"), cfg.Exact, "OPTIONS"), welcome))
}

func corsHeaders(c *model.CORS, welcome cfg.Cond) []cfg.Line {
	set := func(name string, value ...cfg.Piece) cfg.Line {
		return cfg.L("http-after-response set-header", cfg.HeaderName(name), cfg.Header(value...)).If(welcome)
	}
	origin := cfg.Text("*")
	if !c.AnyOrigin {
		origin = cfg.Print(cfg.Var("txn.origin"))
	}
	out := []cfg.Line{set("Access-Control-Allow-Origin", origin)}
	if c.Credentials {
		out = append(out, set("Access-Control-Allow-Credentials", cfg.Text("true")))
	}
	out = append(out,
		set("Access-Control-Allow-Methods", cfg.Text(c.Methods)),
		set("Access-Control-Allow-Headers", cfg.Text(c.Headers)))
	if c.Expose != "" {
		out = append(out, set("Access-Control-Expose-Headers", cfg.Text(c.Expose)))
	}
	return append(out, set("Access-Control-Max-Age", cfg.Text(strconv.Itoa(c.MaxAge))))
}

// originExpression matches one of the origins; "*." is one label.
func originExpression(origins []model.Origin) string {
	var all []string
	for _, o := range origins {
		all = append(all, strings.Replace(regexp.QuoteMeta(o.Pattern), `://\*\.`, `://[A-Za-z0-9-]+\.`, 1))
	}
	return "^(?:" + strings.Join(all, "|") + ")$"
}
