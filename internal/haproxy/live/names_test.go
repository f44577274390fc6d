package live_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// TestNamesComeAndGoWithoutAReload: hosts that share the certificate of a Secret, and its line after a start.
func TestNamesComeAndGoWithoutAReload(t *testing.T) {
	site := func(first, last int) string {
		var b strings.Builder
		for i := first; i <= last; i++ {
			b.WriteString(secured(fmt.Sprintf("h%d.test", i), "shared"))
		}
		return b.String() + secret("shared", "shared.test,h1.test,h2.test,h3.test,h4.test,h5.test,h6.test,h7.test,h8.test") + secured("other.test", "other") + secret("other", "other.test")
	}
	s := start(t, site(1, 2))
	served := func(first, last int) {
		t.Helper()
		for i := first - 2; i <= last+2; i++ {
			want := "shared.test"
			if i < first || i > last {
				want = "" // the default certificate
			}
			s.wantCertificate(fmt.Sprintf("h%d.test", i), want)
		}
		s.wantCertificate("other.test", "other.test")
	}
	served(1, 2)
	for i := 1; i <= 4; i++ {
		s.change(site(i, i+4))
		served(i, i+4)
		s.change(site(i, i+2))
		served(i, i+2)
	}
	s.change(site(5, 5))
	served(5, 5)
}

func TestAnotherCertificateForANameWithoutAReload(t *testing.T) {
	const hosts = ",own.test,more.test"
	both := secret("one", "one.test"+hosts) + secret("two", "two.test"+hosts)
	s := start(t, secured("own.test", "one")+secured("more.test", "one")+both)
	for range 2 {
		s.change(secured("own.test", "two") + secured("more.test", "one") + both)
		s.wantCertificate("own.test", "two.test")
		s.wantCertificate("more.test", "one.test")
		s.change(secured("own.test", "one") + secured("more.test", "two") + both)
		s.wantCertificate("own.test", "one.test")
		s.wantCertificate("more.test", "two.test")
	}
	s.change(secured("own.test", "two") + secured("more.test", "two") + secret("two", "three.test"+hosts))
	s.wantCertificate("own.test", "three.test")
	s.wantCertificate("more.test", "three.test")
}

// TestLinesThatHAProxyDoesNotHave: the memory of a worker that differs from what is known of it is no success.
func TestLinesThatHAProxyDoesNotHave(t *testing.T) {
	const hosts = "a.test,b.test,c.test"
	for _, c := range []struct{ rest, secret, want string }{{"a.test", "one", "no line "}, {"c.test", "three", "of 2 lines"}} {
		secrets := secret("one", hosts) + secret("two", hosts) + secret("three", hosts)
		s := start(t, secured("a.test", "one")+secured("b.test", "two")+secured("c.test", "three")+secrets)
		client, err := s.process.Runtime()
		if err != nil {
			t.Fatal(err)
		}
		lines, err := client.CrtList(t.Context(), "crt-list.txt")
		if err != nil {
			t.Fatal(err)
		}
		last := lines[len(lines)-1]
		if err := client.Run(t.Context(), runtime.DelCrtList("crt-list.txt", last.Cert, last.Line)); err != nil {
			t.Fatal(err)
		}
		b := s.render(secured(c.rest, c.secret) + secret(c.secret, hosts))
		s.write(b)
		if err := s.worker.Apply(t.Context(), client, s.worker.Plan(b)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("with %s alone: %v, want %q", c.rest, err, c.want)
		}
	}
}

// wantCertificate compares the first name of the certificate that a client of a host gets; "": the example certificate.
func (s *site) wantCertificate(host, want string) {
	s.t.Helper()
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := tls.DialWithDialer(&dialer, "tcp", s.options.HTTPS[0].String(), &tls.Config{ServerName: host, InsecureSkipVerify: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	got := conn.ConnectionState().PeerCertificates[0].Subject.CommonName
	if want == "" && strings.HasSuffix(got, ".test") || want != "" && got != want {
		s.t.Errorf("%s has the certificate of %q, want %q", host, got, want)
	}
}

// secured is an Ingress whose host has the certificate of a Secret.
func secured(host, secret string, annotations ...string) string {
	return strings.Replace(ingress(host, annotations...), "spec:\n", "spec:\n  tls: [{hosts: ["+host+"], secretName: "+secret+"}]\n", 1)
}

func secret(name, hosts string) string {
	return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: " + name + ", namespace: a}\ntype: kubernetes.io/tls\nstringData: {tls.crt: \"${CRT:" +
		hosts + "}\", tls.key: \"${KEY:" + hosts + "}\"}\n"
}
