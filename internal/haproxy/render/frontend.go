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
//	names     which host it is; everything else asks for it
//	cleaning  headers that only the controller may set are removed before anything can read them
//	blocked   clients that nobody serves
//	client    certificates, before any path or redirect, as nginx decides in the server block
//	path      the normalised path
//	app root  a request for "/" may be sent elsewhere, before any route
//	route     which route it is
//	redirect  to a slash, to HTTPS
//	headers   for the backend
func (r *renderer) frontend(p port) cfg.Section {
	s := cfg.Section{Header: cfg.L("frontend http from", cfg.Name(frontendDefaults))}
	listen := r.options.HTTP
	if p == secure {
		s.Header = cfg.L("frontend https from", cfg.Name(frontendDefaults))
		listen = r.options.HTTPS
	}
	for _, addr := range listen {
		s.Add(r.bind(p, addr))
	}
	s.Add(slices.Concat(
		r.nameRules(),
		cleaningRules(),
		r.blockRules(),
		r.clientCertRules(p),
		pathRules(),
		r.appRootRules(),
		routeRules(),
		r.expressionRules(),
		backendRule(),
		r.redirectRules(p),
		r.shutRule(p),
		r.headerRules(p),
		r.responseRules(p),
	)...)
	s.Add(
		cfg.L("use_backend", cfg.Format(cfg.Print(cfg.Var("txn.backend")))).If(cfg.Found(cfg.Var("txn.backend"))),
		cfg.L("default_backend", cfg.Name(notFoundBackend)),
	)
	return s
}

// bind never fails a handshake over a client certificate: what it means is decided for each host, with a status.
func (r *renderer) bind(p port, addr netip.AddrPort) cfg.Line {
	if p == plain {
		return cfg.L("bind", cfg.Addr(addr))
	}
	return cfg.L("bind", cfg.Addr(addr), cfg.Kw("ssl"), cfg.Opt("crt-list", cfg.Word(crtListFile)),
		cfg.Kw("alpn h2,http/1.1 ca-ignore-err all crt-ignore-err all"))
}

// cleaningRules drop what nginx drops (names with characters other than letters, digits and hyphens, which CGI-like
// backends take for other names) and what a client must not say about its own certificate, on every host.
func cleaningRules() []cfg.Line {
	return []cfg.Line{
		respond(405, cfg.Match(cfg.Fetch("method"), cfg.Exact, "TRACE")),
		cfg.L("http-request del-header", cfg.Word("[^A-Za-z0-9-]"), cfg.Kw("-m reg")),
		cfg.L("http-request del-header", cfg.Word("ssl-client-"), cfg.Kw("-m beg")),
		cfg.L("http-request del-header", cfg.Word("proxy")),
	}
}

// headerRules tell the backend about the client, as ingress-nginx does with use-forwarded-headers off: what the
// client itself says of these is replaced.
func (r *renderer) headerRules(p port) []cfg.Line {
	number, scheme := r.model.Global.HTTPPort, "http"
	if p == secure {
		number, scheme = 443, "https" // whatever port is listened on, as in ingress-nginx
	}
	src := cfg.Print(cfg.Fetch("src"))
	id := cfg.Fetch("req.hdr", "x-request-id")
	before := cfg.Fetch("req.hdr", "x-forwarded-for")
	return []cfg.Line{
		setHeader("X-Request-ID", cfg.Print(cfg.Fetch("uuid").Conv("regsub", "-", "", "g"))).Unless(cfg.MatchLen(id, cfg.AtLeast(1))),
		cfg.L("http-request del-header", cfg.Word("X-Original-Forwarded-For")),
		setHeader("X-Original-Forwarded-For", cfg.Print(before)).If(cfg.Found(before)),
		setHeader("X-Real-IP", src),
		setHeader("X-Forwarded-For", src),
		setHeader("X-Forwarded-Host", cfg.Print(cfg.Fetch("req.fhdr", "host"))),
		setHeader("X-Forwarded-Port", cfg.Text(strconv.Itoa(int(number)))),
		setHeader("X-Forwarded-Proto", cfg.Text(scheme)),
		setHeader("X-Forwarded-Scheme", cfg.Text(scheme)),
		setHeader("X-Scheme", cfg.Text(scheme)),
		cfg.L("http-request del-header", cfg.Word("Keep-Alive")),
	}
}

func (r *renderer) responseRules(p port) []cfg.Line {
	out := []cfg.Line{cfg.L("http-after-response del-header", cfg.Word("Server"))}
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
