package bypass

import (
	"fmt"
	"testing"

	"github.com/hawser-ingress/hawser/test/rig"
)

// TestCatchAllCertificate has a host for all other names that asks for
// certificates of its own CA: in nginx, one of them opens every host whose
// name the client leaves out of the handshake.
func TestCatchAllCertificate(t *testing.T) {
	pki, err := rig.NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	hosts := []rig.Host{
		{Name: openHost, Ingresses: []rig.Ingress{{}}},
		{Name: rig.CatchAll, Ingresses: []rig.Ingress{{Auth: &rig.Auth{Secret: rig.SecretOther}}}},
		{Name: onHost, Ingresses: []rig.Ingress{{Service: rig.ServiceB, Auth: &rig.Auth{Secret: rig.SecretMain}}}},
		{Name: optHost, Ingresses: []rig.Ingress{{Service: rig.ServiceB, Auth: &rig.Auth{Secret: rig.SecretMain, Verify: "optional", MatchCN: "CN=good"}}}},
	}
	l := &lab{pki: pki, proxy: rig.Hawser(t, hosts, pki)}
	var attacks, controls []attack
	for _, sni := range []string{"", "unknown.test", "_", openHost} {
		for _, to := range []string{onHost, optHost} {
			for _, client := range []string{"other-ca", "good", "self-signed"} {
				eachWire(func(version uint16, h2 bool) {
					attacks = append(attacks, attack{fmt.Sprintf("sni %q with %s for %s", sni, client, to), func(token string) {
						d := rig.Dialing{SNI: sni, Client: pki.Client(client), Version: version, H2: h2, Session: &rig.Session{}}
						l.send(d, marked(to, token))
						l.send(d, marked(to, token))
						d.SNI = to
						l.send(rig.Dialing{SNI: to, Version: version, H2: h2, Session: d.Session}, marked(to, token))
					}})
				})
			}
		}
	}
	for _, to := range []string{onHost, optHost} {
		controls = append(controls, attack{to, func(token string) {
			l.send(rig.Dialing{SNI: to, Client: pki.Client("good")}, marked(to, token))
		}})
	}
	l.mustFail(t, attacks)
	l.mustReach(t, controls)
}
