package bypass

import (
	"crypto/tls"
	"fmt"
	"slices"
	"testing"

	"github.com/hawser-ingress/hawser/test/rig"
)

// TestIgnoredErrors lets the controller's own policy ignore some verification
// errors. A certificate with another fault, alone or on top of an ignored one,
// must not get in, in a full handshake or with a session of any kind.
func TestIgnoredErrors(t *testing.T) {
	pki, err := rig.NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		ignore string
		enter  []string // get in although something is wrong with them
	}{
		{"", nil},
		{"10", []string{"expired"}},
		{"9", []string{"not-yet-valid"}},
		{"20,21", []string{"other-ca", "twin-ca", "int1-not-sent"}},
		{"18", []string{"self-signed", "self-signed-ca", "pair-itself"}},
	} {
		t.Run("ignoring "+c.ignore, func(t *testing.T) {
			settings := map[string]string{"client-ca": "rig/" + rig.SecretMain}
			if c.ignore != "" {
				settings["client-crt-ignore-err"] = c.ignore
			}
			l := &lab{pki: pki, proxy: rig.HawserWith(t, ignoringHosts(), pki, settings)}
			l.ignored(t, c.enter)
		})
	}
}

// ignoringHosts has two hosts under the controller's policy and two with their own.
func ignoringHosts() []rig.Host {
	optional := &rig.Auth{Secret: rig.SecretMain, Verify: "optional"}
	return []rig.Host{
		{Name: openHost, Ingresses: []rig.Ingress{{Auth: optional}}},
		{Name: nocaHost, Ingresses: []rig.Ingress{{Auth: &rig.Auth{Secret: rig.SecretOther, Verify: "optional_no_ca"}}}},
		{Name: "first.test", Ingresses: []rig.Ingress{{Service: rig.ServiceB}}},
		{Name: "second.test", Ingresses: []rig.Ingress{{Service: rig.ServiceB}}},
	}
}

func (l *lab) ignored(t *testing.T, enter []string) {
	faulty := []string{
		"none", "expired", "not-yet-valid", "other-ca", "other-ca-with-root", "other-ca-expired", "twin-ca", "twin-ca-with-root", "self-signed", "self-signed-ca",
		"int1-not-sent", "expired-int", "path-too-long", "server-usage", "weak-rsa", "critical-extension", "root-itself", "pair-itself",
	}
	var attacks, controls []attack
	for _, client := range faulty {
		eachWire(func(version uint16, h2 bool) {
			direct := attack{fmt.Sprintf("%s, %s, h2 %v", client, tls.VersionName(version), h2), func(token string) {
				l.send(rig.Dialing{SNI: "first.test", Client: l.pki.Client(client), Version: version, H2: h2}, marked("first.test", token))
			}}
			if slices.Contains(enter, client) {
				controls = append(controls, direct)
				return
			}
			attacks = append(attacks, direct)
			for _, from := range []string{"first.test", "second.test", openHost, nocaHost} {
				attacks = append(attacks, l.resume(origin{from, client}, "first.test", "first.test", version, h2))
			}
		})
	}
	for _, client := range []string{"good", "int1", "int3"} {
		controls = append(controls, attack{client, func(token string) {
			l.send(rig.Dialing{SNI: "first.test", Client: l.pki.Client(client)}, marked("first.test", token))
		}})
	}
	l.mustFail(t, attacks)
	l.mustReach(t, controls)
}
