package render

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const crtListFile = "crt-list.txt"

// frontend is the order of decisions, the same on both ports. Each step relies on those before it:
//
//	count     the requests of the connection, whatever becomes of them
//	cleaning  headers that only the controller may set are removed before anything can read them
//	forwarded the client behind a proxy in front, before anything asks who it is
//	headers   for the backend, where nothing below reads what they replace
//	shortcut  most requests end here, with their route (shortcut.go); where there is none, headers come last
//	names     which host it is; everything else asks for it
//	blocked   clients that nobody serves
//	passed    hosts whose TLS is not ended here
//	client    certificates, before any path or redirect, as nginx decides in the server block
//	path      the normalised path
//	app root  a request for "/" may be sent elsewhere, before any route
//	route     which route it is
//	host      that a proxy in front was asked for
//	redirect  to a slash, to HTTPS
func (r *renderer) frontend(p port) cfg.Section {
	s := cfg.Section{Header: cfg.L("frontend http from", cfg.Name(frontendDefaults))}
	listen := r.options.HTTP
	if p == secure {
		s.Header = cfg.L("frontend https from", cfg.Name(frontendDefaults))
		listen = r.options.HTTPS
	}
	if p == secure && r.passes() {
		bind := cfg.L("bind", r.secureSocket(), cfg.Kw("mode 600 accept-proxy"))
		bind.Args = append(bind.Args, r.secureArgs()...)
		s.Add(bind)
	} else {
		for _, addr := range listen {
			s.Add(r.bind(p, addr))
		}
		s.Add(r.proxyRules()...)
	}
	s.Add(r.numberRules(p)...)
	s.Add(r.questionRoom()...)
	s.Add(r.sourceRules()...)
	s.Add(r.idRules()...)
	s.Add(r.logRules()...)
	s.Add(r.decisions(p)...)
	s.Add(
		cfg.L("use_backend", cfg.Format(cfg.Print(backendOf(cfg.Var("txn.route"))))).If(cfg.Found(cfg.Var("txn.route"))),
		cfg.L("default_backend", cfg.Name(notFoundBackend)),
	)
	return s
}

// decisions are the rules for requests, in the order above. With the shortcut, what is done to all requests comes first.
func (r *renderer) decisions(p port) []cfg.Line {
	early := slices.Concat(r.cleaningRules(), r.forwardedRules(), r.schemeRules(p))
	names := append(r.nameRules(), respond(405, traced()))
	route := slices.Concat(
		r.blockRules(),
		r.misnamedRule(p),
		r.clientCertRules(p),
		pathRules(),
		r.appRootRules(),
		routeRules(),
		r.expressionRules(),
		r.canaryRules(),
		r.secureRules(p),
	)
	answer := slices.Concat(r.redirectRules(p), r.shutRule(p))
	tell := slices.Concat(r.cameRules(), r.headerRules(p), r.requestHeaderRules())
	last := slices.Concat(r.responseRules(p), r.measureRules())
	if r.shortcut() {
		return slices.Concat(r.requestCountRules(), early, r.skipRules(), r.hostRules(), tell, r.shortcutRules(p), names, route, answer, last)
	}
	return slices.Concat(r.requestCountRules(), names, early, r.skipRules(), route, r.hostRules(), answer, tell, last)
}

// bind never fails a handshake over a client certificate: what it means is decided for each host, with a status.
func (r *renderer) bind(p port, addr netip.AddrPort) cfg.Line {
	line := r.bindPlain(addr)
	if p == plain {
		return line
	}
	line.Args = append(line.Args, r.secureArgs()...)
	return line
}

func (r *renderer) bindPlain(addr netip.AddrPort) cfg.Line {
	line := cfg.L("bind", cfg.Addr(addr))
	if proxy := r.model.Global.Proxy; proxy != nil && len(proxy.Networks) == 0 {
		line.Args = append(line.Args, cfg.Kw("accept-proxy"))
	}
	return line
}

// headerRules tell the backend about the client. What the client itself says of these is replaced, unless it is a proxy
// that is believed.
func (r *renderer) headerRules(p port) []cfg.Line {
	scheme := cfg.Text("http")
	if p == secure {
		scheme = cfg.Text("https")
	}
	if r.schemeTold() {
		scheme = cfg.Print(cfg.Var("txn.scheme"))
	}
	out := slices.Concat(
		r.requestIDRules(),
		r.addressRules(),
		[]cfg.Line{setHeader("X-Forwarded-Host", cfg.Print(cfg.Fetch("req.fhdr", "host")))},
		r.portRules(p),
		[]cfg.Line{
			r.tell("X-Forwarded-Proto", scheme),
			r.tell("X-Forwarded-Scheme", scheme),
			r.tell("X-Scheme", scheme),
		},
	)
	if !r.dropsEarly() {
		out = append(out, cfg.L("http-request del-header", cfg.Word("Keep-Alive")))
	}
	return out
}

func (r *renderer) responseRules(p port) []cfg.Line {
	out := r.answerHeaderRules()
	if h := r.model.Global.HSTS; h != nil && p == secure {
		out = append(out, cfg.L("http-after-response set-header", cfg.Word("Strict-Transport-Security"), cfg.Format(cfg.Text(hstsValue(h)))))
	}
	return out
}

func hstsValue(h *model.HSTS) string {
	parts := []string{"max-age=" + strconv.FormatInt(int64(h.MaxAge/time.Second), 10)}
	if h.IncludeSubdomains {
		parts = append(parts, "includeSubDomains")
	}
	if h.Preload {
		parts = append(parts, "preload")
	}
	return strings.Join(parts, "; ")
}
