package bypass

import (
	"crypto/tls"
	"fmt"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/test/rig"
)

// connections uses one connection, opened for a host that the client may use,
// for a host that it may not.
func (l *lab) connections(t *testing.T) {
	var attacks, controls []attack
	for _, from := range origins() {
		for _, to := range protected() {
			if from.host == to {
				continue
			}
			eachWire(func(version uint16, h2 bool) {
				name := fmt.Sprintf("a connection to %s with %s, used for %s, %s, h2 %v", from.host, from.client, to, tls.VersionName(version), h2)
				attacks = append(attacks, attack{name, func(token string) {
					l.reuse(from, version, h2, marked(to, token))
				}})
			})
		}
	}
	eachWire(func(version uint16, h2 bool) {
		controls = append(controls, attack{"a connection to the host itself", func(token string) {
			l.reuse(origin{onHost, "good"}, version, h2, marked(onHost, token))
		}})
	})
	l.mustFail(t, attacks)
	l.mustReach(t, controls)
}

// reuse sends a permitted request and then another one on the same connection.
func (l *lab) reuse(from origin, version uint16, h2 bool, then rig.Request) {
	conn, err := l.proxy.Dial(rig.Dialing{SNI: from.host, Client: l.pki.Client(from.client), Version: version, H2: h2})
	if err != nil {
		return
	}
	defer conn.Close()
	conn.Do(rig.Request{Target: "/", Host: from.host})
	conn.Do(then)
}

// names has the name of any host in the handshake, or none, and spells that of
// the protected one in the request in all ways that routing may accept.
func (l *lab) names(t *testing.T) {
	var attacks, controls []attack
	for _, sni := range append(protected(), strings.ToUpper(onHost), optHost, nocaHost, openHost, offHost, "unknown.test", "") {
		for _, client := range []string{"none", "other-ca", "self-signed", "expired", "revoked", "cn-mallory", "good"} {
			for _, host := range protected() {
				if strings.EqualFold(sni, host) && entitled(client, host) {
					continue
				}
				forms := []string{host}
				if client == "none" || client == "good" {
					forms = append(forms, strings.ToUpper(host), host+".", host+":443", host+":80", host+".:443", strings.ToUpper(host)+".:1")
				}
				for _, form := range forms {
					for _, h2 := range []bool{false, true} {
						name := fmt.Sprintf("sni %q, %s, host %q, h2 %v", sni, client, form, h2)
						attacks = append(attacks, attack{name, func(token string) {
							l.send(rig.Dialing{SNI: sni, Client: l.pki.Client(client), H2: h2}, marked(form, token))
						}})
					}
				}
			}
		}
	}
	for _, form := range []string{onHost, strings.ToUpper(onHost), onHost + ".", onHost + ":443", onHost + ":80"} {
		for _, h2 := range []bool{false, true} {
			controls = append(controls, attack{fmt.Sprintf("host %q, h2 %v", form, h2), func(token string) {
				l.send(rig.Dialing{SNI: onHost, Client: l.pki.Client("good"), H2: h2}, marked(form, token))
			}})
		}
	}
	l.mustFail(t, attacks)
	l.mustReach(t, controls)
}
