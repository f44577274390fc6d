package explain_test

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/explain"
	"github.com/hawser-ingress/hawser/internal/golden"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
	"github.com/hawser-ingress/hawser/internal/source/dir"
	"github.com/hawser-ingress/hawser/internal/testcert"
)

// question is a request as a client sends it.
type question struct {
	url    string
	sni    string // "" for the host of the URL, "-" for none
	host   string // "" for the host of the URL
	method string
	cert   *testcert.Cert
	header string
}

func (q question) String() string {
	s := q.url
	for _, part := range []string{q.method, "sni=" + q.sni, "host=" + q.host, q.header} {
		if part != "" && !strings.HasSuffix(part, "=") {
			s += " " + part
		}
	}
	if q.cert != nil {
		s += " cert=" + q.cert.Leaf.Subject.CommonName
	}
	return s
}

// TestAnswersAgreeWithHAProxy asks explain and a real HAProxy the same questions.
func TestAnswersAgreeWithHAProxy(t *testing.T) {
	f := fixtures(t)
	s := serve(t, f, manifests)
	for _, q := range questions(t, f) {
		t.Run(q.String(), func(t *testing.T) { s.compare(t, q) })
	}
}

// TestGlobalPolicyAgreesWithHAProxy does so with a policy for all hosts.
func TestGlobalPolicyAgreesWithHAProxy(t *testing.T) {
	f := fixtures(t)
	s := serve(t, f, manifests+`---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: ingress}
data: {client-ca: a/clients, client-crt-optional: "true", client-crt-ignore-err: "18,20,21,CERT_HAS_EXPIRED", hsts: "false", http-redirect-code: "301"}
`)
	for _, q := range questions(t, f) {
		t.Run(q.String(), func(t *testing.T) { s.compare(t, q) })
	}
}

// fixtures have one authority that is no longer valid.
func fixtures(t *testing.T) *golden.Fixtures {
	t.Helper()
	f := golden.NewFixtures()
	if err := f.Authority("clients>old", testcert.Expired()); err != nil {
		t.Fatal(err)
	}
	return f
}

func questions(t *testing.T, f *golden.Fixtures) []question {
	must := func(c *testcert.Cert, err error) *testcert.Cert {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	good, stranger := must(f.Client("clients", "good")), must(f.Client("strangers", "good"))
	expired := must(f.Client("clients", "expired", testcert.Expired()))
	revoked, alice := must(f.Client("clients", "revoked")), must(f.Client("clients", "alice, with a comma"))
	deep, late := must(f.Client("clients>one>two", "deep")), must(f.Client("clients>old", "below an expired authority"))
	self := must(testcert.SelfSigned("self"))
	certs := []*testcert.Cert{nil, good, stranger, expired, revoked, alice, deep, late, self}
	var out []question
	for _, host := range []string{"on.test", "optional.test", "noca.test", "off.test", "page.test", "relative.test", "cn.test", "crl.test",
		"denied.test", "plain.test", "deep.test", "a.wild.test", "unknown.test"} {
		for _, cert := range certs {
			out = append(out, question{url: "https://" + host + "/x?q=1", cert: cert})
		}
		out = append(out, question{url: "http://" + host + "/x?q=/"}, question{url: "http://" + host + "/"}, question{url: "https://" + host + "/", sni: "-", cert: good})
	}
	for _, sni := range []string{"-", "on.test", "cn.test", "plain.test", "a.wild.test", "unknown.test", "ON.test"} {
		for _, host := range []string{"on.test", "noca.test", "off.test", "plain.test", "b.wild.test", "other.test", "On.Test.:443"} {
			out = append(out, question{url: "https://" + host + "/", sni: sni}, question{url: "https://" + host + "/", sni: sni, cert: good})
		}
	}
	for _, path := range []string{"/", "/a", "/a/", "/a/b", "/ab", "/slash", "/slash?x=/y", "/slash/", "/slash/z", "/exact", "/exact/", "/a/../exact", "/%61", "/a%2Fb",
		"/a/..%0a", "/..", "/%", "/none", "/nowhere", "/acme", "/.well-known/acme-challenge/x", "/no-port"} {
		out = append(out, question{url: "https://plain.test" + path}, question{url: "http://plain.test" + path},
			question{url: "http://tls.test" + path}, question{url: "https://tls.test" + path})
	}
	return append(out,
		question{url: "http://plain.test/", method: "TRACE"},
		question{url: "https://on.test/", method: "TRACE"},
		question{url: "https://on.test/", cert: good, header: "ssl-client-verify: SUCCESS"},
		question{url: "https://plain.test/", header: "ssl-client-verify: SUCCESS"},
		question{url: "https://plain.test/", header: "X-Forwarded-For: 192.0.2.1"},
		question{url: "https://plain.test/", header: "X-Request-ID: abc"},
		question{url: "https://plain.test/", host: "a.b.wild.test"},
		question{url: "https://plain.test/", host: ".wild.test"},
		question{url: "https://plain.test/", host: "a/b.wild.test"},
		question{url: "https://plain.test/", host: `a\b`},
		question{url: "http://plain.test/", host: "a_b.wild.test"},
		question{url: "https://plain.test/", host: "on.test:80:80"},
	)
}

// TestPathsAgreeWithHAProxy sends paths of every kind; what explain takes them for is an exact path of the host.
func TestPathsAgreeWithHAProxy(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{"/", "/a", "/b", "/..", "/.", "/../", "/./", "//", "/%2e", "/%2e%2E", "%2F", "%61", "..", ".", "a", "%", "%00", "%0a", "%20", "%09",
		";", "+", "%25", "%ff", "$", "|", "..%2f"}
	var raw []string
	rules := ""
	seen := map[string]bool{}
	for range 600 {
		path := "/"
		for range random.IntN(12) {
			path += parts[random.IntN(1+random.IntN(len(parts)))]
		}
		raw = append(raw, path)
		normal, err := model.NormalPath(path)
		if err != nil || seen[normal] || strings.ContainsAny(normal, "\n\x00\xff") {
			continue
		}
		seen[normal] = true
		quoted, err := json.Marshal(normal)
		if err != nil {
			t.Fatal(err)
		}
		rules += fmt.Sprintf("      - {path: %s, pathType: Exact, backend: {service: {name: two, port: {number: 80}}}}\n", quoted)
	}
	s := serve(t, fixtures(t), services+`---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: paths, namespace: a}
spec:
  ingressClassName: nginx
  rules:
  - host: paths.test
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: one, port: {number: 80}}}}
`+rules)
	hits := 0
	for _, path := range raw {
		got := s.compare(t, question{url: "http://paths.test" + path})
		if got != nil && got.Backend != nil && got.Backend.Service == "a/two:80" {
			hits++
		}
	}
	if hits < 100 {
		t.Errorf("only %d of %d paths had an exact route", hits, len(raw))
	}
}

// TestSubjectsAgreeWithHAProxy writes names as OpenSSL does.
func TestSubjectsAgreeWithHAProxy(t *testing.T) {
	f := fixtures(t)
	s := serve(t, f, manifests)
	cn, ou, street := asn1.ObjectIdentifier{2, 5, 4, 3}, asn1.ObjectIdentifier{2, 5, 4, 11}, asn1.ObjectIdentifier{2, 5, 4, 9}
	dc, mail := asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}, asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	unknown := asn1.ObjectIdentifier{1, 2, 3, 4}
	raw := func(tag int, value string) asn1.RawValue { return asn1.RawValue{Tag: tag, Bytes: []byte(value)} }
	for _, rdns := range []pkix.RDNSequence{
		{{{Type: ou, Value: "first"}}, {{Type: cn, Value: "last"}}},
		{{{Type: cn, Value: "a"}, {Type: ou, Value: "b"}}, {{Type: dc, Value: raw(asn1.TagIA5String, "test")}}},
		{{{Type: cn, Value: ` lead, "quoted" + back\slash <x>;= trail `}}},
		{{{Type: cn, Value: "#hash # inside"}}},
		{{{Type: cn, Value: " "}}},
		{{{Type: cn, Value: raw(asn1.TagUTF8String, "J\u00fcrgen \u20ac \U0001F600")}}},
		{{{Type: cn, Value: raw(asn1.TagT61String, "J\xfcrgen")}}},
		{{{Type: cn, Value: raw(asn1.TagBMPString, "\x00J\x20\xac")}}},
		{{{Type: cn, Value: raw(asn1.TagUTF8String, "line\nend\x7f\x01")}}},
		{{{Type: unknown, Value: "x"}}, {{Type: cn, Value: "known"}}},
		{{{Type: mail, Value: raw(asn1.TagIA5String, "a@b.test")}}, {{Type: street, Value: "Way 1"}}},
		{},
	} {
		der, err := asn1.Marshal(rdns)
		if err != nil {
			t.Fatal(err)
		}
		cert, err := f.Client("clients", fmt.Sprintf("%x", der), testcert.RawSubject(der))
		if err != nil {
			t.Fatal(err)
		}
		s.compare(t, question{url: "https://optional.test/", cert: cert})
	}
}

// TestRoutingAgreesWithHAProxy has what changes names, paths and redirects.
func TestRoutingAgreesWithHAProxy(t *testing.T) {
	f := fixtures(t)
	s := serve(t, f, routing)
	good, err := f.Client("clients", "good")
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"alias.test", "also.test", "x1.pattern.test", "x.pattern.test", "a.ali.test", "root.test", "moved.test", "away.test", "rewrite.test",
		"regex.test", "mixed.test", "inside.test", "outside.test", "keep.test", "www.test", "www.www.test", "closed.test", "vhost.test", "unknown.test"}
	paths := []string{"/", "/?x=1", "/a", "/a/", "/api/v1/x?y=z", "/api/v1/%20%3Fx", "/api/v12", "/API/V3/X", "/static/x.css", "/static/x.cssx", "/sub", "/sub?a=b/", "/sub/", "/x/?"}
	for _, host := range hosts {
		for _, path := range paths {
			for _, q := range []question{{url: "http://" + host + path}, {url: "https://" + host + path}, {url: "https://" + host + path, cert: good}} {
				t.Run(q.String(), func(t *testing.T) { s.compare(t, q) })
			}
		}
	}
	for _, q := range []question{
		{url: "http://alias.test/", host: "also.test:8080"}, {url: "https://alias.test/", host: "also.test", cert: good},
		{url: "https://also.test/", host: "alias.test", cert: good}, {url: "https://root.test/", host: "Root.Test:8443"},
		{url: "https://x1.pattern.test/", sni: "alias.test", cert: good}, {url: "https://sub.test/sub", host: "Www.test.:1"},
	} {
		t.Run(q.String(), func(t *testing.T) { s.compare(t, q) })
	}
}

// TestPassthroughAgreesWithHAProxy has hosts that are passed through, beside others.
func TestPassthroughAgreesWithHAProxy(t *testing.T) {
	f := fixtures(t)
	rule := func(name, host, path, service string) string {
		return fmt.Sprintf(`---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: %s, namespace: a, annotations: {nginx.ingress.kubernetes.io/ssl-passthrough: "true"}}
spec:
  ingressClassName: nginx
  rules:
  - host: "%s"
    http:
      paths:
      - {path: %s, pathType: Prefix, backend: {service: {name: %s, port: {number: 80}}}}
`, name, host, path, service)
	}
	s := serve(t, f, manifests+rule("pass", "pass.test", "/", "one")+rule("sub", "sub-pass.test", "/sub", "one")+rule("empty", "*.pass.test", "/", "none"))
	good, err := f.Client("clients", "good")
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"plain.test", "on.test", "optional.test", "pass.test", "sub-pass.test", "a.pass.test", "unknown.test"} {
		for _, sni := range []string{"-", "plain.test", "ON.test", "unknown.test", "sub-pass.test", "b.pass.test"} {
			s.compare(t, question{url: "https://" + host + "/", sni: sni})
			s.compare(t, question{url: "https://" + host + "/", sni: sni, cert: good})
		}
		s.compare(t, question{url: "http://" + host + "/"})
	}
	if got := s.world.Explain(s.request(question{url: "https://pass.test/"})); got.Result.From != explain.FromPassthrough || got.Backend.Service != "a/one:80" {
		t.Errorf("a connection that is passed through: %+v", got.Result)
	}
}

// server is a HAProxy in front of backends that tell what they got.
type server struct {
	world       explain.World
	http, https string
}

func serve(t *testing.T, f *golden.Fixtures, text string, edit ...func(*snapshot.Settings)) *server {
	t.Helper()
	for _, name := range []string{"ONE", "TWO"} {
		backend := httptest.NewServer(http.HandlerFunc(tell))
		t.Cleanup(backend.Close)
		_, port, _ := net.SplitHostPort(backend.Listener.Addr().String())
		text = strings.ReplaceAll(text, "${"+name+"}", port)
	}
	text, err := f.Expand(text)
	if err != nil {
		t.Fatal(err)
	}
	source, err := dir.Open([]string{"-"}, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	objects, issues, err := source.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range issues {
		t.Fatalf("the manifests of the test are wrong: %+v", i)
	}
	s := &server{http: explain.FreeAddr(t), https: explain.FreeAddr(t)}
	settings := snapshot.DefaultSettings()
	settings.AssumeClass, settings.Passthrough = true, true
	settings.ConfigMap.Namespace, settings.ConfigMap.Name = "ingress", "settings"
	for _, f := range edit {
		f(&settings)
	}
	snap, more := snapshot.Build(*objects, settings)
	cert, err := pki.Example()
	if err != nil {
		t.Fatal(err)
	}
	m, rest := compile.Compile(snap, compile.Options{DefaultCert: cert, LogFormat: model.LogOff})
	s.world = explain.World{Snapshot: snap, Model: m, Issues: append(append(issues, more...), rest...)}
	b, err := render.Render(m, render.Options{
		HTTP: []netip.AddrPort{netip.MustParseAddrPort(s.http)}, HTTPS: []netip.AddrPort{netip.MustParseAddrPort(s.https)},
	})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, file := range b.Files() {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	explain.StartHAProxy(t, folder, s.https)
	return s
}

// tell answers with the address that was asked and the headers that came.
func tell(w http.ResponseWriter, r *http.Request) {
	r.Header.Set("Asked-Uri", r.RequestURI)
	r.Header.Set("Host", r.Host)
	r.Header.Set("Asked", r.Context().Value(http.LocalAddrContextKey).(net.Addr).String())
	_ = json.NewEncoder(w).Encode(r.Header) // a client that is gone needs no answer
}

// compare returns what explain says, nil if HAProxy says something else.
func (s *server) compare(t *testing.T, q question) *explain.Answer {
	t.Helper()
	r := s.request(q)
	said := s.world.Explain(r)
	answer, err := s.send(q, r)
	if err != nil {
		if said.Result.From == explain.FromHandshake {
			return said
		}
		t.Errorf("%s: HAProxy does not answer: %v; explain says %+v", q, err, said.Result)
		return nil
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Errorf("%s: %v", q, err)
		return nil
	}
	want, got := summary(said), ""
	if asked := (http.Header{}); answer.StatusCode == 200 && json.Unmarshal(body, &asked) == nil {
		got = "backend " + asked.Get("Asked") + " " + asked.Get("Asked-Uri") + headersOf(said, asked)
	} else {
		got = fmt.Sprintf("%d %s", answer.StatusCode, answer.Header.Get("Location"))
	}
	got += " hsts=" + answer.Header.Get("Strict-Transport-Security")
	if answer.StatusCode == 400 { // HAProxy 3 refuses malformed requests before any rule
		want, _, _ = strings.Cut(want, " hsts=")
		got, _, _ = strings.Cut(got, " hsts=")
	}
	if want != got {
		t.Errorf("%s: explain says\n%s\nHAProxy\n%s", q, want, got)
		return nil
	}
	return said
}

func summary(a *explain.Answer) string {
	out := fmt.Sprintf("%d %s", a.Result.Status, a.Result.Location)
	if a.Result.From == explain.FromBackend {
		out = "backend " + a.Backend.Endpoints[0] + " " + cmp.Or(a.Backend.Target, a.Request.Target)
		for _, h := range a.Headers {
			if h.Name != "X-Request-ID" || h.Value == "abc" {
				out += "\n  " + h.Name + ": " + strings.TrimRight(h.Value, " ") // blanks at the end are no part of a header
			}
		}
	}
	out += " hsts="
	for _, h := range a.Result.Headers {
		out += h.Value
	}
	return out
}

// headersOf are the headers that explain speaks of, as they came, and all that speak of a certificate.
func headersOf(a *explain.Answer, came http.Header) string {
	out := ""
	for _, h := range a.Headers {
		if h.Name != "X-Request-ID" || h.Value == "abc" {
			out += "\n  " + h.Name + ": " + came.Get(h.Name)
		}
		came.Del(h.Name)
	}
	for name := range came {
		if strings.HasPrefix(name, "Ssl-") || strings.HasPrefix(name, "X-") {
			out += "\n  " + name + ": " + came.Get(name)
		}
	}
	return out
}

func (s *server) request(q question) explain.Request {
	scheme, rest, _ := strings.Cut(q.url, "://")
	slash := strings.IndexByte(rest, '/')
	r := explain.Request{
		Method: "GET", Secure: scheme == "https", Host: rest[:slash], Target: rest[slash:], Now: time.Now(),
		Client: netip.MustParseAddr("127.0.0.1"),
	}
	if r.SNI = q.sni; q.sni == "" {
		r.SNI = rest[:slash]
	}
	if q.sni == "-" {
		r.SNI = ""
	}
	if q.host != "" {
		r.Host = q.host
	}
	if q.method != "" {
		r.Method = q.method
	}
	if name, value, ok := strings.Cut(q.header, ": "); ok {
		r.Headers = append(r.Headers, explain.Header{Name: name, Value: value})
	}
	if q.cert != nil {
		r.Certs = append(r.Certs, q.cert.Leaf)
		r.Certs = append(r.Certs, q.cert.Chain...)
	}
	return r
}

// send writes the request as it is, which net/http would not.
func (s *server) send(q question, r explain.Request) (*http.Response, error) {
	conn, err := s.dial(q, r)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n", r.Method, r.Target, r.Host)
	if q.header != "" {
		text += q.header + "\r\n"
	}
	if _, err := io.WriteString(conn, text+"\r\n"); err != nil {
		return nil, err
	}
	return http.ReadResponse(bufio.NewReader(conn), nil)
}

func (s *server) dial(q question, r explain.Request) (net.Conn, error) {
	if !r.Secure {
		return net.DialTimeout("tcp", s.http, 5*time.Second)
	}
	config := &tls.Config{InsecureSkipVerify: true, ServerName: r.SNI}
	if q.cert != nil {
		pair := q.cert.TLS()
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	return tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", s.https, config)
}
