package render

import "github.com/hawser-ingress/hawser/internal/haproxy/cfg"

// A request has an ID of 32 hexadecimal digits, as $req_id of nginx: 16 are drawn for the connection, 16 for the request.
// A UUID for each of them would cost HAProxy four times as much, most of it for the hyphens that have to go.

// idRules draw the half that a connection keeps.
func (r *renderer) idRules() []cfg.Line {
	if r.model.Global.Headers.NoID {
		return nil
	}
	half := cfg.Fetch("uuid").Conv("regsub", "-", "", "g").Conv("bytes", "16", "16")
	return []cfg.Line{cfg.L("tcp-request session", cfg.Call("set-var", "sess.id"), cfg.Expr(half))}
}

// requestIDRules give an ID to a request that has none.
func (r *renderer) requestIDRules() []cfg.Line {
	if r.model.Global.Headers.NoID {
		return nil
	}
	// a number of 32 bits, of the 16 digits that hex writes
	drawn := cfg.Print(cfg.Fetch("rand").Conv("hex").Conv("bytes", "8", "8").Conv("lower"))
	return []cfg.Line{setHeader("X-Request-ID", cfg.Print(cfg.Var("sess.id")), drawn, drawn).
		Unless(cfg.MatchLen(cfg.Fetch("req.hdr", "x-request-id"), cfg.AtLeast(1)))}
}
