package render

import (
	"strconv"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
)

// bandwidthStep limits how fast a response is sent. HAProxy has no beginning that is not limited, so a response of known
// length gets the even speed at which it ends when it would with one. HAProxy 2.6 has no such filter.
func (r *renderer) bandwidthStep(g *group) []cfg.Line {
	b := g.policy.Bandwidth
	if b == nil {
		return nil
	}
	const filter = "hawser-bandwidth"
	limit := func(options ...cfg.Arg) cfg.Line {
		return cfg.L("http-response set-bandwidth-limit", append([]cfg.Arg{cfg.Name(filter)}, options...)...)
	}
	out := []cfg.Line{
		cfg.L(".if version_atleast(2.7)"),
		cfg.L("filter bwlim-out", cfg.Name(filter), cfg.Opt("default-limit", cfg.Bytes(b.Rate)), cfg.Opt("default-period", cfg.Millis(time.Second))),
	}
	if b.After == 0 {
		return append(out, limit(), cfg.L(".endif"))
	}
	length := cfg.Fetch("res.hdr_val", "content-length")
	known := cfg.Found(length)
	slow := cfg.MatchInt(cfg.Var("txn.slow"), cfg.AtLeast(1))
	even := length.Conv("mul", strconv.FormatInt(b.Rate, 10)).Conv("div", "txn.slow")
	return append(out,
		cfg.L("http-response", cfg.Call("set-var", "txn.slow"), cfg.Expr(length.Conv("sub", strconv.FormatInt(b.After, 10)))),
		limit(cfg.Opt("limit", cfg.Expr(even))).If(cfg.And(known, slow)),
		limit().Unless(known),
		cfg.L(".endif"))
}
