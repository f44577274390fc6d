package behaviour

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/testcert"
)

// TestIngressesComeAndGoWithoutAReload: hosts that share certificates, with policies that others have, too.
func TestIngressesComeAndGoWithoutAReload(t *testing.T) {
	t.Parallel()
	const most = 30
	policies := [][]string{
		nil,
		{"proxy-body-size: 8m", `proxy-read-timeout: "120"`},
		{`enable-cors: "true"`, `ssl-redirect: "false"`},
		{"whitelist-source-range: 127.0.0.0/8,10.0.0.0/8"},
		{"whitelist-source-range: 192.0.2.0/24"},
	}
	base := Backend("app", Echo(t, "app"))
	ca := testcert.Must(testcert.NewCA("servers"))
	for n := range most / 10 {
		base += serverSecret(fmt.Sprintf("tls%d", n), testcert.Must(ca.Server("*.come.test", nil)))
	}
	ingress := func(name string, i int) string {
		host := name + ".come.test"
		spec := fmt.Sprintf("spec:\n  tls: [{hosts: [%s], secretName: tls%d}]\n", host, i/10)
		return strings.Replace(Ingress(name, host, "app", policies[i%len(policies)]), "spec:\n", spec, 1)
	}
	for i := range policies {
		base += ingress(fmt.Sprintf("first%d", i), i)
	}
	s := Start(t, base, "http://first2.come.test/", "--reload-interval", "10ms")
	client := s.Client()
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	client.Transport.(*http.Transport).DisableKeepAlives = true
	status := func(n int) int {
		answer, err := client.Get(fmt.Sprintf("https://h%d.come.test/", n))
		if err != nil {
			return 0
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	loaded := strings.Count(s.Log(), "Configuration is live")
	has := func(n int) bool {
		want := http.StatusOK
		if n%len(policies) == 4 {
			want = http.StatusForbidden
		}
		return status(n) == want
	}
	present := base
	for i := range most {
		present += ingress(fmt.Sprintf("h%d", i), i)
		s.Write(present)
		s.Await(func() bool { return has(i) })
	}
	for i := range most {
		present = strings.Replace(present, ingress(fmt.Sprintf("h%d", i), i), "", 1)
		s.Write(present)
		s.Await(func() bool { return status(i) == http.StatusNotFound })
		if last := most - 1; i < last && !has(last) {
			t.Errorf("after the end of host %d, host %d is served otherwise", i, last)
		}
	}
	if now := strings.Count(s.Log(), "Configuration is live"); now != loaded {
		t.Errorf("%d reloads:\n%s", now-loaded, s.Log())
	}
}

func serverSecret(name string, cert *testcert.Cert) string {
	indent := func(pem []byte) string { return strings.ReplaceAll(strings.TrimSpace(string(pem)), "\n", "\n    ") }
	return fmt.Sprintf("---\napiVersion: v1\nkind: Secret\nmetadata: {name: %s}\ntype: kubernetes.io/tls\nstringData:\n  tls.crt: |\n    %s\n  tls.key: |\n    %s\n",
		name, indent(cert.CertPEM()), indent(cert.KeyPEM()))
}
