package compare

import (
	"bytes"
	"io"
	"log"
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
	r := probe.Request{Kind: probe.Slash, Method: "GET", Host: "a.shop.test", Target: "/x/y?z"}
	for _, c := range []struct {
		file   string
		want   string // reasons
		unused int
	}{
		{"accept: []", "|", 0},
		{"accept: [{field: header.server, reason: R}]", "|R", 0},
		{"accept: [{field: 'header.*', host: '*.shop.test', path: '/x/*', method: GET, kind: [root, slash], left: ngin*, right: (absent), reason: R}]", "|R", 0},
		{"accept: [{field: '*', reason: R}, {field: status, reason: S}]", "R|R", 0},
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

// FuzzAccepted: no file makes it fail otherwise than with an error, and a pattern without a star fits itself only.
func FuzzAccepted(f *testing.F) {
	f.Add("accept: [{field: 'header.*', host: [a, b], reason: R}]", "header.x")
	f.Fuzz(func(t *testing.T, file, field string) {
		a, err := ParseAccepted([]byte(file))
		if err != nil {
			return
		}
		d := []Difference{{Field: field}}
		a.apply(probe.Request{}, d)
		if !fits(field, field) && !strings.Contains(field, "*") {
			t.Errorf("%q does not fit itself", field)
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
