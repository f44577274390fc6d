package render

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// Connections that are passed through need a frontend in front of that of HTTPS, which looks at the name in the handshake.
// All others go on through a socket that nobody else may connect to, with the PROXY protocol to tell who the client is.
// Nothing of this exists as long as no host asks for it.
const (
	passMapFile        = "maps/passthrough.map" // host key -> backend, or passClosed
	passClosed         = "-"
	passDefaults       = "hawser-passthrough"
	passFrontend       = "tls"
	passOthers         = "hawser-https"
	passIdle           = 24 * time.Hour // the sides have their own idea, or that of the frontend of HTTPS
	passVar            = "txn.passthrough"
	passSuffix         = "tls" // of names of backends
	helloTime          = 5 * time.Second
	secureSocket       = "https.sock"
	handshake    int64 = 1
)

func (r *renderer) passes() bool {
	return slices.ContainsFunc(r.model.Hosts, func(h *model.Host) bool { return h.Passthrough != nil })
}

func (r *renderer) secureSocket() cfg.Arg {
	return cfg.Word("unix@" + path.Join(path.Dir(r.options.Socket), secureSocket))
}

// passBackend reads like the name of a route's backend, for figures; no Ingress is called "-".
func passBackend(id model.BackendID) string {
	parts := []string{safe(id.Namespace), "-", safe(id.Service), safe(id.Port), passSuffix}
	if id.Virtual {
		parts = append(parts, "virtual")
	}
	return strings.Join(parts, ":")
}

func (r *renderer) passMap() {
	if !r.passes() {
		return
	}
	r.bundle.Maps[passMapFile] = nil
	for _, h := range r.model.Hosts {
		switch {
		case h.Passthrough == nil:
		case h.Passthrough.Backend == nil:
			r.addEntry(passMapFile, h, key(h.Name), passClosed)
		default:
			r.addEntry(passMapFile, h, key(h.Name), passBackend(*h.Passthrough.Backend))
		}
	}
}

// passthrough is the frontend in front. Who has not said hello in time goes on, too: what he says later is for the
// frontend of HTTPS, which serves no host that is passed through.
func (r *renderer) passthrough() []cfg.Section {
	if !r.passes() {
		return nil
	}
	t := r.model.Global.Timeouts
	d := cfg.Section{Header: cfg.L("defaults", cfg.Name(passDefaults))}
	d.Add(
		cfg.L("mode tcp"), cfg.L("option dontlognull"), cfg.L("option redispatch", cfg.Int(1)), cfg.L("balance roundrobin"),
		cfg.L("option clitcpka"), cfg.L("option srvtcpka"),
		cfg.L("timeout connect", cfg.Millis(t.Connect)), cfg.L("timeout client", cfg.Millis(passIdle)), cfg.L("timeout server", cfg.Millis(passIdle)),
	)
	d.Add(r.streamLog()...)
	f := cfg.Section{Header: cfg.L("frontend", cfg.Name(passFrontend), cfg.Kw("from"), cfg.Name(passDefaults))}
	for _, addr := range r.options.HTTPS {
		f.Add(r.bindPlain(addr))
	}
	f.Add(r.proxyRules()...)
	found := cfg.Found(cfg.Var(passVar))
	f.Add(
		cfg.L("tcp-request inspect-delay", cfg.Millis(helloTime)),
		cfg.L("tcp-request content", cfg.Call("set-var", "txn.sni"), cfg.Expr(cfg.Fetch("req.ssl_sni").Conv("rtrim", ".").Conv("lower"))).
			If(cfg.MatchInt(cfg.Fetch("req.ssl_hello_type"), cfg.Eq(handshake))),
	)
	for _, line := range r.lookupRules(cfg.Var("txn.sni"), "txn.snikey", "txn.snialias") {
		line.Args = append([]cfg.Arg{cfg.Kw("tcp-request content")}, line.Args[1:]...)
		f.Add(line)
	}
	f.Add(
		cfg.L("tcp-request content", cfg.Call("set-var", passVar), cfg.Expr(cfg.Var("txn.snikey").Conv("map", passMapFile))),
		cfg.L("tcp-request content reject").If(cfg.Match(cfg.Var(passVar), cfg.Exact, passClosed)),
		cfg.L("tcp-request content set-log-level silent").Unless(found), // each of its requests is logged
		cfg.L("use_backend", cfg.Format(cfg.Print(cfg.Var(passVar)))).If(found),
		cfg.L("default_backend", cfg.Name(passOthers)),
	)
	b := cfg.Section{Header: cfg.L("backend", cfg.Name(passOthers), cfg.Kw("from"), cfg.Name(passDefaults))}
	b.Add(cfg.L("server https", r.secureSocket(), cfg.Kw("send-proxy-v2")))
	return []cfg.Section{d, f, b}
}

// misnamedRule refuses hosts that are passed through: this connection was made for another name.
func (r *renderer) misnamedRule(p port) []cfg.Line {
	if p != secure || !r.passes() {
		return nil
	}
	return []cfg.Line{misdirected(cfg.Found(cfg.Var("txn.key").Conv("map", passMapFile)))}
}

func (r *renderer) passBackends() {
	known := map[string]bool{}
	for _, h := range r.model.Hosts {
		if h.Passthrough == nil || h.Passthrough.Backend == nil {
			continue
		}
		id := *h.Passthrough.Backend
		name := passBackend(id)
		if known[name] {
			continue
		}
		known[name] = true
		section := cfg.Section{Header: cfg.L("backend", cfg.Name(name), cfg.Kw("from"), cfg.Name(passDefaults)).Of(h.Passthrough.Origin)}
		r.bundle.Backends = append(r.bundle.Backends, &haproxy.Backend{
			Name: name, Owner: h.Passthrough.Origin, Rules: r.text(section), Servers: r.serverLines(r.backend(id), nil, nil),
		})
	}
}
