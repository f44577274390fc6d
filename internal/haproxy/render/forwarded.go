package render

import (
	"strconv"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
)

const (
	mostHops  = 10 // addresses of a header that HAProxy finds from its end
	mostLines = 5  // lines of X-Forwarded-For that are joined
)

// believed holds for a request of a proxy in front whose headers count.
func believed() cfg.Cond { return cfg.Found(cfg.Var("txn.believed")) }

// proxyRules say which connections begin with the PROXY protocol; others must not, so nobody else names an address.
func (r *renderer) proxyRules() []cfg.Line {
	if p := r.model.Global.Proxy; p != nil && len(p.Networks) > 0 {
		return append(r.fromNetworks("proxies", "proxies", issue.Ref{}, p.Networks), cfg.L("tcp-request connection expect-proxy layer4").If(cfg.ACL("proxies")))
	}
	return nil
}

// forwardedRules find the address of the client as nginx does: while an address is that of a proxy, the one in front of
// it in the header counts. What is no address ends the search.
func (r *renderer) forwardedRules() []cfg.Line {
	f := r.model.Global.Forwarded
	if f == nil {
		return nil
	}
	out := r.fromNetworks("known", "known", issue.Ref{}, f.Networks)
	if f.Headers {
		line := set("txn.believed", cfg.Str("1"))
		if !f.AnyPeer {
			line = line.If(cfg.ACL("known"))
		}
		out = append(out, line)
	}
	if f.Append {
		out = append(out, set("txn.peer", cfg.Fetch("src")))
	}
	if f.Address == "" {
		return out
	}
	for hop := 1; hop <= mostHops; hop++ {
		out = append(out, hopRules(f.Address, hop)...)
	}
	return out
}

// hopRules take one address more.
func hopRules(name string, hop int) []cfg.Line {
	address := cfg.Fetch("req.hdr_ip", name, strconv.Itoa(-hop))
	when := cfg.And(cfg.ACL("known"), cfg.Found(address))
	if hop > 1 {
		when = cfg.And(cfg.Match(cfg.Var("txn.hop"), cfg.Exact, strconv.Itoa(hop-1)), when)
	}
	return []cfg.Line{
		set("txn.hop", cfg.Str(strconv.Itoa(hop))).If(when),
		cfg.L("http-request set-src", cfg.Expr(address)).If(cfg.Match(cfg.Var("txn.hop"), cfg.Exact, strconv.Itoa(hop))),
	}
}

// schemeRules find what the client speaks, as far as those who are believed know it; it decides the redirect
// to HTTPS and is told to servers.
func (r *renderer) schemeRules(p port) []cfg.Line {
	scheme := "http"
	if p == secure {
		scheme = "https"
	}
	if !r.schemeTold() {
		return nil
	}
	out := []cfg.Line{set("txn.scheme", cfg.Str(scheme))}
	if r.model.Global.Proxy != nil && p == plain {
		out = append(out, set("txn.scheme", cfg.Str("https")).If(cfg.MatchInt(cfg.Fetch("dst_port"), cfg.Eq(443))))
	}
	if f := r.model.Global.Forwarded; f != nil && f.Headers {
		told := cfg.Fetch("req.fhdr", "x-forwarded-proto")
		out = append(out, set("txn.scheme", told).If(cfg.And(believed(), cfg.Found(told))))
	}
	return out
}

// schemeTold says that txn.scheme is set: it may differ from that of the connection.
func (r *renderer) schemeTold() bool {
	g := r.model.Global
	return g.Proxy != nil || g.Forwarded != nil && g.Forwarded.Headers
}

// isPlain holds for clients that speak HTTP, as far as a proxy in front knows it.
func (r *renderer) isPlain() cfg.Cond {
	if r.schemeTold() {
		return cfg.Match(cfg.Var("txn.scheme"), cfg.Exact, "http")
	}
	return cfg.Not(cfg.True(cfg.Fetch("ssl_fc")))
}

// hostRules keep the host that a proxy in front was asked for. The Ingress is found by then.
func (r *renderer) hostRules() []cfg.Line {
	told := cfg.Fetch("req.fhdr", "x-forwarded-host")
	var out []cfg.Line
	if !r.dropsEarly() {
		out = append(out, cfg.L("http-request del-header", cfg.Word("X-Original-Forwarded-Host")))
	}
	out = append(out, setHeader("X-Original-Forwarded-Host", cfg.Print(told)).If(cfg.Found(told)))
	if f := r.model.Global.Forwarded; f != nil && f.Headers {
		first := told.Conv("field", "1", ",").Conv("regsub", "^ +| +$", "", "g")
		out = append(out, setHeader("Host", cfg.Print(first)).If(cfg.And(believed(), cfg.MatchLen(first, cfg.AtLeast(1)))))
	}
	return out
}

// sourceRules write the address of the client once for each connection.
func (r *renderer) sourceRules() []cfg.Line {
	if r.sourceChanges() {
		return nil
	}
	return []cfg.Line{cfg.L("tcp-request session", cfg.Call("set-var", "sess.src"), cfg.Expr(cfg.Fetch("src").Conv("lower")))}
}

// source is the address of the client as text.
func (r *renderer) source() cfg.Sample {
	if r.sourceChanges() {
		return cfg.Fetch("src")
	}
	return cfg.Var("sess.src")
}

// sourceChanges says that requests of one connection may be those of different clients.
func (r *renderer) sourceChanges() bool {
	f := r.model.Global.Forwarded
	return f != nil && f.Address != ""
}

// addressRules tell servers the addresses that a request came through, and its client.
func (r *renderer) addressRules() []cfg.Line {
	name := "X-Forwarded-For"
	f := r.model.Global.Forwarded
	if f != nil && f.Address != "" {
		name = f.Address
	}
	line := func(n int) cfg.Sample { return cfg.Fetch("req.fhdr", name, strconv.Itoa(n)) }
	src := cfg.Print(r.source())
	const original = "X-Original-Forwarded-For"
	var out []cfg.Line
	if !r.dropsEarly() {
		out = append(out, cfg.L("http-request del-header", cfg.Word(original)))
	}
	joined := []cfg.Piece{cfg.Print(line(1)), cfg.Text(", "), cfg.Print(line(2))}
	for n := 3; n <= mostLines; n++ {
		joined = append(joined, cfg.Print(line(n).Conv("regsub", "^", ", "))) // nothing of a line that is not there
	}
	out = append(out,
		setHeader(original, cfg.Print(line(1))).If(cfg.Found(line(1))),
		setHeader(original, joined...).If(cfg.Found(line(2))))
	out = append(out, r.tell("X-Real-IP", src), setHeader("X-Forwarded-For", src))
	if f != nil && f.Append {
		before := cfg.Fetch("req.fhdr", original)
		out = append(out, setHeader("X-Forwarded-For", cfg.Print(before), cfg.Text(", "), cfg.Print(cfg.Var("txn.peer"))).If(cfg.And(believed(), cfg.Found(before))))
		out = append(out, setHeader("X-Forwarded-For", cfg.Print(cfg.Var("txn.peer"))).If(cfg.And(believed(), cfg.Not(cfg.Found(before)))))
	}
	return out
}

// portRules tell servers the port that the client connected to.
func (r *renderer) portRules(p port) []cfg.Line {
	number := r.model.Global.HTTPPort
	if p == secure {
		number = 443 // whatever port is listened on, as in ingress-nginx
	}
	piece := cfg.Text(strconv.Itoa(int(number)))
	var when []cfg.Cond
	if f := r.model.Global.Forwarded; f != nil && f.Headers {
		when = append(when, cfg.And(believed(), cfg.Found(cfg.Fetch("req.fhdr", "x-forwarded-port"))))
	}
	if r.model.Global.Proxy != nil && p == plain {
		piece = cfg.Print(cfg.Fetch("dst_port"))
	}
	line := r.tell("X-Forwarded-Port", piece)
	if len(when) > 0 {
		line = line.Unless(cfg.Or(when...))
	}
	return []cfg.Line{line}
}
