package oracle

import (
	"bufio"
	"context"
	"crypto/x509"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func testBlock() Block { return Block{netip.MustParsePrefix("127.77.9.0/24")} }

func TestClientCertificates(t *testing.T) {
	pki, err := NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(pki.clients.cert)
	for name, want := range map[string]bool{"good": true, "chain": true, "deep": true, "expired": false, "future": false, "untrusted": false, "self-signed": false} {
		c := pki.client[name]
		sent := x509.NewCertPool()
		for _, der := range c.Certificate[1:] {
			ca, err := x509.ParseCertificate(der)
			if err != nil {
				t.Fatal(err)
			}
			sent.AddCert(ca)
		}
		_, err := c.Leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: sent, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
		if got := c.Leaf.Subject.String(); got != "CN="+name+",O=Oracle,C=AT" {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func TestMask(t *testing.T) {
	pki, err := NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	m := mask{place: Place{Namespace: "oracle-007", Block: testBlock(), PKI: pki}, httpPort: "18080", httpsPort: "18443", now: now,
		cookies: map[string]bool{"route": true}, issued: map[string]bool{}}
	tests := []struct{ name, in, want string }{
		{"X-Request-Id", "0123456789abcdef0123456789abcdef", "<hex32>"},
		{"X-Request-Id", "mine", "mine"},
		{"X-Forwarded-Port", "18080", "${HTTP_PORT}"},
		{"X-Forwarded-Port", "443", "443"},
		{"Location", "https://h.test:18443/p", "https://h.test:${HTTPS_PORT}/p"},
		{"X-Namespace", "oracle-007", "${NS}"},
		{"X-Any", "127.77.9.11:9002", "${AUTH}:9002"},
		{"Cookie", "route=s1; a=b", "route=s1; a=b"},
		{"Set-Cookie", "route=s1; Expires=Sat, 03 Jan 2026 03:04:07 GMT; Path=/", "route=<affinity>; Expires=<now+86400s>; Path=/"},
		{"Set-Cookie", "other=s1; Path=/", "other=s1; Path=/"},
		{"Cookie", "route=s1; a=b", "route=<affinity>; a=b"},
		{"Ssl-Client-Cert", escapeComponent(certPEM(pki.client["good"].Certificate[0])), "<URL-encoded PEM of client good>"},
	}
	for _, tt := range tests {
		if got := m.value(tt.name, tt.in); got != tt.want {
			t.Errorf("%s: %q became %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestUpdateReplacesAddsAndDeletes(t *testing.T) {
	read := func(text string) []object {
		all, err := objects(text, "ns", time.Unix(0, 0))
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	old := read("kind: Ingress\nmetadata: {name: one}\n---\nkind: Secret\nmetadata: {name: s}")
	changed := read("kind: Ingress\nmetadata: {name: new}\n---\nkind: Ingress\nmetadata: {name: one}\nspec: {x: 1}\n---\nkind: Secret\nmetadata: {name: s, annotations: {oracle/delete: \"true\"}}")
	got := update(old, changed)
	var keys []string
	for _, o := range got {
		keys = append(keys, o.key())
	}
	if diff := cmp.Diff([]string{"Ingress ns/one", "Ingress ns/new"}, keys); diff != "" {
		t.Error(diff)
	}
	meta := got[0]["metadata"].(map[string]any)
	if meta["creationTimestamp"] != "1970-01-01T00:00:00Z" || got[0]["spec"] == nil {
		t.Errorf("the replaced Ingress is %v", got[0])
	}
}

func TestTally(t *testing.T) {
	raws := []rawAnswer{{status: 200, body: []byte(`{"echo":"a"}`)}, {status: 200, body: []byte(`{"echo":"a"}`)}, {status: 503}}
	byStatus, byServer, sequence := tally(raws)
	if sequence != "200/a*2 503*1" || byStatus["200"].Low != 2 || byServer["-"].Low != 1 || byServer["a"].High != 2 {
		t.Errorf("%v %v %q", byStatus, byServer, sequence)
	}
}

func TestReadHeadKeepsSpelling(t *testing.T) {
	h, err := readHead(bufio.NewReader(strings.NewReader("GET /a b HTTP/1.1\r\nx-lower: 1\r\nX-D:2\nX-D: 3\r\n\r\nrest")))
	if err != nil {
		t.Fatal(err)
	}
	if h.start != "GET /a b HTTP/1.1" || len(h.fields) != 3 || h.fields[0].name != "x-lower" || !h.has("X-LOWER") {
		t.Errorf("%+v", h)
	}
	if s := sight(server{}, h, nil); s.URI != "/a b" || s.Proto != "HTTP/1.1" {
		t.Errorf("%+v", s)
	}
}

// TestHawserThatDoesNotRun checks that every request of a batch differs when there is nothing to ask.
func TestHawserThatDoesNotRun(t *testing.T) {
	pki, err := NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	farm, err := StartFarm(pki)
	if err != nil {
		t.Fatal(err)
	}
	defer farm.Close()
	cases := recorded(t)[:2]
	r := &Replayer{Binary: "/bin/false", HAProxy: "haproxy", Dir: t.TempDir(), PKI: pki}
	results, err := r.Run(context.Background(), Batch{"two", cases}, []*Farm{farm})
	if err != nil || len(results) != 2 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	for i, res := range results {
		if len(res.Findings) != len(cases[i].Requests) {
			t.Errorf("%s: %d requests, findings %v", cases[i].Name, len(cases[i].Requests), res.Findings)
		}
	}
}
