package render

import (
	_ "embed" // for the Lua program
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const bodyFile = "lua/body.lua"

//go:embed lua/body.lua
var bodyProgram []byte

// counts reports whether bodies without a length are counted: where somebody asked for a limit, because it costs every
// request of the route up to 8 µs (measured).
func (r *renderer) counts(g *group) bool {
	_, forwards := g.action.(model.Forward)
	return forwards && r.variantOf(g).maxBody > 0 && (g.policy.MaxBody != nil || r.model.Global.CountBodies)
}

func (r *renderer) anyCounts() bool { return slices.ContainsFunc(r.groups, r.counts) }

// countStep ends a request whose body gets too long. HAProxy answers 400 then, which is made a 413 if that is the reason.
func (r *renderer) countStep(g *group) []cfg.Line {
	if !r.counts(g) {
		return nil
	}
	return countLines(r.variantOf(g).maxBody)
}

func countLines(limit int64) []cfg.Line {
	over := cfg.Found(cfg.Var("txn.oversize"))
	heading := cfg.Var("txn.oversize").Conv("iif", title(413), title(400))
	return []cfg.Line{
		cfg.L("filter lua.hawser_body", cfg.Bytes(limit)),
		cfg.L("http-error status 400 content-type text/html lf-string", cfg.Format(
			cfg.Text("<html>\r\n<head><title>"), cfg.Print(heading), cfg.Text("</title></head>\r\n<body>\r\n<center><h1>"),
			cfg.Print(heading), cfg.Text("</h1></center>\r\n</body>\r\n</html>\r\n"))),
		cfg.L("http-after-response set-status", cfg.Int(413)).If(over),
	}
}

// counter loads the program that counts.
func (r *renderer) counter() []cfg.Line {
	if !r.anyCounts() {
		return nil
	}
	var out []cfg.Line
	if !r.anyExpressions() && len(r.model.UserLists())+len(r.services()) == 0 {
		out = boolsInLua()
	}
	r.bundle.Static[bodyFile] = haproxy.File{Data: bodyProgram}
	return append(out, cfg.L("lua-load-per-thread", cfg.Word(bodyFile)))
}

// measureRules announce a request whose body is to be counted; nothing may stand between them and the choice of the
// backend. Of HTTP/2 only the first piece of a body, or its end, tells whether there is one.
func (r *renderer) measureRules() []cfg.Line {
	if !r.anyCounts() {
		return nil
	}
	measure := func(when ...cfg.Cond) cfg.Line { return cfg.L("http-request lua.hawser_measure").If(cfg.And(when...)) }
	open := cfg.And(
		cfg.MatchInt(cfg.Fetch("fc_http_major"), cfg.AtLeast(2)),
		cfg.Not(cfg.Found(cfg.Fetch("req.fhdr", "content-length"))),
		cfg.Not(cfg.Found(cfg.Fetch("req.fhdr", "upgrade"))), // a WebSocket has no body
	)
	seldom := cfg.Match(cfg.Fetch("method"), cfg.Exact, "GET", "HEAD", "OPTIONS", "DELETE")
	return []cfg.Line{
		cfg.L("http-request wait-for-body time", cfg.Millis(time.Minute), cfg.Kw("at-least 1")).If(cfg.And(open, seldom)),
		measure(cfg.Found(cfg.Fetch("req.fhdr", "transfer-encoding"))),
		measure(open, cfg.Not(seldom)),
		measure(open, seldom, cfg.MatchInt(cfg.Fetch("req.body_size"), cfg.AtLeast(1))),
	}
}
