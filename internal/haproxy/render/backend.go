package render

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// notFound answers for paths and hosts that nobody serves.
func notFound() cfg.Section {
	s := cfg.Section{Header: cfg.L("backend", cfg.Name(notFoundBackend), cfg.Kw("from"), cfg.Name(frontendDefaults))}
	s.Add(cfg.L("http-request return", status(404), page(404)))
	return s
}

// server is named by its address, so that logs and figures say where a request went.
func (r *renderer) server(e model.Endpoint, origin issue.Ref) cfg.Line {
	if e.Name == "" {
		addr := netip.AddrPortFrom(e.Addr, e.Port)
		return cfg.L("server", cfg.Name(serverName(e)), cfg.Addr(addr)).Of(origin)
	}
	args := []cfg.Arg{cfg.Name(serverName(e)), cfg.Word(e.Name + ":" + strconv.Itoa(int(e.Port))), cfg.Kw("init-addr last,libc,none")}
	if r.options.Nameservers {
		args = append(args, cfg.Opt("resolvers", cfg.Name(resolversName)))
	}
	return cfg.L("server", args...).Of(origin)
}

func serverName(e model.Endpoint) string {
	host := e.Name
	if host == "" {
		host = strings.ReplaceAll(e.Addr.String(), "%", "_")
	}
	return host + ":" + strconv.Itoa(int(e.Port))
}
