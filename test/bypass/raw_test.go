package bypass

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/test/rig"
)

// silence is how long a peer says nothing before a raw exchange is over.
const silence = 250 * time.Millisecond

// approach is a way to a connection that gives no right to onHost.
type approach struct {
	name string
	dial rig.Dialing
}

func (l *lab) approaches() []approach {
	return []approach{
		{"sni of an open host", rig.Dialing{SNI: openHost}},
		{"sni of the host, no certificate", rig.Dialing{SNI: onHost}},
		{"sni of the host, certificate of another CA", rig.Dialing{SNI: onHost, Client: l.pki.Client("other-ca")}},
		{"sni and certificate of another tenant", rig.Dialing{SNI: otherHost, Client: l.pki.Client("other-ca")}},
		{"optional_no_ca with a self-signed certificate", rig.Dialing{SNI: nocaHost, Client: l.pki.Client("self-signed")}},
		{"no sni", rig.Dialing{}},
		{"unknown sni", rig.Dialing{SNI: "unknown.test", Client: l.pki.Client("good")}},
		{"plain HTTP", rig.Dialing{Plain: true}},
	}
}

// rawForms are requests for onHost that some parser may read as one for
// another host, or the other way round. %s is the token.
func rawForms() []string {
	return []string{
		"GET /%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"GET https://on.test/%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"GET https://on.test/%s HTTP/1.1\r\nHost: plain.test\r\n\r\n",
		"GET http://on.test/%s HTTP/1.1\r\nHost: plain.test\r\n\r\n",
		"GET http://plain.test/%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"GET https://plain.test/%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"GET https://on.test:443/%s HTTP/1.1\r\nHost: plain.test\r\n\r\n",
		"GET https://plain.test@on.test/%s HTTP/1.1\r\nHost: plain.test\r\n\r\n",
		"GET https://on.test@plain.test/%s HTTP/1.1\r\nHost: plain.test\r\n\r\n",
		"GET HTTPS://ON.TEST/%s HTTP/1.1\r\nHost: plain.test\r\n\r\n",
		"GET //on.test/%s HTTP/1.1\r\nHost: plain.test\r\n\r\n",
		"GET https:/on.test/%s HTTP/1.1\r\nHost: plain.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: plain.test\r\nHost: on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test\r\nHost: plain.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: plain.test, on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test, plain.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test,\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: plain.test\r\n on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost:\r\n on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: user@on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: plain.test@on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test@plain.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test:on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: plain.test:on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test:\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test:65536\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test\t\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost:\ton.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test/\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test#\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test?\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test\\\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test plain.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on%%2etest\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test%%00\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test\x00\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test..\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: .on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: \xef\xbd\x8fn.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: [on.test]\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost : on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\n Host: on.test\r\nHost: plain.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nhost: on.test\r\nHOST: plain.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nX-Forwarded-Host: on.test\r\nHost: plain.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost:\r\nX: y\r\n\r\n",
		"GET /%s HTTP/1.1\r\nX: y\r\n\r\n",
		"GET /%s HTTP/1.0\r\n\r\n",
		"GET /%s HTTP/1.0\r\nHost: on.test\r\n\r\n",
		"GET https://on.test/%s HTTP/1.0\r\n\r\n",
		"GET /%s HTTP/1.1\nHost: on.test\n\n",
		"GET /%s HTTP/0.9\r\nHost: on.test\r\n\r\n",
		"GET /%s HTTP/2.0\r\nHost: on.test\r\n\r\n",
		"GET\t/%s\tHTTP/1.1\r\nHost: on.test\r\n\r\n",
		"GET /%s  HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"get /%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"CONNECT on.test:443 HTTP/1.1\r\nHost: on.test\r\nX: %s\r\n\r\n",
		"CONNECT plain.test:443 HTTP/1.1\r\nHost: plain.test\r\n\r\nGET /%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: on.test\r\nX: %s\r\n\r\n",
		"TRACE /%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: plain.test\r\nConnection: Host\r\nX-Host: on.test\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: plain.test\r\n\r\nGET /%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: plain.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n" +
			"GET /%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: plain.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
			"GET /%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
		"GET /%s HTTP/1.1\r\nHost: on.test\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
		"\r\n\r\nGET /%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
	}
}

// rawRequests sends every form over every approach.
func (l *lab) rawRequests(t *testing.T) {
	var attacks, controls []attack
	for _, form := range rawForms() {
		for _, a := range l.approaches() {
			attacks = append(attacks, attack{fmt.Sprintf("%s, %q", a.name, form), func(token string) { l.raw(a.dial, fmt.Sprintf(form, token)) }})
		}
	}
	// Forms that are sound must reach the server with the right certificate.
	right := rig.Dialing{SNI: onHost, Client: l.pki.Client("good")}
	for _, form := range []string{
		"GET /%s HTTP/1.1\r\nHost: on.test\r\n\r\n", "GET https://on.test/%s HTTP/1.1\r\nHost: on.test\r\n\r\n",
		"GET /%s HTTP/1.0\r\nHost: on.test\r\n\r\n", "GET /%s HTTP/1.1\r\nHost:\ton.test\r\n\r\n",
	} {
		controls = append(controls, attack{fmt.Sprintf("%q", form), func(token string) { l.raw(right, fmt.Sprintf(form, token)) }})
	}
	l.mustFail(t, attacks)
	l.mustReach(t, controls)
}

// raw sends text on a new connection and waits for what comes of it.
func (l *lab) raw(d rig.Dialing, text string) string {
	conn, err := l.proxy.Dial(d)
	if err != nil {
		return ""
	}
	defer conn.Close()
	return conn.Raw(text, silence)
}

// paths writes the path of a protected host in ways that hide it.
func (l *lab) paths(t *testing.T) {
	var attacks, controls []attack
	targets := []string{
		"/%s", "//%s", "/./%s", "/x/../%s", "/x/%%2e%%2e/%s", "/%%2e/%s", "/%%2f%s", "/x/..%%2f%s", "/%%252e%%252e/%s", "/;/%s", "/..;/%s", "/x;y=z/%s",
		"/later/../%s", "/later/%%2e%%2e/%s", "/later%%2f..%%2f%s", "/LATER/%s", "/later;/%s", "/later%%00/%s", "/later%%20/%s", "\\%s", "/%s?x=/later", "/?%s",
		"/.well-known/acme-challenge/%s", "/.well-known/acme-challenge/../../%s", "/healthz?%s", "*%s", "/#/%s", "%s", "/%%u002e/%s", "/%%c0%%ae%%c0%%ae/%s",
	}
	for _, target := range targets {
		for _, host := range []string{onHost, "late.test"} {
			for _, h2 := range []bool{false, true} {
				for _, client := range []string{"none", "other-ca"} {
					name := fmt.Sprintf("%s of %s with %s, h2 %v", target, host, client, h2)
					attacks = append(attacks, attack{name, func(token string) {
						l.send(rig.Dialing{SNI: host, Client: l.pki.Client(client), H2: h2}, rig.Request{Target: fmt.Sprintf(target, token), Host: host})
					}})
				}
			}
		}
	}
	for _, target := range []string{"/%s", "//%s", "/x/../%s", "/%%2f%s", "/later/../%s", "/?%s"} {
		for _, host := range []string{onHost, "late.test"} {
			controls = append(controls, attack{fmt.Sprintf("%s of %s", target, host), func(token string) {
				l.send(rig.Dialing{SNI: host, Client: l.pki.Client("good")}, rig.Request{Target: fmt.Sprintf(target, token), Host: host})
			}})
		}
	}
	l.mustFail(t, attacks)
	l.mustReach(t, controls)
}

// plainHTTP asks the port that has no handshake for protected hosts.
func (l *lab) plainHTTP(t *testing.T) {
	var attacks []attack
	for _, host := range append(protected(), httpHost) {
		for _, header := range [][][2]string{
			nil, {{"X-Forwarded-Proto", "https"}}, {{"X-Forwarded-Port", "443"}, {"X-Forwarded-Scheme", "https"}, {"X-Scheme", "https"}},
			{{"ssl-client-verify", "SUCCESS"}, {"X-Forwarded-Proto", "https"}}, {{"Front-End-Https", "on"}}, {{"Forwarded", "proto=https"}},
		} {
			for _, form := range []string{host, strings.ToUpper(host), host + ".", host + ":443"} {
				for _, prefix := range []string{"/", "//", "/.well-known/acme-challenge/"} {
					attacks = append(attacks, attack{fmt.Sprintf("plain HTTP to %q%s with %v", form, prefix, header), func(token string) {
						l.send(rig.Dialing{Plain: true}, rig.Request{Target: prefix + token, Host: form, Header: header})
					}})
				}
			}
		}
	}
	l.mustFail(t, attacks)
}
