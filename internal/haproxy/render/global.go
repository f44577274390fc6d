package render

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// tlsCiphers are those of ingress-nginx v1.15 for TLS 1.2 (its ssl-ciphers).
const tlsCiphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:" +
	"ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:" +
	"DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384"

// Sizes and times of HAProxy itself.
const (
	sessionLifetime = 600   // seconds a TLS session can be resumed, as ingress-nginx's ssl-session-timeout
	BufferSize      = 40960 // the 4 x 8 KiB of request header that nginx takes, and rewriteReserve
	rewriteReserve  = 8192  // for the headers that are added
	oldWorkers      = 20    // Options.OldWorkers, unless another number is asked for

	// where a host asks for certificates: these may have 32 KiB, as text in ssl-client-cert, too
	identityBuffer  = 65536
	identityReserve = 24576
)

// buffer is tune.bufsize, at least BufferSize, and the part of it that is kept for headers that are added. HAProxy
// copies a whole buffer for every request that it may have to send again, so its size is a cost of each request.
func (r *renderer) buffer() (size, reserve int) {
	size, reserve = BufferSize, rewriteReserve
	if r.policies.any {
		size, reserve = identityBuffer, identityReserve
	}
	return max(size, int(r.model.Global.MaxHeader)+reserve), reserve
}

func (r *renderer) global() cfg.Section {
	size, reserve := r.buffer()
	s := cfg.Section{Header: cfg.L("global")}
	s.Add(cfg.L("default-path config"))
	if r.options.Socket != "" {
		s.Add(cfg.L("stats socket", cfg.Word(r.options.Socket), cfg.Kw("mode 600 level admin expose-fd listeners")),
			cfg.L("stats timeout", cfg.Millis(time.Hour)))
	}
	if n := r.model.Global.Threads; n > 0 {
		s.Add(cfg.L("nbthread", cfg.Int(n)))
	}
	if r.options.MaxConn > 0 {
		s.Add(cfg.L("maxconn", cfg.Int(r.options.MaxConn)))
	}
	if r.model.Global.LogFormat != model.LogOff || r.options.Measure {
		s.Add(cfg.L("log stdout len 8192 format raw local0 info"))
	}
	s.Add(
		cfg.L("mworker-max-reloads", cfg.Int(cmp.Or(r.options.OldWorkers, oldWorkers))),
		cfg.L("hard-stop-after", cfg.Millis(r.model.Global.Timeouts.HardStop)),
		cfg.L("tune.bufsize", cfg.Int(size)),
		cfg.L("tune.maxrewrite", cfg.Int(reserve)),
		cfg.L("tune.ssl.lifetime", cfg.Int(r.sessionLifetime())),
		cfg.L("tune.ssl.default-dh-param", cfg.Int(2048)),
	)
	s.Add(r.tlsLines()...)
	s.Add(r.peerLines()...)
	s.Add(r.program()...)
	s.Add(r.verifier()...)
	s.Add(r.asking()...)
	s.Add(r.copying()...)
	s.Add(r.counter()...)
	return s
}

func keepAliveLine(t model.Timeouts) cfg.Line {
	if t.KeepAlive == 0 {
		return cfg.L("option httpclose")
	}
	return cfg.L("option http-keep-alive")
}

func (r *renderer) defaults() cfg.Section {
	t := r.model.Global.Timeouts
	s := cfg.Section{Header: cfg.L("defaults", cfg.Name(frontendDefaults))}
	s.Add(
		cfg.L("mode http"),
		keepAliveLine(t),
		cfg.L("option dontlognull"),
		cfg.L("timeout http-request", cfg.Millis(t.ClientHeader)),
		cfg.L("timeout client", cfg.Millis(t.Client)),
		cfg.L("timeout http-keep-alive", cfg.Millis(max(t.KeepAlive, time.Millisecond))),
		cfg.L("timeout connect", cfg.Millis(t.Connect)),
		cfg.L("timeout server", cfg.Millis(t.Server)),
	)
	s.Add(r.compressionLines()...)
	s.Add(r.errorPages()...)
	s.Add(r.accessLog()...)
	return s
}

const (
	frontendDefaults = "hawser-frontend"
	backendDefaults  = "hawser-backend"
	resolversName    = "hawser-dns"
	notFoundBackend  = "hawser-not-found"
	seenTableName    = "hawser-seen"
)

// variant is what backends differ in by rules of their defaults section, which can't be taken back by a backend.
type variant struct {
	anyMethod bool  // a request is sent again whatever its method
	maxBody   int64 // bytes; 0: no limit
	bare      bool  // no rule that answers: the backend has them itself
}

// name is backendDefaults for the variant of a route that asks for nothing.
func (r *renderer) defaultsName(v variant) string {
	name := backendDefaults
	if v.maxBody != r.model.Global.MaxBody {
		name += "-body-" + strconv.FormatInt(v.maxBody, 10)
	}
	if v.anyMethod {
		name += "-any-method"
	}
	if v.bare {
		name += "-bare"
	}
	return name
}

func (r *renderer) plainVariant() variant {
	return variant{anyMethod: r.model.Global.Retry.AnyMethod, maxBody: r.model.Global.MaxBody}
}

func (r *renderer) variantOf(g *group) variant {
	v := r.plainVariant()
	if g.policy.Retry != nil {
		v.anyMethod = g.policy.Retry.AnyMethod
	}
	if g.policy.MaxBody != nil {
		v.maxBody = *g.policy.MaxBody
	}
	v.bare = g.policy.Errors != nil
	return v
}

// variants are the defaults of routes that ask for something else than backendDefault has, a section for each variant
// that occurs.
func (r *renderer) variants() map[string]haproxy.Text {
	all := map[string]variant{}
	for _, g := range r.groups {
		v := r.variantOf(g)
		all[r.defaultsName(v)] = v
	}
	delete(all, r.defaultsName(r.plainVariant()))
	out := map[string]haproxy.Text{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out[name] = r.text(r.backendDefault(all[name]))
	}
	return out
}

// backendDefault holds what every route of a variant has unless it asks for something else.
func (r *renderer) backendDefault(v variant) cfg.Section {
	t := r.model.Global.Timeouts
	s := cfg.Section{Header: cfg.L("defaults", cfg.Name(r.defaultsName(v)))}
	s.Add(
		cfg.L("mode http"),
		cfg.L("timeout connect", cfg.Millis(t.Connect)),
		cfg.L("timeout server", cfg.Millis(t.Server)),
		r.spread(),
		cfg.L("option redispatch", cfg.Int(1)),
	)
	s.Add(retryLines(r.model.Global.Retry)...)
	if v.anyMethod { // what is sent again has to be there: a body often comes behind its header
		s.Add(cfg.L("http-request wait-for-body", cfg.Opt("time", cfg.Millis(t.Client))))
	}
	if v.maxBody > 0 && !v.bare {
		s.Add(respond(413, tooLarge(v.maxBody)))
	}
	if !v.anyMethod {
		s.Add(onlyIdempotent())
	}
	if !v.bare {
		s.Add(respond(503, noServer()))
	}
	s.Add(r.errorPages()...)
	s.Add(cfg.L("errorfile", cfg.Int(503), cfg.Word(errorPage(502))))
	return s
}

func tooLarge(limit int64) cfg.Cond {
	return cfg.MatchInt(cfg.Fetch("req.body_size"), cfg.AtLeast(limit+1))
}

// noServer: 503 is for a Service without endpoints; a server that does not answer is 502, as in nginx. HAProxy's own log
// and figures still count the latter as 503, with the state SC (measured, 2.6).
// A worker that was replaced counts no server of any backend, and still has requests to serve.
func noServer() cfg.Cond {
	return cfg.And(cfg.MatchInt(cfg.Fetch("nbsrv"), cfg.Eq(0)), cfg.Not(cfg.True(cfg.Fetch("stopping"))))
}

// errorPages replace HAProxy's own, which forbid caching where nginx says nothing.
func (r *renderer) errorPages() []cfg.Line {
	var out []cfg.Line
	for _, status := range []int{400, 408, 413, 500, 502, 504} {
		r.bundle.Static[errorPage(status)] = haproxy.File{Data: rawPage(status)}
		out = append(out, cfg.L("errorfile", cfg.Int(status), cfg.Word(errorPage(status))))
	}
	return out
}

func errorPage(status int) string { return fmt.Sprintf("errors/%d.http", status) }

func (r *renderer) resolvers() []cfg.Section {
	if !r.options.Nameservers || !r.hasNames() {
		return nil
	}
	s := cfg.Section{Header: cfg.L("resolvers", cfg.Name(resolversName))}
	s.Add(
		cfg.L("parse-resolv-conf"),
		cfg.L("hold valid", cfg.Millis(10*time.Second)),
		cfg.L("accepted_payload_size", cfg.Int(8192)),
	)
	return []cfg.Section{s}
}

func (r *renderer) hasNames() bool {
	for _, b := range r.model.Backends {
		for _, e := range b.Endpoints {
			if e.Name != "" {
				return true
			}
		}
	}
	return r.asksNames()
}
