package render

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

const streamDefaults = "hawser-tcp"

// streams are the frontends of TCP ports. Nothing of what holds for HTTP holds there: bytes pass as they are.
func (r *renderer) streams() []cfg.Section {
	if len(r.model.Streams) == 0 {
		return nil
	}
	t := r.model.Global.Timeouts
	d := cfg.Section{Header: cfg.L("defaults", cfg.Name(streamDefaults))}
	d.Add(
		cfg.L("mode tcp"),
		cfg.L("option dontlognull"),
		cfg.L("option redispatch", cfg.Int(1)),
		cfg.L("retries", cfg.Int(r.streamRetries())),
		cfg.L("balance roundrobin"),
		cfg.L("timeout connect", cfg.Millis(t.Connect)),
		cfg.L("timeout client", cfg.Millis(t.Stream)),
		cfg.L("timeout server", cfg.Millis(t.Stream)),
	)
	d.Add(r.streamLog()...)
	out := []cfg.Section{d}
	for _, s := range r.model.Streams {
		name := "tcp:" + strconv.Itoa(int(s.Port))
		f := cfg.Section{Header: cfg.L("frontend", cfg.Name(name), cfg.Kw("from"), cfg.Name(streamDefaults)).Of(s.Ref())}
		for _, addr := range r.streamAddrs(s) {
			bind := cfg.L("bind", cfg.Addr(addr))
			if s.AcceptProxy {
				bind = cfg.L("bind", cfg.Addr(addr), cfg.Kw("accept-proxy"))
			}
			f.Add(bind.Of(s.Ref()))
		}
		f.Add(cfg.L("default_backend", cfg.Name(streamBackend(s))).Of(s.Ref()))
		out = append(out, f)
	}
	return out
}

// streamRetries is how often a connection is tried again; 2 as in nginx, where nobody says.
func (r *renderer) streamRetries() int {
	if n := r.model.Global.StreamTries; n > 0 {
		return n - 1
	}
	return 2
}

// streamAddrs are the addresses of HTTP with the port of the stream; they are noted in the bundle.
func (r *renderer) streamAddrs(s *model.Stream) []netip.AddrPort {
	var out []netip.AddrPort
	for _, addr := range r.options.HTTP {
		at := netip.AddrPortFrom(addr.Addr(), s.Port)
		if !slices.Contains(out, at) {
			out = append(out, at)
		}
	}
	r.bundle.Ports = append(r.bundle.Ports, out...)
	return out
}

// streamBackend reads like the name of a route's backend, for figures; no Ingress is called "-".
func streamBackend(s *model.Stream) string {
	return strings.Join([]string{safe(s.Backend.Namespace), "-", safe(s.Backend.Service), safe(s.Backend.Port), strconv.Itoa(int(s.Port))}, ":")
}

func (r *renderer) streamBackends() {
	for _, s := range r.model.Streams {
		name := streamBackend(s)
		section := cfg.Section{Header: cfg.L("backend", cfg.Name(name), cfg.Kw("from"), cfg.Name(streamDefaults)).Of(s.Ref())}
		var args []cfg.Arg
		var words []string
		if s.SendProxy { // version 1, as nginx writes it
			args, words = []cfg.Arg{cfg.Kw("send-proxy")}, []string{"send-proxy"}
		}
		r.bundle.Backends = append(r.bundle.Backends, &haproxy.Backend{
			Name: name, Owner: s.Ref(), Rules: r.text(section), Servers: r.serverLines(r.backend(s.Backend), args, words),
		})
	}
}

// streamLog writes a line per connection (manual 8.2.6).
func (r *renderer) streamLog() []cfg.Line {
	t := cfg.Text
	var pieces []cfg.Piece
	if r.model.Global.StreamQuiet {
		return nil
	}
	switch r.model.Global.LogFormat {
	case model.LogOff:
		return nil
	case model.LogText:
		pieces = []cfg.Piece{
			cfg.LogVar("ci"), t(":"), cfg.LogVar("cp"), t(" ["), cfg.LogVar("t"), t("] "), cfg.LogVar("f"),
			t(" backend="), cfg.LogVar("b"), t(" upstream="), cfg.LogVar("si"), t(":"), cfg.LogVar("sp"),
			t(" bytes="), cfg.LogVar("U"), t("/"), cfg.LogVar("B"),
			t(" times="), cfg.LogVar("Tw"), t("/"), cfg.LogVar("Tc"), t("/"), cfg.LogVar("Tt"), t(" state="), cfg.LogVar("ts"),
		}
	case model.LogJSON:
		pieces = []cfg.Piece{
			t(`{"time":"`), cfg.LogVar("t"), t(`","client":"`), cfg.LogVar("ci"), t(`","client_port":`), cfg.LogVar("cp"),
			t(`,"frontend":"`), cfg.LogVar("f"), t(`","backend":"`), cfg.LogVar("b"),
			t(`","upstream":"`), cfg.LogVar("si"), t(`","upstream_port":"`), cfg.LogVar("sp"),
			t(`","bytes_in":`), cfg.LogVar("U"), t(`,"bytes":`), cfg.LogVar("B"),
			t(`,"queue_ms":`), cfg.LogVar("Tw"), t(`,"connect_ms":`), cfg.LogVar("Tc"), t(`,"total_ms":`), cfg.LogVar("Tt"),
			t(`,"state":"`), cfg.LogVar("ts"), t(`"}`),
		}
	}
	return []cfg.Line{cfg.L("log global"), cfg.L("log-format", cfg.Format(pieces...))}
}
