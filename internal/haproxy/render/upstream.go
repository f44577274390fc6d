package render

import (
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// upstreamStep sets what a backend has otherwise from its defaults.
func (r *renderer) upstreamStep(g *group) []cfg.Line {
	var out []cfg.Line
	if d := g.policy.Connect; d > 0 {
		out = append(out, cfg.L("timeout connect", cfg.Millis(d)))
	}
	if d := g.policy.Server; d > 0 {
		out = append(out, cfg.L("timeout server", cfg.Millis(d)))
	}
	if retry := g.policy.Retry; retry != nil {
		out = append(out, retryLines(*retry)...)
	}
	return out
}

// vhostStep is the last: what comes before reads the Host that the client asked for.
func (r *renderer) vhostStep(g *group) []cfg.Line {
	if len(g.policy.Vhost) == 0 {
		return nil
	}
	return []cfg.Line{setHeader("Host", r.pieces(g.policy.Vhost)...)}
}

// retryLines: HAProxy counts the tries after the first one.
func retryLines(retry model.Retry) []cfg.Line {
	if len(retry.On) == 0 || retry.Tries <= 1 {
		return []cfg.Line{cfg.L("retries", cfg.Int(0)), cfg.L("retry-on none")}
	}
	words := map[model.RetryCause][]cfg.Arg{
		model.RetryError:   {cfg.Kw("conn-failure"), cfg.Kw("empty-response")},
		model.RetryTimeout: {cfg.Kw("conn-failure"), cfg.Kw("response-timeout")},
		model.RetryInvalid: {cfg.Kw("junk-response")},
		"403":              {cfg.Kw("403")}, "404": {cfg.Kw("404")}, "429": {cfg.Kw("429")}, "500": {cfg.Kw("500")},
		"502": {cfg.Kw("502")}, "503": {cfg.Kw("503")}, "504": {cfg.Kw("504")},
	}
	line := cfg.L("retry-on")
	known := map[string]bool{}
	for _, cause := range retry.On {
		for _, w := range words[cause] {
			if text := cfg.L("x", w).String(); !known[text] {
				known[text] = true
				line.Args = append(line.Args, w)
			}
		}
	}
	return []cfg.Line{cfg.L("retries", cfg.Int(retry.Tries-1)), line}
}

// onlyIdempotent keeps requests that change something from being sent twice (RFC 9110, 9.2.2; nginx's list).
func onlyIdempotent() cfg.Line {
	return cfg.L("http-request disable-l7-retry").If(cfg.Match(cfg.Fetch("method"), cfg.Exact, "POST", "PATCH", "LOCK"))
}
