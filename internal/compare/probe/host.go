package probe

import (
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// word marks what is made up: no Ingress is expected to have it.
const word = "hawser-compare"

// stranger is a name that nobody can have (RFC 6761, 6.4).
const stranger = word + ".invalid"

// Generate makes the requests for everything that a model serves.
func Generate(m *model.Model, o Options) Plan {
	p := newPlanner(o)
	for _, h := range m.Hosts {
		v := &visit{planner: p, model: m, host: h, name: sampleName(h.Name), bodies: map[int64]bool{}}
		if o.Wanted == nil || o.Wanted(v.name) {
			v.run()
		}
	}
	if o.Wanted == nil || o.Wanted(stranger) {
		for _, secure := range []bool{true, false} {
			p.add(Request{Kind: UnknownHost, Secure: secure, Host: stranger, SNI: nameFor(stranger, secure), Target: "/"})
		}
	}
	if m.Global.Proxy != nil && !o.Proxy {
		p.leave("the settings ask for the PROXY protocol; without --proxy-protocol a controller may refuse every connection", "use-proxy-protocol")
	}
	return p.finish()
}

// sampleName is a name that belongs to a host.
func sampleName(name model.Hostname) string {
	switch {
	case name == "":
		return stranger
	case name.Wildcard():
		return word + name.Suffix()
	default:
		return string(name)
	}
}

func nameFor(host string, secure bool) string {
	if secure {
		return host
	}
	return ""
}

// visit asks about one host.
type visit struct {
	*planner
	model  *model.Model
	host   *model.Host
	name   string
	bodies map[int64]bool // limits of its own that were tried
}

func (v *visit) run() {
	if len(v.host.Routes) == 0 {
		v.both(Root, "/", "")
		return
	}
	for _, r := range v.host.Routes {
		v.route(r)
	}
	v.both(Root, "/", owner(v.host.Routes[0].Ingress))
	v.aliases()
	if v.options.Quick {
		return
	}
	v.send(Missing, "/"+word+"-missing", Request{})
	v.odd(v.host.Routes[0])
}

func owner(ref issue.Ref) string {
	if ref.Name == "" {
		return ""
	}
	return ref.Namespace + "/" + ref.Name
}

// main says whether most requests are sent by HTTPS.
func (v *visit) main() bool { return v.options.HTTPS || !v.options.HTTP }

// send asks on the main port; what the request leaves open is that of the host.
func (v *visit) send(kind Kind, target string, r Request) {
	r.Kind, r.Target, r.Secure = kind, target, v.main()
	if r.Host == "" {
		r.Host = v.name
	}
	if r.SNI == "" {
		r.SNI = nameFor(v.name, r.Secure)
	}
	if r.Client == None && r.Secure {
		r.Client = v.carried()
	}
	v.add(r)
}

// both asks on both ports.
func (v *visit) both(kind Kind, target, ingress string) {
	v.send(kind, target, Request{Ingress: ingress})
	v.add(Request{Kind: kind, Ingress: ingress, Host: v.name, Target: target})
}

// carried is the certificate that gets furthest.
func (v *visit) carried() Client {
	c := v.policy()
	switch {
	case c == nil || c.Verify == model.VerifyOff || c.Verify == model.VerifyDeny:
		return None
	case v.options.Given:
		return Given
	case c.Verify == model.VerifyOptionalNoCA:
		return Self
	default:
		return None
	}
}

func (v *visit) policy() *model.ClientCert {
	if v.host.ClientCert != nil {
		return v.host.ClientCert
	}
	return v.model.Global.ClientCert
}

// aliases asks for the first path under every other name.
func (v *visit) aliases() {
	first := v.host.Routes[0]
	target := "/"
	if paths := samplePaths(first.Match); len(paths) > 0 {
		target = paths[0]
	}
	names := []string{}
	for _, a := range v.host.Aliases {
		names = append(names, sampleName(a))
	}
	for _, expression := range v.host.Patterns {
		found := sampleExpression(expression, matchesAnywhere)
		if len(found) == 0 {
			v.leave("no name is found that an alias with an expression matches", expression)
			continue
		}
		names = append(names, found[0])
	}
	for _, name := range names {
		v.send(Alias, target, Request{Host: name, SNI: nameFor(name, v.main()), Ingress: owner(v.host.AliasFrom)})
		v.add(Request{Kind: Alias, Host: name, Target: target, Ingress: owner(v.host.AliasFrom)})
	}
}

// odd asks for the first path of a host in ways that clients seldom do.
func (v *visit) odd(r *model.Route) {
	paths := samplePaths(r.Match)
	if len(paths) == 0 {
		return
	}
	target, from := paths[0], owner(r.Ingress)
	if upper := strings.ToUpper(v.name); upper != v.name {
		v.send(HostCase, target, Request{Host: upper, Ingress: from})
	}
	v.send(HostDot, target, Request{Host: v.name + ".", Ingress: from})
	v.send(HostPort, target, Request{Host: v.name + ":8443", Ingress: from})
	v.send(ClientHeaders, target, Request{Ingress: from, Headers: []Header{
		{"X-Forwarded-For", "192.0.2.1"}, {"X-Forwarded-Host", stranger}, {"X-Forwarded-Proto", "http"}, {"X-Forwarded-Port", "1"},
		{"X-Real-IP", "192.0.2.1"}, {"X-Original-URI", "/" + word}, {"X-Request-ID", "0123456789abcdef0123456789abcdef"},
		{"ssl-client-verify", "SUCCESS"}, {"ssl-client-subject-dn", "CN=" + word}, {"under_score", "1"}, {"Proxy", stranger},
	}})
	if v.model.Global.Compression != nil {
		v.send(Compressed, target, Request{Ingress: from, Headers: []Header{{"Accept-Encoding", "gzip"}}})
	}
	v.certificates(target, from)
}

// certificates asks a host that wants client certificates with each kind of them.
func (v *visit) certificates(target, from string) {
	c := v.policy()
	if c == nil || c.Verify == model.VerifyOff {
		return
	}
	base := Request{Method: "GET", Ingress: from, Host: v.name, SNI: v.name, Secure: true, Target: target}
	for _, try := range []struct {
		kind   Kind
		client Client
	}{{NoCertificate, None}, {SelfSigned, Self}, {GoodCertificate, Given}} {
		r := base
		r.Kind, r.Client = try.kind, try.client
		if r.Client == Given && !v.options.Given {
			v.leave("no --client-cert is given", r.String())
			continue
		}
		v.add(r)
	}
	base.Kind, base.SNI = OtherSNI, stranger
	v.add(base)
}
