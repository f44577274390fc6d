package rig

import "slices"

// Host is one row of the host table that both proxies are configured from.
type Host struct {
	Name      string
	Ingresses []Ingress // oldest first
}

// Ingress is one Ingress with a rule for a host.
type Ingress struct {
	Path         string // Prefix; "" is "/"
	Service      string // "" is ServiceA
	PlainAllowed bool   // ssl-redirect: "false"
	Auth         *Auth  // nil: no auth-tls annotation
}

// Auth is what the auth-tls-* annotations of an Ingress say; a zero field is
// an annotation that isn't there.
type Auth struct {
	Secret    string
	Verify    string
	Depth     string
	ErrorPage string
	MatchCN   string
	Pass      string
}

// The two Services that Ingresses point to.
const (
	ServiceA = "a"
	ServiceB = "b"
)

// Secrets that hold certificate authorities. SecretAbsent doesn't exist.
const (
	SecretMain    = "main"
	SecretMainToo = "main-too" // the content of SecretMain
	SecretOther   = "other"
	SecretTwin    = "twin"
	SecretCRL     = "crl"
	SecretStale   = "stale-crl"
	// SecretNoneRevoked has the CA, and a list with the number of the one in
	// SecretCRL, in which nothing is revoked.
	SecretNoneRevoked = "none-revoked"
	SecretPair        = "pair"
	SecretKeyOnly     = "key-only"
	SecretBadCA       = "bad-ca"
	SecretBadCRL      = "bad-crl"
	SecretAbsent      = "absent"
)

// ErrorPage is the absolute error page of the hosts that have one.
const ErrorPage = "https://errors.test/denied"

// PlainHost has no client-certificate policy; its answer shows that a proxy is ready.
const PlainHost = "plain.test"

// AuthOf is the policy that holds on a host: the one of the oldest Ingress that
// has one. It is nil for a host without.
func (h Host) AuthOf() *Auth {
	for _, i := range h.Ingresses {
		if i.Auth != nil {
			return i.Auth
		}
	}
	return nil
}

// Closed tells whether an Ingress of the host names a Secret that isn't there
// or isn't understood: that closes the host, whatever other Ingresses say.
func (h Host) Closed() bool {
	return slices.ContainsFunc(h.Ingresses, func(i Ingress) bool {
		return i.Auth != nil && slices.Contains([]string{SecretAbsent, SecretBadCA, SecretBadCRL}, i.Auth.Secret)
	})
}

func host(name string, auth *Auth) Host {
	return Host{Name: name, Ingresses: []Ingress{{Auth: auth}}}
}

// Hosts is the table of the comparison.
func Hosts() []Host {
	hosts := []Host{
		host(PlainHost, nil),
		host("off.test", &Auth{Secret: SecretMain, Verify: "off"}),
		host("on.test", &Auth{Secret: SecretMain, Verify: "on"}),
		host("default.test", &Auth{Secret: SecretMain}),
		host("opt.test", &Auth{Secret: SecretMain, Verify: "optional"}),
		host("noca.test", &Auth{Secret: SecretMain, Verify: "optional_no_ca"}),
		host("other.test", &Auth{Secret: SecretOther}),
		host("twin.test", &Auth{Secret: SecretTwin}),
		host("noca-other.test", &Auth{Secret: SecretOther, Verify: "optional_no_ca"}),

		host("on-err.test", &Auth{Secret: SecretMain, ErrorPage: ErrorPage}),
		host("opt-err.test", &Auth{Secret: SecretMain, Verify: "optional", ErrorPage: ErrorPage}),
		host("noca-err.test", &Auth{Secret: SecretMain, Verify: "optional_no_ca", ErrorPage: ErrorPage}),
		host("on-errname.test", &Auth{Secret: SecretMain, ErrorPage: "errors.test/denied"}),
		host("on-errnamed.test", &Auth{Secret: SecretMain, ErrorPage: "@nowhere"}),
		host("on-errpath.test", &Auth{Secret: SecretMain, ErrorPage: "/denied"}),
		host("noca-errpath.test", &Auth{Secret: SecretMain, Verify: "optional_no_ca", ErrorPage: "/denied"}),

		host("on-cn.test", &Auth{Secret: SecretMain, MatchCN: "CN=good"}),
		host("on-cn-regex.test", &Auth{Secret: SecretMain, MatchCN: `CN=g.od(,|$)`}),
		host("opt-cn.test", &Auth{Secret: SecretMain, Verify: "optional", MatchCN: "CN=good"}),
		host("noca-cn.test", &Auth{Secret: SecretMain, Verify: "optional_no_ca", MatchCN: "CN=good"}),
		host("off-cn.test", &Auth{Secret: SecretMain, Verify: "off", MatchCN: "CN=good"}),
		host("err-cn.test", &Auth{Secret: SecretMain, MatchCN: "CN=good", ErrorPage: ErrorPage}),

		host("crl.test", &Auth{Secret: SecretCRL}),
		host("opt-crl.test", &Auth{Secret: SecretCRL, Verify: "optional"}),
		host("noca-crl.test", &Auth{Secret: SecretCRL, Verify: "optional_no_ca"}),
		host("stale.test", &Auth{Secret: SecretStale}),
		host("depth2.test", &Auth{Secret: SecretMain, Depth: "2"}),
		host("noca-depth2.test", &Auth{Secret: SecretMain, Verify: "optional_no_ca", Depth: "2"}),
		host("depth0.test", &Auth{Secret: SecretMain, Depth: "0"}),

		host("pass.test", &Auth{Secret: SecretMain, Pass: "true"}),
		host("opt-pass.test", &Auth{Secret: SecretMain, Verify: "optional", Pass: "true"}),
		host("noca-pass.test", &Auth{Secret: SecretMain, Verify: "optional_no_ca", Pass: "true"}),
		host("off-pass.test", &Auth{Secret: SecretMain, Verify: "off", Pass: "true"}),
		host("nopass.test", &Auth{Secret: SecretMain, Pass: "false"}),

		host("pair.test", &Auth{Secret: SecretPair}),
		host("key-only.test", &Auth{Secret: SecretKeyOnly}),
		host("absent.test", &Auth{Secret: SecretAbsent}),
		host("absent-off.test", &Auth{Secret: SecretAbsent, Verify: "off"}),
		host("bad-ca.test", &Auth{Secret: SecretBadCA}),
		host("bad-crl.test", &Auth{Secret: SecretBadCRL}),
		host("*.wild.test", &Auth{Secret: SecretMain}),
	}
	return append(hosts, sharedHosts()...)
}

// sharedHosts have several Ingresses, a path of their own, or plain HTTP.
func sharedHosts() []Host {
	onMain, onOther := &Auth{Secret: SecretMain}, &Auth{Secret: SecretOther}
	return []Host{
		{"two.test", []Ingress{{Auth: onMain}, {Path: "/two", Service: ServiceB, Auth: onOther}}},
		{"two-late.test", []Ingress{{}, {Path: "/two", Service: ServiceB, Auth: onMain}}},
		{"two-broken.test", []Ingress{{Auth: onMain}, {Path: "/two", Service: ServiceB, Auth: &Auth{Secret: SecretAbsent}}}},
		{"only.test", []Ingress{{Path: "/only", Auth: onMain}}},
		{"http-on.test", []Ingress{{PlainAllowed: true, Auth: onMain}}},
		{"http-opt.test", []Ingress{{PlainAllowed: true, Auth: &Auth{Secret: SecretMain, Verify: "optional", Pass: "true"}}}},
		{"http-noca.test", []Ingress{{PlainAllowed: true, Auth: &Auth{Secret: SecretMain, Verify: "optional_no_ca", Pass: "true"}}}},
		{"http-cn.test", []Ingress{{PlainAllowed: true, Auth: &Auth{Secret: SecretMain, MatchCN: "CN=good"}}}},
		{"http-plain.test", []Ingress{{PlainAllowed: true}}},
	}
}

// CatchAll is the name of the host that answers for every name without a row:
// an Ingress without host.
const CatchAll = "_"
