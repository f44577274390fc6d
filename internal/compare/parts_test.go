package compare

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/compare/probe"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func TestSides(t *testing.T) {
	for _, c := range []struct {
		addresses string
		want      string
	}{
		{"https://192.0.2.1", "https://192.0.2.1:443"},
		{"http://a.test:8080 https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443 http://a.test:8080"},
		{"", ""},
		{"192.0.2.1", "error"}, {"ftp://a.test", "error"}, {"https://", "error"}, {"https://a.test https://b.test", "error"},
		{"https://a.test/path", "error"}, {"https://u@a.test", "error"}, {"https://a.test?x", "error"},
	} {
		s, err := ParseSide("left", strings.Fields(c.addresses))
		got := s.String()
		if err != nil {
			got = "error"
		}
		if got != c.want {
			t.Errorf("%s: %s, %v", c.addresses, got, err)
		}
	}
}

func TestAccept(t *testing.T) {
	differences := func() []Difference {
		return []Difference{{Field: "status", Left: "200", Right: "404"}, {Field: "header.server", Left: "nginx", Right: absent}}
	}
	r := probe.Request{Kind: probe.Slash, Method: "GET", Host: "A.SHOP.test.:8443", Target: "/x/y?z"}
	for _, c := range []struct {
		file   string
		want   string // reasons
		unused int
	}{
		{"accept: []", "|", 0},
		{"accept: [{field: header.server, reason: R}]", "|R", 0},
		{"accept: [{field: 'header.*', host: '*.shop.test', path: '/x/*', method: GET, kind: [root, slash], left: ngin*, right: (absent), reason: R}]", "|R", 0},
		{"accept: [{field: '*', reason: R}, {field: status, reason: S}]", "R|R", 0},
		{"accept: [{field: status, host: 'A.SHOP.test.:8443', reason: R}, {field: header.server, host: a.shop.test, reason: S}]", "R|S", 0},
		{"accept: [{field: status, host: [b.test, shop.test], reason: R}]", "|", 1},
		{"accept: [{field: status, path: /x, reason: R}]", "|", 1},
		{"accept: [{field: status, left: '404', right: '200', reason: R}]", "|", 1},
		{"accept: [{field: header, reason: R}, {field: 'statu?', reason: R}]", "|", 2},
		{"accept: [{field: status, method: HEAD, reason: R}, {field: status, kind: path, reason: R}]", "|", 2},
	} {
		a, err := ParseAccepted([]byte(c.file))
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		d := differences()
		a.apply(r, d)
		if got := d[0].Accepted + "|" + d[1].Accepted; got != c.want || len(a.unused()) != c.unused {
			t.Errorf("%s: %q, %d unused", c.file, got, len(a.unused()))
		}
	}
	for _, file := range []string{
		"accept: [{field: status}]", "accept: [{field: status, reason: ' '}]", "accept: [{host: a.test, reason: R}]", "accept: [{field: [], reason: R}]",
		"accept: [{field: status, hosts: a.test, reason: R}]", "accept: [null]", "accept: [{field: {}, reason: R}]", "other: []", "accept: [{field: status, reason: R, reason: S}]",
	} {
		if _, err := ParseAccepted([]byte(file)); err == nil {
			t.Errorf("%s is taken", file)
		}
	}
}

// TestWrittenEntriesAcceptWhatTheyWereWrittenFor, and nothing else.
func TestWrittenEntriesAcceptWhatTheyWereWrittenFor(t *testing.T) {
	left, right := site(t, "left", header("X-A", "1", "Set-Cookie", "a=1"), nil), site(t, "right", header("X-A", "2"), nil)
	p := plan(probe.Request{}, probe.Request{Target: "/x?y=[1]"}, probe.Request{Host: "other.test"})
	data, err := WriteAccepted(compared(t, left, right, p, nil), "known")
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := ParseAccepted(data)
	if err != nil {
		t.Fatalf("%v:\n%s", err, data)
	}
	r := compared(t, left, right, p, func(o *Options) { o.Accepted = accepted })
	if r.Accepted != 3 || r.Different != 0 || len(r.Unused) != 0 {
		t.Errorf("%s\n%s", r.Sentence(), data)
	}
	more := compared(t, left, right, plan(probe.Request{}, probe.Request{Target: "/new"}), func(o *Options) { o.Accepted = accepted })
	if more.Different != 1 || more.Accepted != 1 {
		t.Errorf("%s", more.Sentence())
	}
	waiting, err := WriteAccepted(r, "")
	if err != nil || strings.Contains(string(waiting), "field:") {
		t.Errorf("what is accepted is written again:\n%s, %v", waiting, err)
	}
	waiting, err = WriteAccepted(compared(t, left, right, p, nil), "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = ParseAccepted(waiting); err == nil || !strings.Contains(err.Error(), "has no reason") {
		t.Errorf("entries without a reason are taken: %v", err)
	}
}

// FuzzAccepted: no file makes it fail otherwise than with an error, and patterns mean the same as
// the expressions that they stand for.
func FuzzAccepted(f *testing.F) {
	f.Add("accept: [{field: 'header.*', host: [a, b], reason: R}]", "header.x")
	f.Add("a*b*c", "aXbbYc")
	f.Add(" ", "*\xd5")
	f.Fuzz(func(t *testing.T, file, field string) {
		if a, err := ParseAccepted([]byte(file)); err == nil {
			a.apply(probe.Request{}, []Difference{{Field: field}})
		}
		if !fits(field, field) || !fits("*", field) || !fits(field+"*", field) || !fits("*"+field, field) {
			t.Errorf("%q does not fit itself", field)
		}
		parts := strings.Split(file, "*")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(strings.ToValidUTF8(parts[i], ""))
		}
		pattern, text := strings.ToValidUTF8(file, ""), strings.ToValidUTF8(field, "")
		if want := regexp.MustCompile("(?s)^" + strings.Join(parts, ".*") + "$").MatchString(text); fits(pattern, text) != want {
			t.Errorf("%q and %q: %v", pattern, text, !want)
		}
	})
}

func TestCommands(t *testing.T) {
	s := Side{Name: "left", HTTP: "192.0.2.1:80", HTTPS: "[2001:db8::1]:8443"}
	for _, c := range []struct {
		r    probe.Request
		want string
	}{
		{probe.Request{Method: "GET", Host: "a.test", Target: "/x?a=1&b"},
			`curl -sS -i -g --http1.1 --path-as-is --connect-to ::192.0.2.1:80 'http://a.test/x?a=1&b'`},
		{probe.Request{Method: "HEAD", Secure: true, Host: "a.test", SNI: "a.test", Target: "/", Client: probe.Given},
			`curl -sS -I -g --http1.1 --path-as-is -k --connect-to '::[2001:db8::1]:8443' --cert 'my cert.pem' https://a.test/`},
		{probe.Request{Method: "GET", Secure: true, Host: "A.test", SNI: "b.test", Target: "/it's", Headers: []probe.Header{{Name: "X", Value: "$(x)"}}, Body: 5},
			`curl -sS -i -g --http1.1 --path-as-is -k --connect-to '::[2001:db8::1]:8443' -H 'Host: A.test' -H 'X: $(x)' -X GET --data-binary @<(head -c 5 /dev/zero) 'https://b.test/it'\''s'`},
	} {
		if got := curl(c.r, s, Options{CertFile: "my cert.pem"}); got != c.want {
			t.Errorf("\n%s\nwanted is\n%s", got, c.want)
		}
	}
}

// TestTextDoesNotDriveTheTerminal: answers are written by others.
func TestTextDoesNotDriveTheTerminal(t *testing.T) {
	r := &Report{Requests: []Result{{Request: probe.Request{ID: "1", Method: "GET", Host: "a", Target: "/"}, Verdict: Differs,
		Differences: []Difference{{Field: "header.x", Left: "\x1b[31m", Right: "\u009b"}}}}}
	r.summarise()
	var b bytes.Buffer
	if err := WriteText(&b, r); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b\u009b") || !strings.Contains(b.String(), `\x1b[31m`) {
		t.Errorf("%q", b.String())
	}
}

// TestTextNamesRequestsOnce: headers that are missing together are told of with one list of requests.
func TestTextNamesRequestsOnce(t *testing.T) {
	left, right := site(t, "left", header("X-A", "1", "X-B", "2"), nil), site(t, "right", header("X-B", "3"), nil)
	var b bytes.Buffer
	if err := WriteText(&b, compared(t, left, right, plan(probe.Request{Kind: probe.Path, Ingress: "shop/web"}, probe.Request{Target: "/x", Kind: probe.Below}), nil)); err != nil {
		t.Fatal(err)
	}
	got := strings.NewReplacer(left.HTTP, "LEFT", right.HTTP, "RIGHT").Replace(b.String())
	want := `Left     https://` + left.HTTPS + ` http://LEFT
Right    https://` + right.HTTPS + ` http://RIGHT
Result   2 requests: 0 the same, 2 different

header.x-a: only on the left (2 requests of 1 host)
  GET http://shop.test/ (path, Ingress shop/web)
    left   1
    right  (absent)
    curl -sS -i -g --http1.1 --path-as-is --connect-to ::LEFT http://shop.test/
    curl -sS -i -g --http1.1 --path-as-is --connect-to ::RIGHT http://shop.test/
  GET http://shop.test/x (below)

header.x-b: another value (2 requests of 1 host)
  the same requests, such as the one above
    left   2
    right  3
`
	if got != want {
		t.Errorf("got\n%s\nwanted\n%s", got, want)
	}
}

// TestProxyProtocol: each connection says whose it is, also the ones for HTTPS.
func TestProxyProtocol(t *testing.T) {
	lines := make(chan string, 10)
	serve := func(name string) Side {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				in := bufio.NewReader(c)
				line, _ := in.ReadString('\n')
				if request, err := http.ReadRequest(in); err == nil {
					lines <- name + " " + request.URL.Path + " " + line
					fmt.Fprint(c, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
				}
				c.Close()
			}
		}()
		return Side{Name: name, HTTP: l.Addr().String()}
	}
	r := compared(t, serve("left"), serve("right"), plan(probe.Request{Target: "/own"}, probe.Request{Target: "/4", From: "192.0.2.7"}, probe.Request{Target: "/6", From: "2001:db8::7"}),
		func(o *Options) { o.Proxy, o.Concurrency = true, 1 })
	close(lines)
	var got []string
	for line := range lines {
		got = append(got, regexp.MustCompile(` \d+ \d+\r\n$`).ReplaceAllString(line, ""))
	}
	want := []string{
		"left /own PROXY TCP4 127.0.0.1 127.0.0.1", "right /own PROXY TCP4 127.0.0.1 127.0.0.1",
		"left /4 PROXY TCP4 192.0.2.7 127.0.0.1", "right /4 PROXY TCP4 192.0.2.7 127.0.0.1",
		"left /6 PROXY TCP6 2001:db8::7 ::ffff:127.0.0.1", "right /6 PROXY TCP6 2001:db8::7 ::ffff:127.0.0.1",
	}
	if !slices.Equal(got, want) || r.Same != 3 || r.Agreed() != "3 × 204" {
		t.Errorf("%s, said is %q", r.Sentence(), got)
	}
}

// TestEqualFailuresAreNamed: that neither side answers is no proof of anything.
func TestEqualFailuresAreNamed(t *testing.T) {
	gone := text(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	r := compared(t, site(t, "left", gone, nil), site(t, "right", gone, nil), plan(probe.Request{}), nil)
	var b bytes.Buffer
	if err := WriteText(&b, r); err != nil || !strings.Contains(b.String(), "Same     1 × connection closed without an answer\n") {
		t.Errorf("%v: %s", err, b.String())
	}
}

// TestPageIsNotEndless: what is not on it is said.
func TestPageIsNotEndless(t *testing.T) {
	r := &Report{}
	for i := range listed + 1 {
		r.Requests = append(r.Requests, Result{Request: probe.Request{ID: fmt.Sprint(i), Method: "GET", Host: "a.test", Target: "/"}, Verdict: Failed})
	}
	var b bytes.Buffer
	if err := WriteHTML(&b, r); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "<li data-verdict"); n != listed || !strings.Contains(b.String(), "Only the first 5000 are on this page") {
		t.Errorf("%d are listed", n)
	}
}

// TestBytesThatAreNoText: values that differ in such bytes only differ, can be written down, and are found again.
func TestBytesThatAreNoText(t *testing.T) {
	left, right := site(t, "left", header("X-A", "\xe4"), nil), site(t, "right", header("X-A", "\xf6"), nil)
	r := compared(t, left, right, plan(probe.Request{}), nil)
	if d := r.Requests[0].Differences[0]; d.Left != `\xe4` || d.Right != `\xf6` {
		t.Errorf("%+v", d)
	}
	data, err := WriteAccepted(r, "known")
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := ParseAccepted(data)
	if err != nil {
		t.Fatal(err)
	}
	if r := compared(t, left, right, plan(probe.Request{}), func(o *Options) { o.Accepted = accepted }); r.Accepted != 1 {
		t.Errorf("%s", r.Sentence())
	}
}
