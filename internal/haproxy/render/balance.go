package render

import (
	"strconv"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
)

// balanceStep spreads requests otherwise than the defaults do. A value with several servers is hashed together with a
// number by chance: each number has its server.
func (r *renderer) balanceStep(g *group) []cfg.Line {
	b := g.policy.Balance
	switch {
	case b == nil:
		return nil
	case len(b.Hash) > 0:
		pieces := r.pieces(b.Hash)
		if b.Subset > 1 {
			pieces = append(pieces, cfg.Text("|"), cfg.Print(cfg.Fetch("rand", strconv.Itoa(b.Subset))))
		}
		return []cfg.Line{
			cfg.L("balance hash", cfg.Expr(cfg.Var("txn.hash"))),
			cfg.L("hash-type consistent sdbm avalanche"),
			cfg.L("http-request set-var-fmt(txn.hash)", cfg.Format(pieces...)),
		}
	case b.LeastConn:
		return []cfg.Line{cfg.L("balance leastconn")}
	default:
		return []cfg.Line{cfg.L("balance roundrobin")}
	}
}

// spread is how the backends of routes that do not say choose a server.
func (r *renderer) spread() cfg.Line {
	if r.model.Global.LeastConn {
		return cfg.L("balance leastconn")
	}
	return cfg.L("balance roundrobin")
}
