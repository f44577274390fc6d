package render

import (
	"net/netip"
	"strconv"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

func (r *renderer) endpointServer(s model.AuthService, e model.Endpoint, b *model.Backend) haproxy.Server {
	out := haproxy.Server{Name: serverName(e), Addr: netip.AddrPortFrom(e.Addr, e.Port)}
	where, args := cfg.Addr(out.Addr), r.serverArgs(s, cfg.Str(s.Name))
	if e.Name != "" {
		out.Addr = netip.AddrPort{}
		where, args = cfg.Word(e.Name+":"+strconv.Itoa(int(e.Port))), append(args, r.resolved()...)
	}
	line := cfg.L("server", append([]cfg.Arg{cfg.Name(out.Name), where}, args...)...)
	out.Text = r.serverText(line.Of(b.Origin))
	return out
}

// namedServer is a server by address or DNS name, or the host that is asked for, which is resolved for each question.
func (r *renderer) namedServer(s model.AuthService) []cfg.Line {
	if s.Name == "" {
		return r.askedServer(s)
	}
	args := r.serverArgs(s, cfg.Str(s.Name))
	if addr, err := netip.ParseAddr(s.Name); err == nil {
		where := cfg.Addr(netip.AddrPortFrom(addr, s.Port))
		return []cfg.Line{cfg.L("server", append([]cfg.Arg{cfg.Name("service"), where}, args...)...)}
	}
	where := cfg.Word(s.Name + ":" + strconv.Itoa(int(s.Port)))
	args = append(args, r.resolved()...)
	return []cfg.Line{cfg.L("server", append([]cfg.Arg{cfg.Name("service"), where}, args...)...)}
}

func (r *renderer) askedServer(s model.AuthService) []cfg.Line {
	if !r.options.Nameservers {
		return []cfg.Line{respond(503, cfg.And())}
	}
	name, addr := cfg.Var("txn.name"), cfg.Var("txn.addr")
	host := cfg.Fetch("req.fhdr", "host")
	port, fixed := int(s.Port), s.Port != 0
	if !fixed {
		port = 80
		if s.TLS {
			port = 443
		}
	}
	out := []cfg.Line{
		set("txn.name", host.Conv("field", "1", ":")),
		cfg.L("http-request", cfg.Call("do-resolve", "txn.addr", resolversName), cfg.Expr(name)),
		respond(503, cfg.Not(cfg.Found(addr))),
		cfg.L("http-request set-dst", cfg.Expr(addr)),
		cfg.L("http-request set-dst-port", cfg.Expr(cfg.Fetch("int", strconv.Itoa(port)))),
	}
	if !fixed {
		out = append(out, cfg.L("http-request set-dst-port", cfg.Expr(host.Conv("field", "2", ":"))).
			If(cfg.Match(host, cfg.Regex, ":[0-9]{1,5}$")))
	}
	return append(out, cfg.L("server", append([]cfg.Arg{cfg.Name("asked"), cfg.Word("0.0.0.0:0")}, r.serverArgs(s, name)...)...))
}

// serverArgs bound a server. Certificates are not verified, as in ingress-nginx.
func (r *renderer) serverArgs(s model.AuthService, name cfg.Sample) []cfg.Arg {
	out := []cfg.Arg{cfg.Opt("maxconn", cfg.Int(maxQuestions))}
	if s.TLS {
		out = append(out, cfg.Kw("ssl verify none"))
		if _, err := netip.ParseAddr(s.Name); err != nil {
			out = append(out, cfg.Opt("sni", cfg.Expr(name)))
		}
	}
	if k := s.KeepAlive; k.Idle > 0 {
		out = append(out, cfg.Opt("pool-max-conn", cfg.Int(k.Idle)), cfg.Opt("pool-purge-delay", cfg.Millis(k.Timeout)))
	}
	return out
}

// resolved makes a server follow a DNS name.
func (r *renderer) resolved() []cfg.Arg {
	out := []cfg.Arg{cfg.Kw("init-addr last,libc,none")}
	if r.options.Nameservers {
		out = append(out, cfg.Opt("resolvers", cfg.Name(resolversName)))
	}
	return out
}
