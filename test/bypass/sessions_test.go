package bypass

import (
	"crypto/tls"
	"fmt"
	"testing"

	"github.com/hawser-ingress/hawser/test/rig"
)

// origin is where an attacker gets a session: a host, and a certificate that
// the handshake with it takes.
type origin struct{ host, client string }

func origins() []origin {
	return []origin{
		{openHost, "none"}, {optHost, "good"}, {optHost, "expired"}, {optHost, "revoked"}, {offHost, "good"},
		{nocaHost, "self-signed"}, {nocaHost, "other-ca"}, {nocaHost, "twin-ca"}, {nocaHost, "expired"}, {nocaHost, "revoked"},
		{onHost, "good"}, {onHost, "revoked"}, {onHost, "cn-mallory"}, {onHost, "other-ca"}, {onHost, "twin-ca"}, {onHost, "expired"},
		{otherHost, "other-ca"}, {twinHost, "twin-ca"}, {crlHost, "good"}, {deepHost, "int2"}, {"a.wild.test", "revoked"}, {"unknown.test", "none"},
	}
}

// entitled tells whether a client's certificate opens a protected host by
// itself: then the session is not what opens it.
func entitled(client, host string) bool {
	switch host {
	case otherHost:
		return client == "other-ca"
	case twinHost:
		return client == "twin-ca"
	case crlHost:
		return client == "good" || client == "cn-mallory"
	case cnHost:
		return client == "good" || client == "revoked"
	case deepHost:
		return client == "good" || client == "revoked" || client == "cn-mallory" || client == "int2"
	case onHost, "a.wild.test", "late.test":
		return client == "good" || client == "revoked" || client == "cn-mallory"
	}
	return false
}

// eachWire calls f for both versions of TLS and of HTTP.
func eachWire(f func(version uint16, h2 bool)) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, h2 := range []bool{false, true} {
			f(version, h2)
		}
	}
}

// sessions takes a session made under one name to another. The client shows
// no certificate the second time: what counts must come out of the session.
func (l *lab) sessions(t *testing.T) {
	var attacks []attack
	for _, from := range origins() {
		for _, to := range protected() {
			if entitled(from.client, to) {
				continue
			}
			eachWire(func(version uint16, h2 bool) {
				for _, sni := range []string{to, from.host, "", "unknown.test"} {
					attacks = append(attacks, l.resume(from, sni, to, version, h2))
				}
			})
		}
	}
	// A certificate that is good for both hosts proves nothing with the session
	// of one until the other has asked for it, which it has never done here.
	for _, to := range protected() {
		if to == onHost {
			continue
		}
		eachWire(func(version uint16, h2 bool) {
			attacks = append(attacks, l.resume(origin{onHost, "good-ed25519"}, to, to, version, h2))
		})
	}
	l.mustFail(t, attacks)

	// The same steps reach the server if the name stays and the certificate is shown again.
	var controls []attack
	for _, o := range []origin{{onHost, "good"}, {otherHost, "other-ca"}, {twinHost, "twin-ca"}, {crlHost, "good"}, {deepHost, "int2"}, {cnHost, "good"}} {
		eachWire(func(version uint16, h2 bool) {
			controls = append(controls, attack{fmt.Sprintf("%s with %s", o.host, o.client), func(token string) {
				d := rig.Dialing{SNI: o.host, Client: l.pki.Client(o.client), Version: version, H2: h2, Session: &rig.Session{}}
				l.send(d, rig.Request{Target: "/", Host: o.host})
				l.send(d, marked(o.host, token))
			}})
		})
	}
	l.mustReach(t, controls)
}

// resume makes a session under from and uses it with another name.
func (l *lab) resume(from origin, sni, to string, version uint16, h2 bool) attack {
	name := fmt.Sprintf("a session of %s with %s, resumed with sni %q for %s, %s, h2 %v", from.host, from.client, sni, to, tls.VersionName(version), h2)
	return attack{name, func(token string) {
		session := &rig.Session{}
		l.send(rig.Dialing{SNI: from.host, Client: l.pki.Client(from.client), Version: version, H2: h2, Session: session},
			rig.Request{Target: "/", Host: from.host})
		l.send(rig.Dialing{SNI: sni, Version: version, H2: h2, Session: session}, marked(to, token))
	}}
}
