package render

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// closedBackends answer for routes that serve nothing.
func (r *renderer) closedBackends() []cfg.Section {
	section := func(name string, code int) cfg.Section {
		s := cfg.Section{Header: cfg.L("backend", cfg.Name(name), cfg.Kw("from"), cfg.Name(frontendDefaults))}
		s.Add(cfg.L("http-request return", status(code), page(code)))
		return s
	}
	return []cfg.Section{
		section(notFoundBackend, 404),
		section(closedBackend(403), 403),
		section(closedBackend(503), 503),
	}
}

// backends lists one for each Ingress, service and port that a route leads to.
func (r *renderer) backends() []cfg.Section {
	byID := map[model.BackendID]*model.Backend{}
	for _, b := range r.model.Backends {
		byID[b.ID] = b
	}
	found := map[string]cfg.Section{}
	for _, h := range r.model.Hosts {
		for _, route := range h.Routes {
			forward, ok := route.Action.(model.Forward)
			if !ok {
				continue
			}
			name := backendName(route, forward.Backend)
			if _, known := found[name]; !known {
				found[name] = r.backend(name, route, byID[forward.Backend])
			}
		}
	}
	var out []cfg.Section
	for _, name := range slices.Sorted(maps.Keys(found)) {
		out = append(out, found[name])
	}
	return out
}

func (r *renderer) backend(name string, route *model.Route, b *model.Backend) cfg.Section {
	header := cfg.L("backend", cfg.Name(name), cfg.Kw("from"), cfg.Name(backendDefaults))
	s := cfg.Section{Header: header.Of(route.Ingress)}
	for _, e := range b.Endpoints {
		s.Add(r.server(e, b.Origin))
	}
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
