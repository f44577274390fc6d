package oracle

import (
	"bufio"
	"context"
	"crypto/x509"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func testBlock() Block { return Block{netip.MustParsePrefix("127.77.9.0/24")} }

// TestClientAndFarm sends requests straight to the upstream servers: what one side sends, the other has to see.
func TestClientAndFarm(t *testing.T) {
	pki, err := NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	farm, err := StartFarm(pki)
	if err != nil {
		t.Fatal(err)
	}
	defer farm.Close()
	at := func(name string) string {
		i := slices.IndexFunc(servers(), func(s server) bool { return s.name == name })
		s := servers()[i]
		return netip.AddrPortFrom(farm.Block.addr(s), s.port).String()
	}
	type seen struct {
		Status int
		Fields string // one header of the answer, by name
		Server string
		URI    string
		Body   int
		Proto  string
	}
	tests := []struct {
		name, to string
		q        Request
		header   string
		want     seen
	}{
		{"odd target", "a", Request{Path: "/a//b/../%2f?x|y", Host: "h.test"}, "Content-Type", seen{200, "application/json", "a", "/a//b/../%2f?x|y", 0, "HTTP/1.1"}},
		{"status in path", "b", Request{Path: "/x/status/404?y", Host: "h.test"}, "Content-Type", seen{404, "application/json", "b", "/x/status/404?y", 0, "HTTP/1.1"}},
		{"status by header", "a2", Request{Path: "/", Headers: []string{"X-Echo-Status: a=500,a2=503"}}, "Content-Type", seen{503, "application/json", "a2", "/", 0, "HTTP/1.1"}},
		{"set header", "a", Request{Path: "/", Headers: []string{"X-Echo-Set-Header: Location: http://x/"}}, "Location", seen{200, "http://x/", "a", "/", 0, "HTTP/1.1"}},
		{"body", "a", Request{Path: "/", Method: "POST", BodySize: 70000}, "Content-Type", seen{200, "application/json", "a", "/", 70000, "HTTP/1.1"}},
		{"chunked body", "a", Request{Path: "/", Method: "POST", BodySize: 70000, Chunked: true}, "Content-Type", seen{200, "application/json", "a", "/", 70000, "HTTP/1.1"}},
		{"expect", "a", Request{Path: "/", Method: "POST", BodySize: 3, Headers: []string{"Expect: 100-continue"}}, "Content-Type", seen{200, "application/json", "a", "/", 3, "HTTP/1.1"}},
		{"1.0", "a", Request{Path: "/", Host: "-", HTTP: "1.0"}, "Connection", seen{200, "close", "a", "/", 0, "HTTP/1.0"}},
		{"auth", "auth", Request{Path: "/status/500", Headers: []string{"X-Echo-Status: 503"}}, "X-Auth-User", seen{200, "alice", "auth", "/status/500", 0, "HTTP/1.1"}},
		{"auth refuses", "auth", Request{Path: "/", Headers: []string{"X-Echo-Status: auth=401"}}, "WWW-Authenticate", seen{401, `Bearer realm="auth service"`, "auth", "/", 0, "HTTP/1.1"}},
		{"error page", "errors", Request{Path: "/", Headers: []string{"X-Code: 404", "X-Format: text/html"}}, "Content-Type", seen{404, "text/html", "errors", "/", 0, "HTTP/1.1"}},
		{"tls", "tls-a", Request{Path: "/", Scheme: "https", Host: "upstream.test", Cert: "good"}, "Content-Type", seen{200, "application/json", "tls-a", "/", 0, "HTTP/1.1"}},
		{"grpc", "grpc-a", Request{Path: "/S/M", Method: "POST", HTTP: "2", BodySize: 5, Host: "g.test", Headers: []string{"Content-Type: application/grpc", "X-Echo-Grpc-Status: 5"}}, "Content-Type", seen{200, "application/grpc", "grpc-a", "/S/M", 5, "HTTP/2.0"}},
		{"grpcs", "grpcs-a", Request{Path: "/x?y", Scheme: "https", HTTP: "2", Host: "upstream.test"}, "Content-Type", seen{200, "application/json", "grpcs-a", "/x?y", 0, "HTTP/2.0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := &Client{HTTP: at(tt.to), HTTPS: at(tt.to), PKI: pki}
			raw := client.Send(context.Background(), tt.q, "", "id-1")
			if raw.err != nil {
				t.Fatal(raw.err)
			}
			list := farm.log.take("id-1")
			if len(list) != 1 {
				t.Fatalf("%d sightings", len(list))
			}
			s := list[0]
			got := seen{raw.status, first(raw.fields, tt.header), s.Server, s.URI, s.BodyLen, s.Proto}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if echoOf(raw.body) != tt.to {
				t.Errorf("body %.80s", raw.body)
			}
			if tt.q.Cert != "" && (s.TLS == nil || s.TLS.ClientCert != "CN=good,O=Oracle,C=AT") {
				t.Errorf("upstream TLS %+v", s.TLS)
			}
			if tt.name == "grpc" && first(raw.trailers, "Grpc-Status") != "5" {
				t.Errorf("trailers %v", raw.trailers)
			}
			if tt.name == "expect" && !slices.Equal(raw.interim, []int{100}) {
				t.Errorf("interim %v", raw.interim)
			}
		})
	}
	t.Run("cut", func(t *testing.T) {
		client := &Client{HTTP: at("a"), PKI: pki}
		if raw := client.Send(context.Background(), Request{Path: "/", Headers: []string{"X-Echo-Close: a=1"}}, "", "id-2"); raw.err == nil {
			t.Errorf("answered %d", raw.status)
		}
	})
	t.Run("two farms", func(t *testing.T) {
		other, err := StartFarm(pki)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		if other.Block == farm.Block {
			t.Errorf("both on %v", farm.Block)
		}
	})
}

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
