package behaviour

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/compare"
	"github.com/hawser-ingress/hawser/internal/testcert"
)

// comparison runs hawser compare with the requests of the manifests.
func comparison(t *testing.T, manifests string, left, right []string, args ...string) (*compare.Report, int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "left.yaml")
	if err := os.WriteFile(file, []byte(manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	argv := []string{"compare", "--manifests", file, "--rate", "0", "-o", "json"}
	for i, side := range [][]string{left, right} {
		for j, address := range side {
			argv = append(argv, []string{"--left", "--right"}[i], []string{"http://", "https://"}[j]+address)
		}
	}
	command := exec.Command(binary(t), append(argv, args...)...)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	err := command.Run()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	var r compare.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s%s", err, out.Bytes(), errs.Bytes())
	}
	return &r, command.ProcessState.ExitCode()
}

// found gives kind and field of every difference.
func found(r *compare.Report) map[string]compare.Difference {
	out := map[string]compare.Difference{}
	for _, result := range r.Requests {
		for _, d := range result.Differences {
			out[fmt.Sprintf("%s %s %s", result.Request.Host, result.Request.Kind, d.Field)] = d
		}
	}
	return out
}

func (s *Site) addresses() []string { return []string{s.HTTP, s.HTTPS} }

// TestCompareTwoOfTheSame: nothing differs between two controllers that serve the same, whatever their ports, processes
// and cookies are.
func TestCompareTwoOfTheSame(t *testing.T) {
	manifests := Backend("one", Echo(t, "one")) +
		Ingress("plain", "plain.test", "one", nil, "/", "/app", "/ex/") +
		Ingress("wild", "*.wild.test", "one", []string{"affinity: cookie", "enable-cors: 'true'"}) +
		Ingress("moved", "moved.test", "one", []string{"permanent-redirect: https://new.test/"}) +
		Ingress("www", "bare.test", "one", []string{"from-to-www-redirect: 'true'", "force-ssl-redirect: 'true'", "app-root: /start"}) +
		Ingress("regex", "regex.test", "one", []string{"rewrite-target: /new/$2", "proxy-body-size: 1k"}, "/old(/|$)(.*)") +
		Ingress("denied", "denied.test", "one", []string{"whitelist-source-range: 192.0.2.0/24"}) +
		Ingress("cert", "cert.test", "one", []string{"auth-tls-secret: default/gone"})
	left, right := Start(t, manifests, "http://plain.test/"), Start(t, manifests, "http://plain.test/")
	r, status := comparison(t, manifests, left.addresses(), right.addresses())
	if status != 0 || r.Same != r.Planned || r.Answers["200"] < 50 || len(r.LeftOut) != 3 {
		t.Errorf("status %d, %s (%s): %v\nleft out: %v", status, r.Sentence(), r.Agreed(), found(r), r.LeftOut)
	}
}

// TestComparePlantedDifferences: each thing that the right side does otherwise is found where it is, and nowhere else.
func TestComparePlantedDifferences(t *testing.T) {
	one, two := Echo(t, "one"), Echo(t, "two")
	backends := Backend("one", one) + Backend("two", two)
	same := Ingress("same", "same.test", "one", nil)
	left := backends + same +
		Ingress("status", "status.test", "one", []string{"custom-http-errors: ''"}) +
		Ingress("server", "server.test", "one", nil) +
		Ingress("rewrite", "rewrite.test", "one", nil, "/a") +
		Ingress("moved", "moved.test", "one", []string{"permanent-redirect: https://one.test/"}) +
		Ingress("vhost", "vhost.test", "one", nil) +
		Ingress("cors", "cors.test", "one", []string{"enable-cors: 'true'", "cors-allow-origin: https://a.test"}) +
		Ingress("body", "body.test", "one", []string{"proxy-body-size: 1k"}) +
		Ingress("session", "session.test", "one", []string{"affinity: cookie", "session-cookie-name: one"})
	right := backends + same +
		Ingress("status", "status.test", "one", []string{"whitelist-source-range: 192.0.2.0/24"}) +
		Ingress("server", "server.test", "two", nil) +
		Ingress("rewrite", "rewrite.test", "one", []string{"rewrite-target: /b"}, "/a") +
		Ingress("moved", "moved.test", "one", []string{"permanent-redirect: https://two.test/"}) +
		Ingress("vhost", "vhost.test", "one", []string{"upstream-vhost: other.test"}) +
		Ingress("cors", "cors.test", "one", []string{"enable-cors: 'true'", "cors-allow-origin: https://b.test"}) +
		Ingress("body", "body.test", "one", []string{"proxy-body-size: '1025'"}) +
		Ingress("session", "session.test", "one", []string{"affinity: cookie", "session-cookie-name: two"})
	l, o := Start(t, left, "http://same.test/"), Start(t, right, "http://same.test/")
	r, status := comparison(t, left, l.addresses(), o.addresses())
	got := found(r)
	for _, want := range []struct{ key, left, right string }{
		{"status.test path status", "200", "403"},
		{"server.test path saw.server", "one", "two"},
		{"rewrite.test path saw.uri", "/a", "/b"},
		{"moved.test path location", "https://one.test/", "https://two.test/"},
		{"vhost.test path saw.host", "vhost.test", "other.test"},
		{"cors.test cors header.access-control-allow-origin", "https://a.test", "(absent)"},
		{"cors.test cors-preflight status", "204", "200"},
		{"body.test body-over-limit status", "413", "200"},
		{"session.test path header.set-cookie", "one=<varies>; HttpOnly; Path=/", "two=<varies>; HttpOnly; Path=/"},
	} {
		if d := got[want.key]; !strings.HasPrefix(d.Left, want.left) || !strings.HasPrefix(d.Right, want.right) || d.Unsteady != "" {
			t.Errorf("%s: %+v, wanted is %s and %s", want.key, d, want.left, want.right)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if strings.HasPrefix(key, "same.test") || strings.HasPrefix(key, "hawser-compare") || strings.HasPrefix(key, "body.test path") {
			t.Errorf("%s: %+v", key, got[key])
		}
	}
	if status != 3 {
		t.Errorf("the exit status is %d", status)
	}
}

// TestCompareClientCertificates: who gets in without a certificate, with one of nobody, and with a good one.
func TestCompareClientCertificates(t *testing.T) {
	clients := testcert.Must(testcert.NewClients())
	good := filepath.Join(t.TempDir(), "good.pem")
	if err := os.WriteFile(good, append(clients.Good.CertPEM(), clients.Good.KeyPEM()...), 0o600); err != nil {
		t.Fatal(err)
	}
	ca := fmt.Sprintf("---\napiVersion: v1\nkind: Secret\nmetadata: {name: ca}\ndata: {ca.crt: %s}\n", base64.StdEncoding.EncodeToString(clients.CA.CertPEM()))
	manifests := func(mode string) string {
		return ca + Backend("one", Echo(t, "one")) + Ingress("plain", "plain.test", "one", nil) +
			Ingress("cert", "cert.test", "one", []string{"auth-tls-secret: default/ca", "auth-tls-verify-client: " + mode}, "/", "/app")
	}
	l, o := Start(t, manifests("'on'"), "http://plain.test/"), Start(t, manifests("optional_no_ca"), "http://plain.test/")
	r, status := comparison(t, manifests("'on'"), l.addresses(), o.addresses(), "--client-cert", good, "--only", "cert.test")
	got := found(r)
	for _, want := range []struct{ key, left, right string }{
		{"cert.test no-certificate status", "400", "200"},
		{"cert.test self-signed status", "400", "200"},
	} {
		if d := got[want.key]; d.Left != want.left || d.Right != want.right {
			t.Errorf("%s: %+v, wanted is %s and %s", want.key, d, want.left, want.right)
		}
		delete(got, want.key)
	}
	for key, d := range got {
		if key != "cert.test path tls.authorities" && strings.HasPrefix(key, "cert.test path") || strings.HasPrefix(key, "cert.test client-certificate") {
			t.Errorf("with a good certificate, %s: %+v", key, d)
		}
	}
	if status != 3 || len(r.LeftOut) > 0 {
		t.Errorf("status %d, left out: %v", status, r.LeftOut)
	}
}

// TestCompareIsInterrupted: Ctrl-C ends it with the report of what was asked, and with the status of a failure.
func TestCompareIsInterrupted(t *testing.T) {
	manifests := Backend("one", Echo(t, "one")) + Ingress("plain", "plain.test", "one", nil, "/a", "/b", "/c")
	s := Start(t, manifests, "http://plain.test/a")
	file := filepath.Join(t.TempDir(), "site.yaml")
	if err := os.WriteFile(file, []byte(manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(binary(t), "compare", "--manifests", file, "--rate", "5", "--left", "http://"+s.HTTP, "--right", "http://"+s.HTTP)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	seen := strings.Count(s.Log(), "hawser=compare")
	s.Await(func() bool { return strings.Count(s.Log(), "hawser=compare") > seen })
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := command.Wait(); err == nil || command.ProcessState.ExitCode() != 1 {
		t.Errorf("it ended with %v", err)
	}
	if !strings.Contains(out.String(), "; interrupted, ") || !strings.Contains(errs.String(), "the comparison was interrupted") {
		t.Errorf("%s%s", out.String(), errs.String())
	}
}

// TestCompareReplaysWhatHawserLogged: the log of the one is asked of the other.
func TestCompareReplaysWhatHawserLogged(t *testing.T) {
	backend := Backend("one", Echo(t, "one"))
	manifests := backend + Ingress("plain", "plain.test", "one", nil, "/", `/"q"`)
	for _, format := range []string{"text", "json"} {
		s := Start(t, manifests, "http://plain.test/", "--access-log", format)
		other := Start(t, backend+Ingress("plain", "plain.test", "one", []string{"rewrite-target: /new"}, "/a"), "http://plain.test/a")
		client := s.Client()
		client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true, ServerName: "plain.test"}
		fetch(t, client, "http://plain.test/a?x=1")
		fetch(t, client, "https://plain.test/b%22c?x=%22")
		s.Await(func() bool { return strings.Contains(s.Log(), "b%22c") })
		log := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(log, []byte(s.Log()), 0o600); err != nil {
			t.Fatal(err)
		}
		r, status := comparison(t, manifests, s.addresses(), other.addresses(), "--log", log, "--only", "plain.test")
		got := found(r)
		if d := got["plain.test replayed saw.uri"]; status != 3 || d.Left != "/a?x=1" || d.Right != "/new?x=1" {
			t.Errorf("%s: status %d: %+v", format, status, got)
		}
		if d := got["plain.test replayed status"]; d.Left != "200" || d.Right != "404" || r.Log.Read < 2 {
			t.Errorf("%s: %+v of %+v", format, got, r.Log)
		}
	}
}

// TestCompareAsAnotherClient: with the PROXY protocol, requests come from addresses that are allowed and from others.
func TestCompareAsAnotherClient(t *testing.T) {
	site := func(network string) string {
		return Backend("one", Echo(t, "one")) + Ingress("closed", "closed.test", "one", []string{"whitelist-source-range: " + network}) +
			"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {use-proxy-protocol: \"true\"}\n"
	}
	start := func(manifests string) *Site {
		s := launch(t, manifests, "--configmap", "default/settings")
		s.Await(func() bool { return strings.Contains(s.Log(), "msg=Serving") })
		return s
	}
	left := site("192.0.2.0/24")
	l, o := start(left), start(site("203.0.113.0/24"))
	r, status := comparison(t, left, l.addresses(), o.addresses(), "--configmap", "default/settings", "--proxy-protocol", "--only", "closed.test")
	got := found(r)
	if d := got["closed.test from-allowed status"]; status != 3 || d.Left != "200" || d.Right != "403" || len(got) != 1 {
		t.Errorf("status %d, %s: %+v", status, r.Sentence(), got)
	}
	r, status = comparison(t, left, l.addresses(), o.addresses(), "--configmap", "default/settings", "--only", "closed.test")
	if status != 0 || r.Answers["200"] > 0 || len(r.LeftOut) != 2 {
		t.Errorf("without the protocol, status %d, the same are %v, left out %v", status, r.Answers, r.LeftOut)
	}
}
