package cli

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/compare"
	"github.com/hawser-ingress/hawser/internal/compare/probe"
)

// answering starts a server that answers with a header.
func answering(t *testing.T, value string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-Side", value) }))
	t.Cleanup(s.Close)
	return s.URL
}

func TestCompareSaysByItsStatusWhatItFound(t *testing.T) {
	one, same, other := answering(t, "1"), answering(t, "1"), answering(t, "2")
	accept, broken := filepath.Join(t.TempDir(), "accept.yaml"), filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("accept: [{field: status}]"), 0o600); err != nil {
		t.Fatal(err)
	}
	base := []string{"compare", "--manifests", "-", "--rate", "0", "--left", one}
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--right", same}, 0, "0 different"},
		{[]string{"--right", other}, 3, "header.x-side: another value"},
		{[]string{"--right", other, "--mask", "x-side"}, 0, "0 different"},
		{[]string{"--right", other, "--write-accept", accept, "--reason", "known"}, 3, "different"},
		{[]string{"--right", other, "--write-accept", accept}, 1, "file exists"},
		{[]string{"--right", other, "--accept", accept}, 0, "accepted"},
		{[]string{"--right", same, "--accept", accept}, 0, "Accepted, but not seen"},
		{[]string{"--right", same, "--accept", broken}, 1, "has no reason"},
		{[]string{"--right", "http://127.0.0.1:1"}, 1, "connect to the right side"},
		{[]string{"--right", same, "--client-cert", "/nowhere.pem"}, 1, "client certificate"},
		{[]string{}, 2, "Give --left and --right"},
		{[]string{"--right", "https://127.0.0.1"}, 2, "no scheme in common"},
		{[]string{"--right", "127.0.0.1"}, 2, "is no address"},
		{[]string{"--right", same, "-o", "yaml"}, 2, "-o yaml"},
		{[]string{"--right", same, "--only", "["}, 2, "is no pattern"},
		{[]string{"--right", same, "--concurrency", "0"}, 2, "above zero"},
		{[]string{"--right", same, "--client-key", "x"}, 2, "belongs to --client-cert"},
		{[]string{"--right", same, "--reason", "x"}, 2, "belongs to --write-accept"},
		{[]string{"--right", same, "--max-body", "x"}, 2, "is no size"},
		{[]string{"--right", same, "--log", "-"}, 2, "both come from standard input"},
	} {
		status, out, errs := run(append(base, c.args...)...)
		if status != c.status || !strings.Contains(out+errs, c.says) {
			t.Errorf("%v: status %d, wanted is %d and %q:\n%s%s", c.args, status, c.status, c.says, out, errs)
		}
	}
}

func TestCompareListsWhatItWouldSend(t *testing.T) {
	status, out, errs := run("compare", "--manifests", "-", "--list")
	if status != 0 || errs != "" || !strings.Contains(out, "GET https://shop.test/ (no-certificate, Ingress a/shop)") || !strings.Contains(out, "GET http://shop.test/ (plain-http") ||
		!strings.Contains(out, "an error in an object may hide requests") {
		t.Errorf("status %d:\n%s%s", status, out, errs)
	}
	status, out, _ = run("compare", "--manifests", "-", "--list", "-o", "json", "--only", "*.invalid")
	var plan probe.Plan
	if err := json.Unmarshal([]byte(out), &plan); err != nil || status != 0 || len(plan.Requests) != 2 || plan.Requests[0].Kind != probe.UnknownHost {
		t.Errorf("status %d, %v: %s", status, err, out)
	}
}

func TestCompareReplaysALog(t *testing.T) {
	one, other := answering(t, "1"), answering(t, "2")
	dir := t.TempDir()
	log, manifests := filepath.Join(dir, "access.log"), filepath.Join(dir, "site.yaml")
	line := `10.0.0.9 - - [24/Nov/2026:10:00:00 +0000] "%s HTTP/1.1" 200 612 "-" "curl/8.5.0" 78 0.002 [a-shop-80] [] 10.1.0.4:8080 612 0.002 200 0b2c` + "\n"
	text := fmt.Sprintf(line, "GET /cart") + fmt.Sprintf(line, "GET /cart") + fmt.Sprintf(line, "DELETE /cart") + "I1124 started\n"
	for path, content := range map[string]string{log: text, manifests: strings.Replace(shop, "annotations: {nginx.ingress.kubernetes.io/auth-tls-secret: a/gone}", "labels: {}", 1)} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args []string
		host string
		n    int
	}{
		{[]string{"--host", "given.test"}, "given.test", 1},
		{[]string{"--manifests", manifests}, "shop.test", 1},
		{[]string{"--host", "given.test", "--unsafe-methods"}, "given.test", 2},
		{nil, "", 0},
	} {
		_, out, errs := run(append([]string{"compare", "--log", log, "--left", one, "--right", other, "--rate", "0", "-o", "json"}, c.args...)...)
		var r compare.Report
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%v: %s%s", err, out, errs)
		}
		if r.Planned != c.n || r.Log.Lines != 4 || r.Log.Unread != 1 || r.Log.Samples[0] != "I1124 started" || len(r.LeftOut) == 0 && c.n < 2 {
			t.Errorf("%v: %+v, log %+v", c.args, r, r.Log)
		}
		for _, q := range r.Requests {
			if q.Request.Host != c.host || q.Request.Target != "/cart" || q.Request.Method == "GET" && q.Request.Count != 2 {
				t.Errorf("%v: %+v", c.args, q.Request)
			}
		}
	}
}
