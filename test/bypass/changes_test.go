package bypass

import (
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/test/rig"
)

// change is a host whose policy becomes stricter while clients hold sessions.
type change struct {
	host          string
	client        string // gets in before, and not after
	before, after rig.Auth
}

func changes() []change {
	return []change{
		{"ca.test", "good", rig.Auth{Secret: rig.SecretMain}, rig.Auth{Secret: rig.SecretMain}},
		{"crl.test", "revoked", rig.Auth{Secret: rig.SecretNoneRevoked}, rig.Auth{Secret: rig.SecretNoneRevoked}},
		{"depth.test", "int2", rig.Auth{Secret: rig.SecretMainToo, Depth: "2"}, rig.Auth{Secret: rig.SecretMainToo}},
		{"mode.test", "self-signed", rig.Auth{Secret: rig.SecretPair, Verify: "optional_no_ca"}, rig.Auth{Secret: rig.SecretPair}},
		{"cn.test", "cn-mallory", rig.Auth{Secret: rig.SecretPair}, rig.Auth{Secret: rig.SecretPair, MatchCN: "CN=good"}},
		{"secret.test", "good", rig.Auth{Secret: rig.SecretPair}, rig.Auth{Secret: rig.SecretOther}},
	}
}

// TestSessionsEndWithTheirPolicy makes sessions, changes CA, revocation list,
// depth, mode, name and Secret of their hosts, and uses them.
func TestSessionsEndWithTheirPolicy(t *testing.T) { sessionsEnd(t, changes()) }

// TestSessionsEndWithTheirAuthority does so where nothing but the content of Secrets changes, for which HAProxy is not
// reloaded.
func TestSessionsEndWithTheirAuthority(t *testing.T) { sessionsEnd(t, changes()[:2]) }

func sessionsEnd(t *testing.T, all []change) {
	pki, err := rig.NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	before := []rig.Host{{Name: openHost, Ingresses: []rig.Ingress{{}}}}
	after := []rig.Host{{Name: openHost, Ingresses: []rig.Ingress{{}}}}
	for _, c := range all {
		before = append(before, rig.Host{Name: c.host, Ingresses: []rig.Ingress{{Service: rig.ServiceB, Auth: &c.before}}})
		after = append(after, rig.Host{Name: c.host, Ingresses: []rig.Ingress{{Service: rig.ServiceB, Auth: &c.after}}})
	}
	l := &lab{pki: pki, proxy: rig.Hawser(t, before, pki)}
	l.await(t, all, 200)

	var opened []held
	for _, c := range all {
		eachWire(func(version uint16, h2 bool) { opened = append(opened, l.hold(c, version, h2)) })
	}
	l.mustReach(t, resumptions(l, opened))
	swap := map[string]string{rig.SecretMain: rig.SecretOther, rig.SecretNoneRevoked: rig.SecretCRL}
	if err := l.proxy.Apply(after, swap); err != nil {
		t.Fatal(err)
	}
	l.await(t, all, 0)
	l.mustFail(t, resumptions(l, opened))
}

// held is a session that a client keeps.
type held struct {
	change  change
	dial    rig.Dialing
	session *rig.Session
}

func (l *lab) hold(c change, version uint16, h2 bool) held {
	d := rig.Dialing{SNI: c.host, Client: l.pki.Client(c.client), Version: version, H2: h2, Session: &rig.Session{}}
	l.send(d, rig.Request{Target: "/", Host: c.host})
	return held{c, d, d.Session}
}

// resumptions use the sessions; the certificate is shown again if it is asked for.
func resumptions(l *lab, opened []held) []attack {
	var attacks []attack
	for _, h := range opened {
		name := fmt.Sprintf("a session of %s with %s, %s, h2 %v", h.change.host, h.change.client, tls.VersionName(h.dial.Version), h.dial.H2)
		attacks = append(attacks, attack{name, func(token string) { l.send(h.dial, marked(h.change.host, token)) }})
	}
	return attacks
}

// await waits until each client gets the status without a session: 200, or
// anything else for 0.
func (l *lab) await(t *testing.T, all []change, status int) {
	t.Helper()
	limit := time.Now().Add(20 * time.Second)
	for _, c := range all {
		for {
			answer := l.send(rig.Dialing{SNI: c.host, Client: l.pki.Client(c.client)}, rig.Request{Target: "/", Host: c.host})
			if (answer.Status == 200) == (status == 200) {
				break
			}
			if time.Now().After(limit) {
				t.Fatalf("%s still answers %d to %s", c.host, answer.Status, c.client)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}
