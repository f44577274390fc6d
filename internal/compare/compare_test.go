package compare

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/compare/probe"
	"github.com/hawser-ingress/hawser/internal/echo"
	"github.com/hawser-ingress/hawser/internal/testcert"
)

// site starts one side on both ports.
func site(t *testing.T, name string, h http.Handler, config *tls.Config) Side {
	t.Helper()
	plain := httptest.NewServer(h)
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(h)
	secure.Config.ErrorLog = quiet()
	secure.TLS = config
	secure.StartTLS()
	t.Cleanup(secure.Close)
	return Side{Name: name, HTTP: plain.Listener.Addr().String(), HTTPS: secure.Listener.Addr().String()}
}

func text(f func(w http.ResponseWriter, r *http.Request)) http.Handler { return http.HandlerFunc(f) }

func plan(requests ...probe.Request) probe.Plan {
	for i := range requests {
		r := &requests[i]
		if r.ID == "" {
			r.ID = fmt.Sprint(i)
		}
		if r.Method == "" {
			r.Method = "GET"
		}
		if r.Host == "" {
			r.Host = "shop.test"
		}
		if r.Target == "" {
			r.Target = "/"
		}
		if r.Secure && r.SNI == "" {
			r.SNI = r.Host
		}
	}
	return probe.Plan{Requests: requests}
}

func compared(t *testing.T, left, right Side, p probe.Plan, edit func(*Options)) *Report {
	t.Helper()
	o := Options{Left: left, Right: right, Concurrency: 2, Timeout: 5 * time.Second}
	if edit != nil {
		edit(&o)
	}
	r, err := Run(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func fieldsOf(r *Report) string {
	var out []string
	for _, result := range r.Requests {
		for _, d := range result.Differences {
			out = append(out, d.Field)
		}
	}
	return strings.Join(out, " ")
}

func header(pairs ...string) http.Handler {
	return text(func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			w.Header().Add(pairs[i], pairs[i+1])
		}
		fmt.Fprint(w, "hello")
	})
}

func status(code int, body string) http.Handler {
	return text(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	})
}

// TestWhatIsADifference plants one thing at a time.
func TestWhatIsADifference(t *testing.T) {
	zipped := func(level int) http.Handler {
		return text(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, level)
			fmt.Fprint(z, strings.Repeat("hello ", 100))
			z.Close()
		})
	}
	cut := text(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		fmt.Fprint(w, "hello")
	})
	gone := text(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	nginx := "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
	own := "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n</body>\r\n</html>\r\n"
	seen := func(name string, edit func(*http.Request)) http.Handler {
		return text(func(w http.ResponseWriter, r *http.Request) {
			edit(r)
			echo.Handler(echo.Config{Name: name}).ServeHTTP(w, r)
		})
	}
	same := func(*http.Request) {}
	for _, c := range []struct {
		name        string
		left, right http.Handler
		want        string
	}{
		{"nothing", header(), header(), ""},
		{"status, and nothing that follows from it", status(200, "a"), status(404, "b"), "status"},
		{"outcome", header(), gone, "outcome"},
		{"body", status(200, "a"), status(200, "b"), "body"},
		{"end of the body", header(), cut, "body body.end"},
		{"location", header("Location", "https://a.test/"), header("Location", "https://b.test/"), "location"},
		{"location that one lacks", header("Location", "/"), header(), "location"},
		{"header", header("X-A", "1"), header("X-A", "2"), "header.x-a"},
		{"header that one lacks", header(), header("X-A", ""), "header.x-a"},
		{"header twice", header("X-A", "1"), header("X-A", "1", "X-A", "1"), "header.x-a"},
		{"type", header("Content-Type", "text/css"), header("Content-Type", "text/html"), "header.content-type"},
		{"identity of a request", header("X-Request-ID", "1"), header("X-Request-ID", "2"), ""},
		{"identity that one lacks", header("X-Request-ID", "1"), header(), "header.x-request-id"},
		{"masked header", header("ETag", "1"), header("ETag", "2"), ""},
		{"value of a cookie", header("Set-Cookie", "a=1; Path=/; HttpOnly"), header("Set-Cookie", "a=2; HttpOnly; Path=/"), ""},
		{"expiry of a cookie", header("Set-Cookie", "a=1; Expires=Wed, 24 Nov 2027 10:00:00 GMT"), header("Set-Cookie", "a=2; Expires=Wed, 24 Nov 2027 10:00:01 GMT"), ""},
		{"removal of a cookie", header("Set-Cookie", "a=1; Expires=Wed, 24 Nov 2027 10:00:00 GMT"), header("Set-Cookie", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"), "header.set-cookie"},
		{"attribute of a cookie", header("Set-Cookie", "a=1; Secure"), header("Set-Cookie", "a=1"), "header.set-cookie"},
		{"name of a cookie", header("Set-Cookie", "a=1"), header("Set-Cookie", "b=1"), "header.set-cookie"},
		{"compression", zipped(1), zipped(9), ""},
		{"own pages", status(404, nginx), status(404, own), ""},
		{"own page of one side", status(404, nginx), status(404, "gone"), "body"},
		{"echo", seen("one", same), seen("one", same), ""},
		{"echo: server", seen("one", same), seen("two", same), "saw.server"},
		{"echo: method", seen("one", same), seen("one", func(r *http.Request) { r.Method = "PUT" }), "saw.method"},
		{"echo: target", seen("one", same), seen("one", func(r *http.Request) { r.RequestURI = "/x" }), "saw.uri"},
		{"echo: host", seen("one", same), seen("one", func(r *http.Request) { r.Host = "x" }), "saw.host"},
		{"echo: protocol", seen("one", same), seen("one", func(r *http.Request) { r.Proto = "HTTP/2.0" }), "saw.proto"},
		{"echo: header", seen("one", same), seen("one", func(r *http.Request) { r.Header.Set("X-A", "1") }), "saw.header.x-a"},
		{"echo: body", seen("one", same), seen("one", func(r *http.Request) { r.Body = http.NoBody }), "saw.body"},
		{"echo: identity of a request", seen("one", func(r *http.Request) { r.Header.Set("X-Request-ID", "1") }), seen("one", func(r *http.Request) { r.Header.Set("X-Request-ID", "2") }), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := compared(t, site(t, "left", c.left, nil), site(t, "right", c.right, nil), plan(probe.Request{Body: 5}), func(o *Options) { o.Mask = []string{"ETag"} })
			if got := fieldsOf(r); got != c.want {
				t.Errorf("different is %q, wanted %q: %+v", got, c.want, r.Requests)
			}
			if (c.want == "") != (r.Same == 1) || (c.want != "") != (r.Different == 1) {
				t.Errorf("%s", r.Sentence())
			}
		})
	}
}

// TestEchoOnOneSideOnly: what looks like the answer of an echo backend, and is none, is a body like any other.
func TestEchoOnOneSideOnly(t *testing.T) {
	left := site(t, "left", echo.Handler(echo.Config{}), nil)
	for _, body := range []string{"{}", `{"server":"echo","method":"GET","proto":"HTTP/1.1","body_sha256":"0","more":1}`, "{", "hello"} {
		r := compared(t, left, site(t, "right", status(200, body), nil), plan(probe.Request{}), nil)
		if got := " " + fieldsOf(r) + " "; !strings.Contains(got, " body ") || !strings.Contains(got, " saw.uri ") {
			t.Errorf("%s: different is %q", body, got)
		}
	}
}

// TestPortsOfTheSidesAreNoDifference: each side names its own in redirects and headers.
func TestPortsOfTheSidesAreNoDifference(t *testing.T) {
	h := text(func(w http.ResponseWriter, r *http.Request) {
		_, port, _ := net.SplitHostPort(r.Context().Value(http.LocalAddrContextKey).(net.Addr).String())
		w.Header().Set("X-Port", port)
		w.Header().Set("Location", "http://shop.test:"+port+"/")
	})
	left, right := site(t, "left", h, nil), site(t, "right", h, nil)
	if r := compared(t, left, right, plan(probe.Request{}), nil); r.Same != 1 {
		t.Errorf("%+v", r.Requests)
	}
}

func TestHandshakes(t *testing.T) {
	ca := testcert.Must(testcert.NewCA("ca"))
	other := testcert.Must(testcert.NewCA("another ca"))
	server := func(ca *testcert.CA, name string, more ...string) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{testcert.Must(ca.Server(name, more)).TLS()}}
	}
	one := server(ca, "shop.test")
	asking := server(ca, "shop.test")
	asking.Certificates, asking.ClientAuth, asking.ClientCAs = one.Certificates, tls.RequestClientCert, ca.Pool()
	needing := &tls.Config{Certificates: one.Certificates, ClientAuth: tls.RequireAnyClientCert, ClientCAs: ca.Pool()}
	old := &tls.Config{Certificates: one.Certificates, MaxVersion: tls.VersionTLS12}
	longer := &tls.Config{Certificates: []tls.Certificate{testcert.Must(ca.Server("shop.test", nil, testcert.With(func(c *x509.Certificate) { c.NotAfter = c.NotAfter.Add(time.Hour) }))).TLS()}}
	selfMade := func() *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{testcert.Must(testcert.SelfSigned("x")).TLS()}}
	}
	http2 := &tls.Config{Certificates: one.Certificates, NextProtos: []string{"h2", "http/1.1"}}
	names := func(s string) map[string]bool {
		out := map[string]bool{}
		for _, field := range strings.Fields(s) {
			out[field] = true
		}
		return out
	}
	for _, c := range []struct {
		name        string
		left, right *tls.Config
		want        string
		quiet       bool // nothing is said where the handshake isn't compared
	}{
		{"same", one, one, "", true},
		{"renewed", one, server(ca, "shop.test"), "certificate.fingerprint", true},
		{"names", one, server(ca, "shop.test", "more.test"), "certificate.fingerprint certificate.names", true},
		{"issuer", one, server(other, "shop.test"), "certificate.fingerprint certificate.issuer", true},
		{"expiry", one, longer, "certificate.fingerprint certificate.expires", true},
		{"self-made", selfMade(), selfMade(), "", true},
		{"self-made on one side", one, selfMade(), "certificate.expires certificate.fingerprint certificate.intermediates certificate.issuer certificate.names certificate.subject", true},
		{"version", one, old, "tls.version", true},
		{"HTTP/2", one, http2, "tls.protocol", true},
		{"asks for a certificate", one, asking, "tls.asks-for-certificate tls.authorities", true},
		{"needs a certificate", one, needing, "outcome tls.alert tls.asks-for-certificate tls.authorities", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			left, right := site(t, "left", header(), c.left), site(t, "right", header(), c.right)
			got := names(fieldsOf(compared(t, left, right, plan(probe.Request{Secure: true, Handshake: true}), nil)))
			want := names(c.want)
			if !want["certificate.expires"] && want["certificate.fingerprint"] {
				delete(got, "certificate.expires") // certificates that are made in different seconds
			}
			if !maps.Equal(got, want) {
				t.Errorf("different is %v, wanted %v", got, want)
			}
			if got := fieldsOf(compared(t, left, right, plan(probe.Request{Secure: true}), nil)); c.quiet != (got == "") {
				t.Errorf("without being asked, %q is different", got)
			}
		})
	}
}

func TestClientCertificates(t *testing.T) {
	config := &tls.Config{ClientAuth: tls.RequestClientCert}
	h := text(func(w http.ResponseWriter, r *http.Request) {
		name := "nobody"
		if len(r.TLS.PeerCertificates) > 0 {
			name = r.TLS.PeerCertificates[0].Subject.CommonName
		}
		w.Header().Set("X-Name", name)
	})
	none := text(func(http.ResponseWriter, *http.Request) {})
	self, given := testcert.Must(testcert.SelfSigned("self")).TLS(), testcert.Must(testcert.SelfSigned("given")).TLS()
	r := compared(t, site(t, "left", h, config), site(t, "right", none, config), plan(
		probe.Request{Secure: true}, probe.Request{Secure: true, Client: probe.Self}, probe.Request{Secure: true, Client: probe.Given}),
		func(o *Options) { o.Self, o.Given, o.Concurrency = &self, &given, 1 })
	got := ""
	for _, result := range r.Requests {
		got += result.Differences[0].Left + " "
	}
	if got != "nobody self given " {
		t.Errorf("presented is %q", got)
	}
}

// TestFlakyIsNotDifferent: what varies by itself on both sides, or was the same once, says nothing; what varies on one
// side only does.
func TestFlakyIsNotDifferent(t *testing.T) {
	counting := func() http.Handler {
		var n atomic.Int64
		id := fmt.Sprint(time.Now().UnixNano())
		return text(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-N", id+"-"+fmt.Sprint(n.Add(1))) })
	}
	settling := func() http.Handler {
		var n atomic.Int64
		return text(func(w http.ResponseWriter, _ *http.Request) {
			if n.Add(1) == 1 {
				w.WriteHeader(503)
			}
		})
	}
	quiet := text(func(http.ResponseWriter, *http.Request) {})
	for _, c := range []struct {
		name        string
		left, right http.Handler
		retries     int
		want        string
	}{
		{"both vary", counting(), counting(), 2, "1 request: 0 the same, 0 different, 1 unsteady"},
		{"one varies", header("X-N", "1"), counting(), 2, "1 request: 0 the same, 1 different"},
		{"one was slow to start", quiet, settling(), 1, "1 request: 0 the same, 0 different, 1 unsteady"},
		{"no other attempt", quiet, settling(), 0, "1 request: 0 the same, 1 different"},
		{"always", header("X-N", "1"), header("X-N", "2"), 2, "1 request: 0 the same, 1 different"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := compared(t, site(t, "left", c.left, nil), site(t, "right", c.right, nil), plan(probe.Request{}), func(o *Options) { o.Retries = c.retries })
			if r.Sentence() != c.want {
				t.Errorf("%s, wanted is %s", r.Sentence(), c.want)
			}
		})
	}
}

func TestBodies(t *testing.T) {
	limited := func(limit int64) http.Handler {
		return text(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > limit {
				w.Header().Set("Connection", "close")
				w.WriteHeader(413)
			}
		})
	}
	left, right := site(t, "left", limited(5<<20), nil), site(t, "right", limited(5<<20-1), nil)
	r := compared(t, left, right, plan(probe.Request{Body: 5<<20 - 1}, probe.Request{Body: 5 << 20}, probe.Request{Body: 5<<20 + 1}), nil)
	if r.Same != 2 || len(r.Requests) != 1 || r.Requests[0].Request.Body != 5<<20 {
		t.Errorf("%s: %+v", r.Sentence(), r.Requests)
	}
}

func TestWhatIsSentIsWhatWasPlanned(t *testing.T) {
	var got []string
	h := text(func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r.Method+" "+r.Host+" "+r.RequestURI+" "+r.Header.Get("under_score"))
	})
	left := site(t, "left", h, nil)
	compared(t, left, site(t, "right", header(), nil), plan(
		probe.Request{Target: "/a/../b//%2F?x y"[:12], Host: "SHOP.test:8443", Headers: []probe.Header{{Name: "under_score", Value: "1"}}},
		probe.Request{Target: "//a", Method: "HEAD"}), func(o *Options) { o.Concurrency = 1 })
	if want := []string{"GET SHOP.test:8443 /a/../b//%2F 1", "HEAD shop.test //a "}; !slices.Equal(got, want) {
		t.Errorf("sent is %q", got)
	}
}

func TestNobodyThere(t *testing.T) {
	left := site(t, "left", header(), nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	right := Side{Name: "right", HTTP: l.Addr().String()}
	l.Close()
	_, err = Run(context.Background(), plan(probe.Request{}), Options{Left: left, Right: right, Timeout: time.Second})
	if err == nil || !strings.Contains(err.Error(), "connect to the right side") {
		t.Errorf("%v", err)
	}
}

func TestSilence(t *testing.T) {
	left, right := site(t, "left", header(), nil), site(t, "right", text(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), nil)
	r := compared(t, left, right, plan(probe.Request{}), func(o *Options) { o.Timeout = 1500 * time.Millisecond })
	if d := r.Requests[0].Differences[0]; d.Left != "answered 200" || d.Right != string(timedOut) {
		t.Errorf("%+v", d)
	}
}

// TestInterruption: the report has what was asked until then, and says that it is not all.
func TestInterruption(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	left, right := site(t, "left", header("X-A", "1"), nil), site(t, "right", header(), nil)
	p := probe.Plan{}
	for i := range 50 {
		p.Requests = append(p.Requests, probe.Request{ID: fmt.Sprint(i), Method: "GET", Host: "shop.test", Target: fmt.Sprint("/", i)})
	}
	accepted, err := ParseAccepted([]byte("accept: [{field: header.x-b, reason: never seen}]"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(ctx, p, Options{Left: left, Right: right, Concurrency: 1, Timeout: 5 * time.Second, Rate: 100, Accepted: accepted, Progress: func(p Progress) {
		if p.Done == 5 {
			cancel()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Interrupted || r.Different != 5 || r.Planned != 50 || len(r.Unused) != 0 || !strings.Contains(r.Sentence(), "interrupted, 45 not asked") {
		t.Errorf("%s: %+v", r.Sentence(), r)
	}
}

func TestRate(t *testing.T) {
	left, right := site(t, "left", header(), nil), site(t, "right", header(), nil)
	p := probe.Plan{}
	for i := range 21 {
		p.Requests = append(p.Requests, probe.Request{ID: fmt.Sprint(i), Method: "GET", Host: "shop.test", Target: "/"})
	}
	start := time.Now()
	compared(t, left, right, p, func(o *Options) { o.Rate, o.Concurrency = 50, 4 })
	if took := time.Since(start); took < 390*time.Millisecond {
		t.Errorf("21 requests at 50 per second took %s", took)
	}
}

// TestReportsAreTheSameEachTime: order comes from the plan, not from who answered first.
func TestReportsAreTheSameEachTime(t *testing.T) {
	left, right := site(t, "left", header("X-A", "1", "X-B", "1"), nil), site(t, "right", header("X-A", "2"), nil)
	p := probe.Plan{}
	for i := range 40 {
		p.Requests = append(p.Requests, probe.Request{ID: fmt.Sprint(i), Method: "GET", Host: fmt.Sprintf("h%d.test", i%7), Target: "/"})
	}
	var first []byte
	for range 3 {
		var b bytes.Buffer
		if err := WriteJSON(&b, compared(t, left, right, p, func(o *Options) { o.Concurrency = 4 })); err != nil {
			t.Fatal(err)
		}
		if first != nil && !bytes.Equal(first, b.Bytes()) {
			t.Fatal("the same answers give another report")
		}
		first = b.Bytes()
	}
	var r Report
	if err := json.Unmarshal(first, &r); err != nil || len(r.Groups) != 2 || r.Groups[0].Count != 40 || len(r.Groups[0].Hosts) != 7 {
		t.Errorf("%v: %+v", err, r.Groups)
	}
}
