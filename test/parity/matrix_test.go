package parity

import (
	"crypto/tls"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/test/rig"
)

// allCases lists every case in a fixed order.
func allCases(hosts []rig.Host, pki *rig.PKI) []testCase {
	m := matrix{hosts: hosts, pki: pki}
	m.certificates()
	m.names()
	m.spoofing()
	m.caNames()
	m.plainHTTP()
	m.requests()
	return m.cases
}

type matrix struct {
	hosts []rig.Host
	pki   *rig.PKI
	cases []testCase
}

// wire is a way to speak to a proxy.
type wire struct {
	version uint16
	h2      bool
}

func wires() []wire {
	return []wire{{tls.VersionTLS13, false}, {tls.VersionTLS13, true}, {tls.VersionTLS12, false}, {tls.VersionTLS12, true}}
}

// few are two wires that have every version once.
func few() []wire {
	return []wire{{tls.VersionTLS13, false}, {tls.VersionTLS12, true}}
}

// named is a name that a row of the table answers for.
func named(row string) string { return strings.Replace(row, "*", "a", 1) }

func (m *matrix) add(c testCase) {
	if c.request.Method == "" {
		c.request.Method = "GET"
	}
	if c.request.Target == "" {
		c.request.Target = "/"
	}
	m.cases = append(m.cases, c)
}

// certificates: every host with every client certificate, both versions of TLS
// and HTTP, each session resumed once. Hosts that ask for none get few certificates,
// as do those that are there for their paths.
func (m *matrix) certificates() {
	basic := []*rig.Client{m.pki.Client("none"), m.pki.Client("good"), m.pki.Client("other-ca"), m.pki.Client("expired"), m.pki.Client("int2")}
	for _, h := range m.hosts {
		name, clients := named(h.Name), m.pki.Clients()
		if !asks(h) || !simple(h) {
			clients = basic
		}
		for _, client := range clients {
			for _, w := range wiresFor(h, client) {
				m.add(testCase{
					group: "certificate", host: h.Name, client: client, resume: true,
					dial:    rig.Dialing{SNI: name, Version: w.version, H2: w.h2},
					request: rig.Request{Host: name},
				})
			}
		}
	}
}

// wiresFor keeps the matrix small: odd subjects go over few wires, certificates
// that may not fit into a buffer only to hosts where that can matter.
func wiresFor(h rig.Host, client *rig.Client) []wire {
	switch {
	case strings.HasPrefix(client.Name, "cn-"), strings.HasPrefix(client.Name, "dn-"):
		return few()
	case client.Oversized():
		if h.AuthOf().Pass == "true" || h.Name == "on.test" {
			return few()
		}
		return nil
	}
	return wires()
}

// asks tells whether a host asks for a client certificate.
func asks(h rig.Host) bool {
	auth := h.AuthOf()
	return auth != nil && auth.Verify != "off" && auth.Secret != rig.SecretKeyOnly && !h.Closed()
}

// simple tells whether a host has nothing but one Ingress for all of its paths,
// and is not there for one annotation that decides before or after the
// certificate does.
func simple(h rig.Host) bool {
	if slices.Contains([]string{"default.test", "nopass.test", "depth0.test", "on-errname.test", "on-errnamed.test"}, h.Name) {
		return false
	}
	return len(h.Ingresses) == 1 && h.Ingresses[0].Path == "" && !h.Ingresses[0].PlainAllowed
}

// names: the name in the handshake is not the name in the request.
func (m *matrix) names() {
	names := []string{
		rig.PlainHost, "off.test", "on.test", "opt.test", "noca.test", "other.test", "twin.test", "on-err.test", "on-cn.test", "crl.test",
		"absent.test", "a.wild.test", "b.wild.test", "a.b.wild.test", "unknown.test", "",
	}
	for _, sni := range names {
		for _, host := range names {
			if sni == host || host == "" {
				continue
			}
			for _, client := range []string{"none", "good", "other-ca"} {
				for _, w := range few() {
					m.add(testCase{
						group: "names", host: host, client: m.pki.Client(client), resume: true,
						dial:    rig.Dialing{SNI: sni, Version: w.version, H2: w.h2},
						request: rig.Request{Host: host},
					})
				}
			}
		}
	}
	for _, host := range []string{"on.test", rig.PlainHost, "opt.test"} {
		for _, form := range []string{strings.ToUpper(host), host + ".", host + ":443", host + ":8443", host + ".:443"} {
			for _, client := range []string{"none", "good"} {
				for _, w := range wires() {
					m.add(testCase{
						group: "forms", host: host, client: m.pki.Client(client),
						dial:    rig.Dialing{SNI: host, Version: w.version, H2: w.h2},
						request: rig.Request{Host: form},
					})
				}
			}
		}
		m.add(testCase{
			group: "forms", host: host, client: m.pki.Client("good"),
			dial:    rig.Dialing{SNI: strings.ToUpper(host), Version: tls.VersionTLS13},
			request: rig.Request{Host: host},
		})
	}
}

// lies are the headers a client sends to be taken for somebody else.
func lies() [][][2]string {
	return [][][2]string{
		{{"ssl-client-verify", "SUCCESS"}, {"ssl-client-subject-dn", "CN=evil"}, {"ssl-client-issuer-dn", "CN=evil"}, {"ssl-client-cert", "evil"}},
		{{"SSL-CLIENT-VERIFY", "SUCCESS"}, {"Ssl-Client-Subject-Dn", "CN=evil"}, {"SSL-Client-Cert", "evil"}},
		{{"ssl_client_verify", "SUCCESS"}, {"ssl_client_subject_dn", "CN=evil"}, {"ssl_client_cert", "evil"}, {"ssl-client_verify", "SUCCESS"}},
		{{"ssl.client.verify", "SUCCESS"}, {"ssl~client~verify", "SUCCESS"}, {"ssl!client-verify", "SUCCESS"}},
		{{"ssl-client-verify", "NONE"}, {"ssl-client-verify", "SUCCESS"}, {"ssl-client-cert", "one"}, {"ssl-client-cert", "two"}},
		{{"ssl-client-verify", ""}, {"ssl-client-subject-dn", ""}, {"ssl-client-cert", ""}},
		{{"x-forwarded-for", "6.6.6.6"}, {"x-forwarded-host", "evil.test"}, {"x-forwarded-port", "666"}, {"x-forwarded-proto", "http"},
			{"x-forwarded-scheme", "http"}, {"x-scheme", "http"}, {"x-real-ip", "6.6.6.6"}, {"x-original-forwarded-for", "7.7.7.7"},
			{"x-request-id", "mine"}, {"proxy", "evil"}, {"x-forwarded-prefix", "/evil"}},
		{{"x_forwarded_for", "6.6.6.6"}, {"x.real.ip", "6.6.6.6"}, {"x-real_ip", "6.6.6.6"}},
	}
}

func (m *matrix) spoofing() {
	for _, h := range m.hosts {
		name := named(h.Name)
		for _, client := range []string{"none", "good", "other-ca"} {
			for _, header := range lies() {
				for _, h2 := range []bool{false, true} {
					m.add(testCase{
						group: "spoof", host: h.Name, client: m.pki.Client(client),
						dial:    rig.Dialing{SNI: name, Version: tls.VersionTLS13, H2: h2},
						request: rig.Request{Host: name, Header: header},
					})
				}
			}
		}
	}
}

// caNames: a client that presents a certificate only where the names of the
// CertificateRequest allow it, as browsers, Java and Go do.
func (m *matrix) caNames() {
	for _, h := range m.hosts {
		if !simple(h) {
			continue
		}
		name := named(h.Name)
		for _, client := range []string{"good", "int1", "other-ca", "self-signed", "expired", "twin-ca"} {
			for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
				m.add(testCase{
					group: "ca-names", host: h.Name, client: m.pki.Client(client),
					dial:    rig.Dialing{SNI: name, Version: version, Obey: true},
					request: rig.Request{Host: name},
				})
			}
		}
	}
}

func (m *matrix) plainHTTP() {
	for _, h := range m.hosts {
		name := named(h.Name)
		for _, target := range []string{"/", "/denied", "/two/x?y=/", "/a/"} {
			for _, header := range append(lies(), nil, [][2]string{{"X-Forwarded-Proto", "https"}}) {
				m.add(testCase{
					group: "plain", host: h.Name, client: m.pki.Client("none"), dial: rig.Dialing{Plain: true},
					request: rig.Request{Host: name, Target: target, Header: header},
				})
			}
		}
	}
}

// requests: other paths and methods than GET /.
func (m *matrix) requests() {
	for _, host := range []string{"on.test", "two.test", "two-late.test", "only.test", "on-errpath.test", "noca-errpath.test", "on-err.test", "on-cn.test", rig.PlainHost} {
		for _, client := range []string{"none", "good", "other-ca", "expired"} {
			for _, target := range []string{"/two", "/two/", "/two/x", "/twofold", "/only", "/only/%2e%2e/x", "/denied", "//two//x", "/%74wo", "/a/../two/x", "/x?a=/../two"} {
				for _, h2 := range []bool{false, true} {
					m.add(testCase{
						group: "path", host: host, client: m.pki.Client(client),
						dial:    rig.Dialing{SNI: host, Version: tls.VersionTLS13, H2: h2},
						request: rig.Request{Host: host, Target: target},
					})
				}
			}
			for _, method := range []string{"HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
				body := ""
				if method == "POST" || method == "PUT" {
					body = "some body"
				}
				for _, h2 := range []bool{false, true} {
					m.add(testCase{
						group: "method", host: host, client: m.pki.Client(client),
						dial:    rig.Dialing{SNI: host, Version: tls.VersionTLS13, H2: h2},
						request: rig.Request{Host: host, Method: method, Target: "/only", Body: body},
					})
				}
			}
		}
	}
}
