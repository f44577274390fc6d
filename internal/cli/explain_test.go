package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/explain"
	"github.com/hawser-ingress/hawser/internal/testcert"
)

const shop = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, namespace: a, annotations: {nginx.ingress.kubernetes.io/auth-tls-secret: a/gone}}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.test
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {number: 80}}}}]}
`

func run(args ...string) (status int, out, errs string) {
	var o, e bytes.Buffer
	status = Main(args, Streams{In: strings.NewReader(shop), Out: &o, Err: &e})
	return status, o.String(), e.String()
}

func TestExplainReadsTheCommandLine(t *testing.T) {
	cert, err := testcert.SelfSigned("x")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.pem")
	if err := os.WriteFile(file, append(cert.KeyPEM(), cert.CertPEM()...), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		host   string
		sni    string
		target string
		status int
	}{
		{[]string{"https://shop.test"}, "shop.test", "shop.test", "/", 403},
		{[]string{"https://shop.test:8443/a/../b?x=/#top"}, "shop.test:8443", "shop.test", "/a/../b?x=/", 403},
		{[]string{"https://shop.test?x"}, "shop.test", "shop.test", "/?x", 403},
		{[]string{"https://Shop.Test./"}, "Shop.Test.", "Shop.Test", "/", 403},
		{[]string{"https://127.0.0.1:8443/", "-H", "Host: shop.test"}, "shop.test", "", "/", 403},
		{[]string{"https://[::1]/"}, "[::1]", "", "/", 404},
		{[]string{"https://shop.test/", "--sni", "other.test"}, "shop.test", "other.test", "/", 403},
		{[]string{"https://shop.test/", "--sni", ""}, "shop.test", "", "/", 403},
		{[]string{"https://shop.test/", "-X", "TRACE", "--client-cert", file, "--client-address", "192.0.2.7"}, "shop.test", "shop.test", "/", 405},
	} {
		status, out, errs := run(append([]string{"explain", "--manifests", "-", "-o", "json"}, c.args...)...)
		var a explain.Answer
		if err := json.Unmarshal([]byte(out), &a); err != nil || status != 0 {
			t.Errorf("%v: status %d, %v: %s%s", c.args, status, err, out, errs)
			continue
		}
		if a.Request.Host != c.host || a.TLS.SNI != c.sni || a.Request.Target != c.target || a.Result.Status != c.status {
			t.Errorf("%v: asked is %+v with the name %q, the answer %+v", c.args, a.Request, a.TLS.SNI, a.Result)
		}
	}
}

func TestExplainPrintsIssues(t *testing.T) {
	status, out, errs := run("explain", "--manifests", "-", "http://shop.test/")
	if status != 0 || errs != "" || !strings.Contains(out, "Answer        403: ") || !strings.Contains(out, "[client-cert/secret-missing]") {
		t.Errorf("status %d:\n%s%s", status, out, errs)
	}
}

func TestExplainRefusesWhatCannotBeMeant(t *testing.T) {
	for _, args := range [][]string{
		{"shop.test"}, {"ftp://shop.test/"}, {"https:///x"}, {"https://u:p@shop.test/"}, {"https://shop.test/a b"}, {"https://shop.test/ä"},
		{"tcp://shop.test"}, {"tcp://shop.test:0"}, {"tcp://shop.test:x"}, {"tcp://shop.test:1", "--admin", "http://127.0.0.1:1"}, {"https://shop.test/", "-H", "novalue"}, {"https://shop.test/", "--client-address", "x"}, {"https://shop.test/", "-o", "yaml"},
	} {
		status, out, errs := run(append([]string{"explain", "--manifests", "-"}, args...)...)
		if status != 2 || out != "" || !strings.Contains(errs, "hawser explain --help") {
			t.Errorf("%v: status %d, %q, %q", args, status, out, errs)
		}
	}
	if status, _, _ := run("explain", "--manifests", "-", "--client-cert", "/nowhere.pem", "https://shop.test/"); status != 1 {
		t.Errorf("a certificate that can't be read gives status %d", status)
	}
}

func TestExplainTakesTCPPorts(t *testing.T) {
	status, out, errs := run("explain", "--manifests", "-", "tcp://shop.test:5432")
	if want := "Request       tcp://shop.test:5432\nAnswer        none: no entry of the ConfigMap with TCP ports opens this port\n"; status != 0 || out != want {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
}
