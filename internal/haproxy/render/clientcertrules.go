package render

import (
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// The conditions that the rules below share.
var (
	sent     = cfg.True(cfg.Fetch("ssl_c_used"))
	bad      = cfg.MatchInt(cfg.Fetch("ssl_c_verify"), cfg.AtLeast(1))
	hasRules = cfg.Found(cfg.Var("txn.mode"))
	asking   = modes("on", "optional", "optional_no_ca")
	ignoring = cfg.Match(cfg.Var("txn.mode"), cfg.Suffix, ignore)
	failed   = cfg.Found(cfg.Var("txn.fail"))
)

// clientCertRules enforce the policy of the host, after its name is known and before anything else is answered.
func (r *renderer) clientCertRules(p port) []cfg.Line {
	if !r.policies.any {
		return nil
	}
	out := []cfg.Line{
		set("txn.mode", cfg.Var("txn.key").Conv("map", modeMap)),
		respond(403, modes("deny")),
	}
	if p == plain {
		return append(out, r.plainRules()...)
	}
	out = append(out, r.misdirectedRules()...)
	out = append(out, r.sinceRules()...)
	out = append(out, r.resumptionRules()...)
	out = append(out, r.verdictRules()...)
	out = append(out, r.subjectRules(true)...)
	return append(out, r.identityRules()...)
}

// plainRules: a host that needs a certificate is never served where none can be sent. It is closed unless the route
// goes to HTTPS, which the route rules decide; txn.shut is asked after them.
func (r *renderer) plainRules() []cfg.Line {
	return append(r.subjectRules(false), set("txn.shut", cfg.Str("1")).If(modes("on")))
}

// shutRule closes what needs a certificate and was not redirected to HTTPS.
func (r *renderer) shutRule(p port) []cfg.Line {
	if p != plain || !r.policies.any {
		return nil
	}
	later := cfg.Match(routeFlags(), cfg.Exact, flagLater, flagCanaryLater)
	return []cfg.Line{respond(403, cfg.And(cfg.Found(cfg.Var("txn.shut")), cfg.Not(later)))}
}

// misdirectedRules answer 421 when the TLS connection was made for another host: its certificate proves nothing here.
// The second rule is stricter than nginx, which takes a certificate of the catch-all for any host.
func (r *renderer) misdirectedRules() []cfg.Line {
	sni := cfg.Var("txn.sni")
	same := cfg.MatchInt(sni.Conv("strcmp", "txn.host"), cfg.Eq(0))
	known := cfg.Found(cfg.Var("txn.snikey"))
	fallback := cfg.Match(cfg.Var("txn.key"), cfg.Exact, catchAll)
	out := []cfg.Line{set("txn.sni", cfg.Fetch("ssl_fc_sni").Conv("rtrim", ".").Conv("lower")).If(asking)}
	out = append(out, r.lookupRules(sni, "txn.snikey", "txn.snialias", asking)...)
	return append(out,
		misdirected(cfg.And(asking, known, cfg.Not(same))),
		misdirected(cfg.And(asking, sent, cfg.Not(same), cfg.Not(fallback))),
		misdirected(cfg.And(asking, sent, fallback, known)),
	)
}

func misdirected(c cfg.Cond) cfg.Line {
	return cfg.L("http-request return", status(421), cfg.Kw("hdr Connection close"), page(421)).If(c)
}

// resumptionRules: a TLS session made under one host must prove nothing under another. HAProxy without that isolation
// (measured: Debian's 2.6.12 and 3.0.11) resumes such sessions and still reports a verified certificate, so a resumed
// certificate counts only if a full handshake under this very host gave this very result. The rules are also needed
// where errors are ignored: ssl_c_err and ssl_c_ca_err, which tell all of them, do not survive a resumption.
func (r *renderer) resumptionRules() []cfg.Line {
	which := r.guarded()
	if len(which) == 0 {
		return nil
	}
	proof := cfg.Fetch("ssl_c_der").Conv("sha2", "256").Conv("hex").Conv("concat", "|", "txn.result").Conv("concat", "|", "txn.host").
		Conv("concat", "|", "txn.since").Conv("sha2", "256").Conv("hex")
	when := cfg.And(cfg.Found(cfg.Var("txn.prove")), sent)
	known := cfg.True(cfg.Var("txn.proof").Conv("in_table", seenTableName))
	var out []cfg.Line
	for _, c := range which {
		out = append(out, set("txn.prove", cfg.Str("1")).If(c))
	}
	out = append(out,
		set("txn.result", cfg.Fetch("ssl_c_verify")).If(when),
		set("txn.proof", proof).If(when),
		misdirected(cfg.And(when, resumed, cfg.Not(known))),
		vouch(cfg.And(when, cfg.Not(ignoring))), // also for a certificate that is refused below: the proof says with which result
	)
	return out
}

// guarded says which hosts need the proof of a full handshake. HAProxy that keeps sessions apart still resumes one that
// was made under an authority whose successor has the same name and serial number (measured, 3.2.26), so that there the
// proof is needed from the first change at run time on.
func (r *renderer) guarded() []cfg.Cond {
	switch {
	case !r.policies.asks:
		return nil
	case !r.options.Isolated:
		return []cfg.Cond{asking}
	case len(r.policies.ignore) > 0:
		return []cfg.Cond{cfg.And(asking, changed), ignoring}
	default:
		return []cfg.Cond{cfg.And(asking, changed)}
	}
}

// seenTable outlives the sessions that it vouches for.
func (r *renderer) seenTable() []cfg.Section {
	if len(r.guarded()) == 0 {
		return nil
	}
	s := cfg.Section{Header: cfg.L("backend", cfg.Name(seenTableName), cfg.Kw("from"), cfg.Name(frontendDefaults))}
	s.Add(cfg.L("stick-table type string len 64 size 100k expire", cfg.Millis(2*sessionLifetime*time.Second)))
	return []cfg.Section{s}
}

// verdictRules give nginx's two errors: 495 a bad certificate, 496 none. Both are 400 to the client, or the error page, and
// the 400 ends the connection, as in nginx: the next one may be better off.
func (r *renderer) verdictRules() []cfg.Line {
	verify := cfg.Fetch("ssl_c_verify")
	// HAProxy says path length exceeded where nginx says local issuer missing, because the anchors carry the depth.
	noCA := cfg.MatchInt(verify, codes(append(model.UnknownAuthority(), model.VerifyPathLength))...)
	tolerated := []cfg.Cond{cfg.And(modes("optional_no_ca"), noCA)}
	if len(r.policies.ignore) > 0 {
		tolerated = append(tolerated, cfg.And(ignoring, r.onlyIgnored()))
	}
	out := []cfg.Line{
		set("txn.fail", cfg.Str("495")).If(cfg.And(asking, sent, bad)),
	}
	for _, t := range tolerated {
		out = append(out, cfg.L("http-request", cfg.Call("unset-var", "txn.fail")).If(cfg.And(failed, t)))
	}
	out = append(out, set("txn.fail", cfg.Str("496")).If(cfg.And(modes("on"), cfg.Not(sent))))
	out = append(out, r.errorPageRules()...)
	fail := func(code, heading string) cfg.Line {
		return cfg.L("http-request return", status(400), cfg.Kw("hdr Connection close"), text(heading)).If(cfg.Match(cfg.Var("txn.fail"), cfg.Exact, code))
	}
	out = append(out,
		fail("495", "400 Bad Request: the client certificate is not accepted"),
		fail("496", "400 Bad Request: no client certificate was sent"))
	if len(r.policies.ignore) > 0 {
		out = append(out, vouch(cfg.And(ignoring, sent))) // only for what got through with all its errors known
	}
	return out
}

// vouch remembers the proof of this connection's certificate.
func vouch(c cfg.Cond) cfg.Line {
	return cfg.L("http-request track-sc2", cfg.Expr(cfg.Var("txn.proof")), cfg.Opt("table", cfg.Name(seenTableName))).If(c)
}

// onlyIgnored holds when every error that HAProxy remembers is ignored: the last (ssl_c_verify), the first of the
// certificate itself and the first of its CAs; a CA that is at fault for another reason than being unknown fails.
// After a resumption the latter two read 0, which is why the proof of a full handshake is asked for.
func (r *renderer) onlyIgnored() cfg.Cond {
	ranges := codes(r.policies.ignore)
	unknownCA := append(codes(slices.DeleteFunc(slices.Clone(r.policies.ignore), func(c model.VerifyCode) bool {
		return c == model.VerifyExpired || c == model.VerifyNotYetValid
	})), cfg.Eq(0))
	return cfg.And(
		cfg.MatchInt(cfg.Fetch("ssl_c_verify"), ranges...),
		cfg.MatchInt(cfg.Fetch("ssl_c_err"), append(slices.Clone(ranges), cfg.Eq(0))...),
		cfg.MatchInt(cfg.Fetch("ssl_c_ca_err"), unknownCA...),
	)
}

func codes(list []model.VerifyCode) []cfg.Range {
	var out []cfg.Range
	for _, c := range list {
		out = append(out, cfg.Eq(int64(c)))
	}
	return out
}

func (r *renderer) errorPageRules() []cfg.Line {
	if !r.policies.pages {
		return nil
	}
	where := cfg.Var("txn.page")
	absolute := cfg.Match(where, cfg.Prefix, "https://", "http://")
	redirect := func(pieces ...cfg.Piece) cfg.Line {
		return cfg.L("http-request return", status(302), cfg.Kw("hdr Location"), cfg.Header(pieces...), page(302))
	}
	return []cfg.Line{
		set("txn.page", cfg.Var("txn.key").Conv("map", pageMap)).If(failed),
		redirect(cfg.Print(where)).If(cfg.And(failed, absolute)),
		redirect(cfg.Text("https://"), cfg.Print(cfg.Var("txn.host")), cfg.Text("/"), cfg.Print(where)).If(cfg.And(failed, cfg.Found(where))),
	}
}

// subjectRules compare the subject with auth-tls-match-cn. Without a certificate it is empty, and does not match.
func (r *renderer) subjectRules(tls bool) []cfg.Line {
	if !r.policies.cn {
		return nil
	}
	named := cfg.Found(cfg.Var("txn.key").Conv("map", cnMap))
	subject := cfg.MatchFile(cfg.Var("txn.subject"), cfg.Regex, cnList)
	out := []cfg.Line{set("txn.subject", cfg.Var("txn.key").Conv("concat", "|", "txn.dn")).If(named)}
	if tls {
		out = append([]cfg.Line{set("txn.dn", cfg.Fetch("ssl_c_s_dn", "", "0", "rfc2253")).If(cfg.And(named, sent))}, out...)
	}
	return append(out, cfg.L("http-request return", status(403), text("403 Forbidden: the client certificate is not allowed")).
		If(cfg.And(named, cfg.Not(subject))))
}

// identityRules tell the backend who the client is. Header names and values are those of ingress-nginx, byte for byte;
// what the client sent under these names is gone already.
func (r *renderer) identityRules() []cfg.Line {
	verify := cfg.Fetch("ssl_c_verify")
	dn := func(name, header string) cfg.Line {
		return setHeader(header, cfg.Print(cfg.Var(name))).If(cfg.And(hasRules, sent, cfg.MatchLen(cfg.Var(name), cfg.AtLeast(1))))
	}
	out := []cfg.Line{
		setHeader("ssl-client-verify", cfg.Text("NONE")).If(cfg.And(hasRules, cfg.Not(sent))),
		setHeader("ssl-client-verify", cfg.Text("SUCCESS")).If(cfg.And(hasRules, sent, cfg.Not(bad))),
		set("txn.reason", verify.Conv("map", reasonMap, "unknown")).If(cfg.And(hasRules, sent, bad)),
		set("txn.reason", cfg.Str(model.VerifyLocalIssuerMissing.String())).
			If(cfg.And(hasRules, sent, cfg.MatchInt(verify, cfg.Eq(int64(model.VerifyPathLength))))),
		setHeader("ssl-client-verify", cfg.Text("FAILED:"), cfg.Print(cfg.Var("txn.reason"))).If(cfg.And(hasRules, sent, bad)),
		set("txn.s_dn", cfg.Fetch("ssl_c_s_dn", "", "0", "rfc2253")).If(cfg.And(hasRules, sent)),
		set("txn.i_dn", cfg.Fetch("ssl_c_i_dn", "", "0", "rfc2253")).If(cfg.And(hasRules, sent)),
		dn("txn.s_dn", "ssl-client-subject-dn"),
		dn("txn.i_dn", "ssl-client-issuer-dn"),
	}
	return append(out, r.passRules()...)
}

// passRules send the certificate as $ssl_client_escaped_cert of nginx. It is encoded once per connection; one that does
// not fit into a buffer is refused, because a missing header would look like a missing certificate.
func (r *renderer) passRules() []cfg.Line {
	if !r.policies.pass {
		return nil
	}
	encoded := cfg.Var("sess.cert")
	pass := cfg.And(cfg.Found(cfg.Var("txn.pass")), sent)
	return []cfg.Line{
		set("txn.pass", cfg.Var("txn.key").Conv("map", passMap)),
		set("sess.cert", cfg.Fetch("ssl_c_der").Conv("base64").Conv("regsub", "(.{1,64})", `\1\x0A`, "g").Conv("url_enc")).
			If(cfg.And(pass, cfg.Not(cfg.Found(encoded)))),
		respond(431, cfg.And(pass, cfg.Not(cfg.MatchLen(encoded, cfg.AtLeast(1))))),
		setHeader("ssl-client-cert", cfg.Text("-----BEGIN%20CERTIFICATE-----%0A"), cfg.Print(encoded),
			cfg.Text("-----END%20CERTIFICATE-----%0A")).If(pass),
	}
}
