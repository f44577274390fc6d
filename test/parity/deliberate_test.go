package parity

import (
	"crypto/tls"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/test/rig"
)

// deliberate differences are on the safe side, or serve clients better.
func (t table) deliberate() []difference {
	return slices.Concat(t.offering(), t.closing(), t.stripping())
}

// offering concerns what the server says of the certificates that it takes.
func (t table) offering() []difference {
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
	}
}

// closing concerns hosts and pages that nginx leaves open.
func (t table) closing() []difference {
	return []difference{
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
			reason: "what isn't redirected is closed; with ssl-redirect false nginx serves it to everybody",
			applies: func(c testCase, o outcome) bool {
				return c.dial.Plain && (c.host == "http-on.test" || c.host == "only.test")
			},
			expect: answered(403),
		},
		{
			class:   "key pair beside ca.crt",
			reason:  "ingress-nginx takes the Secret's own tls.crt for one of the authorities: it is named to clients and trusted",
			applies: func(c testCase, _ outcome) bool { return c.host == "pair.test" && !c.dial.Plain },
			expect: func(c testCase, o outcome) outcome {
				if c.client.Name == "pair-itself" {
					return outcome{status: 400, handshake: t.handshake("on.test", o)}
				}
				o.handshake = t.handshake("on.test", o)
				return o
			},
		},
		{
			class:   "error page that is a named location",
			reason:  "nginx fails with 500, because no location has the name; what is missing is the certificate",
			applies: func(c testCase, o outcome) bool { return c.host == "on-errnamed.test" && o.status == 500 },
			expect:  answered(400),
		},
		{
			class:   "error page without scheme",
			reason:  "nginx sends the name as it is, and what a client makes of it depends on the path; it becomes a path of the host",
			applies: func(c testCase, o outcome) bool { return c.host == "on-errname.test" && o.status == 302 },
			expect: func(c testCase, o outcome) outcome {
				o.location = "https://" + c.host + "/" + o.location
				return o
			},
		},
	}
}

// everywhere is what all answers have, those that other rules expect included.
func (t table) everywhere() []difference {
	return []difference{{
		class:   "Strict-Transport-Security on refusals",
		reason:  "nginx refuses before it sets the header; a host that only speaks TLS may say so in refusals too",
		applies: func(c testCase, o outcome) bool { return !c.dial.Plain && o.failure == "" },
		expect: func(_ testCase, o outcome) outcome {
			o.hsts = "max-age=31536000; includeSubDomains"
			return o
		},
	}}
}

// stripping concerns headers that a client sends to be taken for somebody else.
func (t table) stripping() []difference {
	return []difference{
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

// handshake is the one of another host, if o tells of a first handshake at all.
func (t table) handshake(host string, o outcome) string {
	if o.handshake == "again" || o.failure != "" {
		return o.handshake
	}
	return t.nginx(testCase{
		client: t.pki.Client("none"), dial: rig.Dialing{SNI: host, Version: tls.VersionTLS13}, request: rig.Request{Method: "GET", Target: "/", Host: host},
	}).handshake
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
