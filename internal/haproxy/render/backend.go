package render

import (
	"bytes"
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy"
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

func (r *renderer) servers(g *group, b *model.Backend) []haproxy.Server {
	o := upstreamOptions(g.policy.Upstream)
	poolArgs, poolWords := r.poolArgs()
	return r.serverLines(b, slices.Concat(o.args, poolArgs), slices.Concat(o.words, poolWords), g.ingress)
}

// serverLines writes one line for each endpoint, with the same arguments, which are given as words, too. It is named by
// its address, so that logs and figures say where a request went. Who asks for the arguments is to blame for them.
func (r *renderer) serverLines(b *model.Backend, common []cfg.Arg, words []string, asked ...issue.Ref) []haproxy.Server {
	var out []haproxy.Server
	for _, e := range taking(b.Endpoints) {
		s := haproxy.Server{Name: serverName(e), Addr: netip.AddrPortFrom(e.Addr, e.Port), Args: words}
		where, args := cfg.Addr(s.Addr), slices.Clone(common)
		if e.Name != "" {
			s.Addr = netip.AddrPort{}
			where = cfg.Word(e.Name + ":" + strconv.Itoa(int(e.Port)))
			args = append(args, cfg.Kw("init-addr last,libc,none"))
			if r.options.Nameservers {
				args = append(args, cfg.Opt("resolvers", cfg.Name(resolversName)))
			}
		}
		line := cfg.L("server", append([]cfg.Arg{cfg.Name(s.Name), where}, args...)...)
		s.Text = r.serverText(line.Of(asked...).Of(b.Origin))
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b haproxy.Server) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// taking are the endpoints that get requests. A server that is taken out keeps its connections; one that ends is still
// better than none (KEP-1669).
func taking(all []model.Endpoint) []model.Endpoint {
	var out []model.Endpoint
	for _, e := range all {
		if !e.Draining {
			out = append(out, e)
		}
	}
	if len(out) == 0 {
		return all
	}
	return out
}

// serverText renders a line within a section whose header is cut off again.
func (r *renderer) serverText(line cfg.Line) haproxy.Text {
	t := r.text(cfg.Section{Header: cfg.L("backend"), Lines: []cfg.Line{line}})
	if len(t.Bytes) == 0 {
		return t
	}
	_, rest, _ := bytes.Cut(t.Bytes, []byte("\n"))
	return haproxy.Text{Bytes: rest, Origins: append([][]issue.Ref{nil}, t.Origins[2:]...)}
}

func serverName(e model.Endpoint) string {
	host := e.Name
	if host == "" {
		host = strings.ReplaceAll(e.Addr.String(), "%", "_")
	}
	return host + ":" + strconv.Itoa(int(e.Port))
}
