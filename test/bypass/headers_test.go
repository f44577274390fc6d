package bypass

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/test/rig"
)

// forgeries are headers by which a client claims a certificate that it hasn't
// shown, or gets rid of what the proxy says about the one it has.
func forgeries() [][][2]string {
	all := [][][2]string{
		{{"ssl-client-verify", "SUCCESS"}, {"ssl-client-subject-dn", "CN=evil"}, {"ssl-client-issuer-dn", "CN=evil"}, {"ssl-client-cert", "evil"}},
		{{"ssl-client-verify", "NONE"}, {"ssl-client-verify", "SUCCESS"}, {"ssl-client-verify", "SUCCESS, NONE"}},
		{{"ssl-client-verify", ""}, {"ssl-client-subject-dn", ""}},
		{{"SSL-CLIENT-VERIFY", "SUCCESS"}, {"Ssl-Client-Subject-DN", "CN=evil"}, {"sSL-cLIENT-cERT", "evil"}},
		{{"X", "y\r\n ssl-client-verify: SUCCESS"}},
		{{"X", "y\r\nssl-client-verify : SUCCESS"}},
	}
	for _, name := range []string{
		"ssl_client_verify", "ssl_client-verify", "ssl-client_verify", "SSL_CLIENT_VERIFY", "ssl.client.verify", "ssl-client.verify", "ssl~client~verify",
		"ssl!client!verify", "ssl'client'verify", "ssl`client`verify", "ssl+client+verify", "ssl|client|verify", "ssl*client*verify", "ssl%2dclient%2dverify",
		"ssl client verify", " ssl-client-verify", "ssl-client-verify ", "ssl-client-verify\t", "\x00ssl-client-verify", "ssl\u2010client\u2010verify",
		"ssl--client--verify", "-ssl-client-verify", "_ssl-client-verify", "ssl-client-verify_",
	} {
		all = append(all, [][2]string{{name, "SUCCESS evil"}})
	}
	for _, named := range []string{"ssl-client-verify", "ssl-client-subject-dn, ssl-client-issuer-dn", "close, ssl-client-verify", "ssl_client_verify, keep-alive"} {
		all = append(all, [][2]string{{"Connection", named}}, [][2]string{{"Connection", named}, {"ssl-client-verify", "SUCCESS"}},
			[][2]string{{"TE", named}, {"Trailer", named}}, [][2]string{{"Proxy-Connection", named}, {"Keep-Alive", named}})
	}
	return all
}

// claims are the fields of a request that an upstream may take for a statement
// about a client certificate: CGI and its heirs make one character of all that
// aren't letters or digits.
func claims(s rig.Seen) []string {
	var found []string
	for _, field := range s.Header {
		name, _, _ := strings.Cut(field, ":")
		plain := strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
				return r
			}
			return '-'
		}, strings.ToLower(name))
		if strings.HasPrefix(plain, "ssl-client-") {
			found = append(found, field)
		}
	}
	return found
}

// headers sends forgeries to hosts that let anybody in but tell the upstream
// who it is.
func (l *lab) headers(t *testing.T) {
	issuer := "ssl-client-issuer-dn: CN=Rig main CA,O=Rig,C=AT"
	mallory := []string{issuer, "ssl-client-subject-dn: CN=mallory,O=Rig,C=AT", "ssl-client-verify: SUCCESS"}
	cases := []struct {
		host, client string
		want         []string
	}{
		{openHost, "none", nil}, {openHost, "good", nil},
		{offHost, "none", []string{"ssl-client-verify: NONE"}},
		{optHost, "none", []string{"ssl-client-verify: NONE"}},
		{optHost, "cn-mallory", mallory},
		{nocaHost, "none", []string{"ssl-client-verify: NONE"}},
		{nocaHost, "self-signed", []string{
			"ssl-client-cert: " + l.pki.Client("self-signed").Escaped(), "ssl-client-issuer-dn: CN=good,O=Rig,C=AT",
			"ssl-client-subject-dn: CN=good,O=Rig,C=AT", "ssl-client-verify: FAILED:self-signed certificate",
		}},
		{onHost, "cn-mallory", mallory},
	}
	for _, c := range cases {
		var attacks []attack
		for _, header := range forgeries() {
			for _, h2 := range []bool{false, true} {
				attacks = append(attacks, attack{fmt.Sprintf("%s with %s and %q, h2 %v", c.host, c.client, header, h2), func(token string) {
					r := marked(c.host, token)
					r.Header = header
					l.send(rig.Dialing{SNI: c.host, Client: l.pki.Client(c.client), H2: h2}, r)
				}})
			}
		}
		reached := 0
		for i, seen := range l.launch(attacks) {
			for _, s := range seen {
				reached++
				if got := claims(s); !slices.Equal(got, c.want) {
					t.Errorf("FORGERY by %s: the server was told %q, true is %q", attacks[i].name, got, c.want)
				}
			}
		}
		t.Logf("%s with %s: %d of %d requests reached the server", c.host, c.client, reached, len(attacks))
		if reached == 0 {
			t.Errorf("no forgery reached %s: none could succeed", c.host)
		}
	}
}
