package render

import (
	"strconv"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// serverOptions are what stands behind the address of a server, twice: as arguments, and for commands.
type serverOptions struct {
	args  []cfg.Arg
	words []string
}

func (o *serverOptions) add(a cfg.Arg, words ...string) {
	o.args, o.words = append(o.args, a), append(o.words, words...)
}

// upstreamOptions say how a server is spoken to.
func upstreamOptions(u *model.Upstream) serverOptions {
	var o serverOptions
	switch {
	case u == nil:
		return o
	case u.TLS:
		o.add(cfg.Kw("ssl"), "ssl")
		o.trust(u.Trust)
		if u.HTTP2 {
			o.add(cfg.Kw("alpn h2"), "alpn", "h2")
		}
	case u.FastCGI != nil:
		o.add(cfg.Kw("proto fcgi"), "proto", "fcgi")
	case u.HTTP2:
		o.add(cfg.Kw("proto h2"), "proto", "h2")
	}
	return o
}

// serverNameVar has a name that depends on the request.
const serverNameVar = "txn.server_name"

// trust says whom a server is shown, and whom it must be. With a name that is sent HAProxy verifies that name, otherwise
// that of verifyhost; a connection is only used again for the same name.
func (o *serverOptions) trust(t *model.ServerTLS) {
	if t == nil {
		o.add(cfg.Kw("verify none"), "verify", "none")
		return
	}
	name, constant := t.Name.Constant()
	if !t.Verify {
		o.add(cfg.Kw("verify none"), "verify", "none")
	} else {
		file := caName(t.CA, t.Depth)
		o.add(cfg.Opt("verify required ca-file", cfg.Word(file)), "verify", "required", "ca-file", file)
		if constant {
			o.add(cfg.Opt("verifyhost", cfg.Word(name)), "verifyhost", name)
		}
	}
	switch {
	case t.SendName && constant:
		o.add(cfg.Opt("sni", cfg.Expr(cfg.Str(name))), "sni", "str("+name+")")
	case t.SendName:
		o.add(cfg.Opt("sni", cfg.Expr(cfg.Var(serverNameVar))), "sni", "var("+serverNameVar+")")
	}
	if t.Cert != nil {
		file := certName(t.Cert)
		o.add(cfg.Opt("crt", cfg.Word(file)), "crt", file)
	}
	if t.Min != model.TLSDefault {
		o.add(versionArg(t.Min, minVersions()), "ssl-min-ver", t.Min.String())
		o.add(versionArg(t.Max, serverMaxVersions()), "ssl-max-ver", t.Max.String())
	}
	if t.Ciphers != "" {
		o.add(cfg.Opt("ciphers", cfg.Word(t.Ciphers)), "ciphers", t.Ciphers)
	}
}

func serverMaxVersions() map[model.TLSVersion]cfg.Arg {
	out := maxVersions()
	out[model.TLS13] = cfg.Kw("ssl-max-ver TLSv1.3")
	return out
}

// serverNameStep is for a name with variables.
func (r *renderer) serverNameStep(g *group) []cfg.Line {
	t := trustOf(g.policy)
	if t == nil || !t.SendName {
		return nil
	}
	if _, constant := t.Name.Constant(); constant {
		return nil
	}
	return []cfg.Line{cfg.L("http-request", cfg.Call("set-var-fmt", serverNameVar), cfg.Format(r.pieces(t.Name)...))}
}

func trustOf(p model.Policy) *model.ServerTLS {
	if p.Upstream == nil {
		return nil
	}
	return p.Upstream.Trust
}

const serverFilesName = "hawser-server-files"

// serverFiles make HAProxy read the certificates and authorities of servers when it starts, so that servers that come at
// run time, perhaps the first of their backend, find them. No request gets to its servers.
func (r *renderer) serverFiles() []cfg.Section {
	s := cfg.Section{Header: cfg.L("backend", cfg.Name(serverFilesName), cfg.Kw("from"), cfg.Name(frontendDefaults))}
	known := map[string]bool{}
	for _, g := range r.groups {
		t := trustOf(g.policy)
		if t == nil || known[fingerprint(t)] {
			continue
		}
		known[fingerprint(t)] = true
		if t.Cert != nil {
			r.certFile(t.Cert)
		}
		if t.Verify {
			r.caFile(t.CA, t.Depth, t.Secrets[len(t.Secrets)-1])
		}
		name := "files-" + strconv.Itoa(len(known))
		args := append([]cfg.Arg{cfg.Name(name), cfg.Word("127.0.0.1:1"), cfg.Kw("disabled")}, upstreamOptions(&model.Upstream{TLS: true, Trust: t}).args...)
		s.Add(cfg.L("server", args...).Of(g.ingress))
	}
	if len(known) == 0 {
		return nil
	}
	return []cfg.Section{s}
}
