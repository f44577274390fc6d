package render

import (
	_ "embed" // for the Lua program
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const mirrorFile = "lua/mirror.lua"

//go:embed lua/mirror.lua
var mirrorProgram []byte

func (r *renderer) anyMirrors() bool {
	return slices.ContainsFunc(r.groups, func(g *group) bool { return g.policy.Mirror != nil })
}

// mirrorStep sends a copy of the request on its way and goes on at once.
func (r *renderer) mirrorStep(g *group) []cfg.Line {
	m := g.policy.Mirror
	if m == nil {
		return nil
	}
	body := cfg.Kw("without")
	if m.Body {
		body = cfg.Kw("with")
	}
	format := func(name string, t model.Template) cfg.Line {
		return cfg.L("http-request", cfg.Call("set-var-fmt", name), cfg.Format(r.pieces(t)...))
	}
	return []cfg.Line{
		format("txn.mirror_uri", m.URI),
		format("txn.mirror_host", m.Host),
		cfg.L("http-request lua.hawser_mirror", cfg.Name(serviceName(m.Service)), body, cfg.Int(int(r.answerTime()/time.Second))),
	}
}
