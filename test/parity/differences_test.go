package parity

import (
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/test/rig"
)

// difference is a class of cases where Hawser does something else than
// ingress-nginx on purpose, or because HAProxy can't do otherwise.
type difference struct {
	class   string
	reason  string
	applies func(testCase, outcome) bool
	// expect turns nginx's outcome into the one that Hawser must have.
	expect func(testCase, outcome) outcome
}

// differences lists every allowed difference with the given HAProxy.
// They are applied in this order, each to what the one before expects.
func differences(t table, under build) []difference {
	all := slices.Concat(t.deliberate(), t.fromHAProxy())
	if under.openssl == "3.6" {
		all = append(all, t.fromNewOpenSSL()...)
	}
	return all
}

// table looks hosts up, as a proxy does.
type table struct {
	hosts []rig.Host
	pki   *rig.PKI
	nginx func(testCase) outcome // what nginx did with another case
}

func newTable(hosts []rig.Host, pki *rig.PKI, cases []testCase, pairs []pair) table {
	outcomes := map[string]outcome{}
	for i, c := range cases {
		outcomes[c.key()] = pairs[i].nginx[0]
	}
	return table{hosts: hosts, pki: pki, nginx: func(c testCase) outcome {
		o, found := outcomes[c.key()]
		if !found {
			o.failure = "the case that this one is derived from isn't part of the matrix"
		}
		return o
	}}
}

// policy is what the Ingresses of a name ask for; nil: nothing.
func (t table) policy(name string) *rig.Auth {
	if h, found := t.find(name); found {
		return h.AuthOf()
	}
	return nil
}

// find looks a host up by the name in a request.
func (t table) find(name string) (rig.Host, bool) {
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	for _, h := range t.hosts {
		suffix, wildcard := strings.CutPrefix(h.Name, "*")
		label, below := strings.CutSuffix(name, suffix)
		if h.Name == name || wildcard && below && label != "" && !strings.Contains(label, ".") {
			return h, true
		}
	}
	return rig.Host{}, false
}

func verifies(auth *rig.Auth, modes ...string) bool {
	return auth != nil && slices.Contains(modes, auth.Verify)
}

// presents tells whether the client's certificate reaches the proxy.
func (t table) presents(c testCase) bool {
	h, found := t.find(c.dial.SNI)
	return found && c.client.Certificate != nil && asks(h)
}

func answered(status int) func(testCase, outcome) outcome {
	return func(_ testCase, o outcome) outcome { return outcome{status: status, handshake: o.handshake} }
}

// deliberate differences are on the safe side, or serve clients better.
func (t table) deliberate() []difference {
	return []difference{
		{
			class:  "no CA names with optional_no_ca",
			reason: "clients that obey the names would present nothing, and the mode is there to take what they have",
			applies: func(c testCase, o outcome) bool {
				return !c.dial.Plain && verifies(t.policy(c.dial.SNI), "optional_no_ca") && o.handshake != "again"
			},
			expect: func(_ testCase, o outcome) outcome {
				if o.failure == "" {
					o.handshake = "certificate asked for, no names"
				}
				return o
			},
		},
		{
			class:  "clients that obey CA names, with optional_no_ca",
			reason: "they present their certificate, so the answer is the one that nginx gives to clients that ignore the names",
			applies: func(c testCase, _ outcome) bool {
				return c.dial.Obey && verifies(t.policy(c.dial.SNI), "optional_no_ca")
			},
			expect: func(c testCase, o outcome) outcome {
				c.dial.Obey = false
				other := t.nginx(c)
				other.handshake = o.handshake
				return other
			},
		},
		{
			class:   "Secret without ca.crt",
			reason:  "ingress-nginx silently turns client certificates off; the host is closed",
			applies: func(c testCase, _ outcome) bool { return c.host == "key-only.test" },
			expect:  answered(403),
		},
		{
			class:  "local error page",
			reason: "nginx serves the page from the protected host without a certificate; it is refused as without a page",
			applies: func(c testCase, o outcome) bool {
				auth := t.policy(c.host)
				return auth != nil && auth.ErrorPage == "/denied" && len(o.seen) > 0 && !c.dial.Plain && !acceptable(auth, o.seen[0].header)
			},
			expect: answered(400),
		},
		{
			class:  "plain HTTP with mode on",
			reason: "with ssl-redirect false nginx serves the protected host to everybody; it is closed",
			applies: func(c testCase, o outcome) bool {
				return c.dial.Plain && c.host == "http-on.test"
			},
			expect: answered(403),
		},
		{
			class:   "spoofed ssl-client-* on a host without policy",
			reason:  "an upstream may serve protected hosts, too, and must not meet a header that nobody vouches for",
			applies: func(c testCase, _ outcome) bool { return t.policy(c.host) == nil },
			expect:  func(_ testCase, o outcome) outcome { return without(o, "ssl-client-") },
		},
		{
			class:  "spoofed ssl-client-cert where it isn't passed",
			reason: "as above: nginx lets it through unless pass-certificate-to-upstream is on",
			applies: func(c testCase, _ outcome) bool {
				auth := t.policy(c.host)
				return auth != nil && auth.Pass != "true"
			},
			expect: func(_ testCase, o outcome) outcome { return without(o, "ssl-client-cert:") },
		},
	}
}

// acceptable tells from what the upstream saw whether the mode lets the
// certificate pass.
func acceptable(auth *rig.Auth, header []string) bool {
	for _, field := range header {
		verify, found := strings.CutPrefix(field, "ssl-client-verify: ")
		if !found {
			continue
		}
		if verify == "SUCCESS" || auth.Verify == "optional_no_ca" && verify == "NONE" {
			return true
		}
		return auth.Verify == "optional_no_ca" && slices.Contains([]string{
			"FAILED:self-signed certificate", "FAILED:self-signed certificate in certificate chain",
			"FAILED:unable to get local issuer certificate", "FAILED:unable to verify the first certificate",
		}, verify)
	}
	return false
}

// without takes header fields out of what the upstream saw.
func without(o outcome, prefix string) outcome {
	for i := range o.seen {
		o.seen[i].header = slices.DeleteFunc(o.seen[i].header, func(field string) bool { return strings.HasPrefix(field, prefix) })
	}
	return o
}

func refused(testCase, outcome) outcome { return outcome{failure: "refused"} }

// fromHAProxy are limits of the data plane; none of them opens anything.
func (t table) fromHAProxy() []difference {
	return []difference{
		{
			class:   "verify errors from 32 on",
			reason:  "HAProxy's ca-ignore-err and crt-ignore-err reach errors 0 to 31 only, whatever is written; others end the handshake",
			applies: func(c testCase, o outcome) bool { return t.presents(c) && o.failure == "" && t.beyondIgnoring(c) },
			expect:  refused,
		},
		{
			class:  "genuine path length error with optional_no_ca",
			reason: "verify-depth is a path length in the trust anchors, so this error can't be told from a chain that is too deep; it stays FAILED",
			applies: func(c testCase, o outcome) bool {
				auth := t.policy(c.host)
				return c.client.Name == "path-too-long" && verifies(auth, "optional_no_ca") && auth.Secret != rig.SecretCRL && t.presents(c)
			},
			expect: func(c testCase, o outcome) outcome {
				own := c.client
				c.client = t.pki.Client("int3")
				other := t.nginx(c)
				other = other.clone()
				other.handshake = o.handshake
				for _, s := range other.seen {
					describe(s.header, own)
				}
				return other
			},
		},
		{
			class:  "default port in HTTP/2",
			reason: "HAProxy takes a :443 off an :authority, as the standard allows; the upstream gets the bare name",
			applies: func(c testCase, o outcome) bool {
				return c.dial.H2 && strings.HasSuffix(c.request.Host, ":443")
			},
			expect: func(_ testCase, o outcome) outcome {
				for i, s := range o.seen {
					o.seen[i].host = strings.TrimSuffix(s.host, ":443")
					for n, field := range s.header {
						if strings.HasPrefix(field, "x-forwarded-host: ") {
							s.header[n] = strings.TrimSuffix(field, ":443")
						}
					}
				}
				return o
			},
		},
	}
}

// beyondIgnoring tells whether OpenSSL ends the verification of the client's
// certificate with an error of 32 or more: 34 for an unknown critical
// extension, 33 for a chain whose issuer of a revocation list isn't known.
func (t table) beyondIgnoring(c testCase) bool {
	switch c.client.Name {
	case "critical-extension":
		return true
	case "int1-not-sent":
		return t.policy(c.dial.SNI).Secret == rig.SecretCRL
	case "twin-ca":
		secret := t.policy(c.dial.SNI).Secret
		return secret == rig.SecretCRL || secret == rig.SecretStale
	}
	return false
}

// describe replaces what header says about another certificate.
func describe(header []string, client *rig.Client) {
	for n, field := range header {
		name, _, _ := strings.Cut(field, ": ")
		switch name {
		case "ssl-client-issuer-dn":
			header[n] = name + ": " + client.Issuer()
		case "ssl-client-cert":
			header[n] = name + ": " + client.Escaped()
		}
	}
}

// fromNewOpenSSL are changes of OpenSSL 3.6, that nginx would share if it was built with it.
func (t table) fromNewOpenSSL() []difference {
	const host, without = "noca-crl.test", "noca.test"
	return []difference{{
		class:  "self-signed certificate with a revocation list and optional_no_ca",
		reason: "OpenSSL 3.6 says that it is self-signed, older ones that its issuer's list is missing; it stays FAILED, as without a list",
		applies: func(c testCase, o outcome) bool {
			return c.host == host && c.dial.SNI == host && slices.Contains([]string{"self-signed", "self-signed-ca", "pair-itself"}, c.client.Name)
		},
		expect: func(c testCase, o outcome) outcome {
			c.host, c.dial.SNI, c.request.Host = without, without, without
			c.dial.Obey = false
			other := t.nginx(c).clone()
			other.handshake = o.handshake
			for i, s := range other.seen {
				other.seen[i].host = host
				for n, field := range s.header {
					s.header[n] = strings.Replace(field, "x-forwarded-host: "+without, "x-forwarded-host: "+host, 1)
				}
			}
			return other
		},
	}}
}
