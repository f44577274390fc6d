package parity

import (
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/test/rig"
)

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
			class:   "certificate of 64 KiB",
			reason:  "it doesn't fit into HAProxy's buffer in any form, and the handshake ends",
			applies: func(c testCase, _ outcome) bool { return c.client.Name == "monstrous" && t.presents(c) },
			expect:  refused,
		},
		{
			class:  "certificate whose text is larger than a buffer",
			reason: "the header can't be sent, and one that is missing would look like no certificate",
			applies: func(c testCase, _ outcome) bool {
				return c.client.Name == "giant" && t.presents(c) && t.policy(c.host).Pass == "true"
			},
			expect: answered(431),
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
