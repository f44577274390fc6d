package render

import "github.com/hawser-ingress/hawser/internal/haproxy/cfg"

// quietly keeps a request out of the access log. Its figures are counted, so where they are, the line is written with a
// mark and whoever counts drops it.
func (r *renderer) quietly() cfg.Line {
	if r.options.Measure {
		return set("txn.quiet", cfg.Str("1"))
	}
	return cfg.L("http-request set-log-level silent")
}

// skipRules are for the URLs that are never written.
func (r *renderer) skipRules() []cfg.Line {
	var out []cfg.Line
	for _, url := range r.model.Global.LogSkip {
		out = append(out, r.quietly().If(cfg.Match(cfg.Fetch("pathq"), cfg.Exact, url)))
	}
	return out
}

func (r *renderer) quietStep(g *group) []cfg.Line {
	if !g.policy.Quiet {
		return nil
	}
	return []cfg.Line{r.quietly()}
}
