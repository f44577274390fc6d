package behaviour

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/echo"
)

// askPath sends a target byte for byte, and tells what came of it: the server with the URI it saw and X-Forwarded-Prefix, or
// the status with the Location.
func askPath(t *testing.T, s *Site, scheme, host, target string) string {
	t.Helper()
	var conn net.Conn
	conn, err := net.Dial("tcp", s.HTTP)
	if scheme == "https" {
		name, _, _ := strings.Cut(host, ":")
		conn, err = tls.Dial("tcp", s.HTTPS, &tls.Config{ServerName: name, InsecureSkipVerify: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", target, host)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return strings.TrimSpace(fmt.Sprint(answer.StatusCode, " ", answer.Header.Get("Location")))
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := echo.Parse(body)
	if err != nil {
		t.Fatalf("the answer to %s is no echo: %v", target, err)
	}
	return strings.TrimSpace(seen.Server + " " + seen.URI + " " + seen.Header("X-Forwarded-Prefix"))
}

type askedPath struct{ target, want string }

func askPaths(t *testing.T, s *Site, scheme, host string, list []askedPath) {
	t.Helper()
	for _, a := range list {
		if got := askPath(t, s, scheme, host, a.target); got != a.want {
			t.Errorf("%s://%s%s is %q, wanted is %q", scheme, host, a.target, got, a.want)
		}
	}
}

// TestRewrittenPaths has what nginx 1.22 sends for the same rewrites.
func TestRewrittenPaths(t *testing.T) {
	s := Start(t, Backend("one", Echo(t, "one"))+
		Ingress("plain", "plain.test", "one", nil)+
		Ingress("groups", "groups.test", "one", []string{"rewrite-target: /$1", "x-forwarded-prefix: /$2"}, "/e/(.*)", "/(two)/()")+
		Ingress("bare", "bare.test", "one", []string{"rewrite-target: $1"}, "/n(/.*)", "/no/(x)")+
		Ingress("same", "same.test", "one", []string{"rewrite-target: /same"}, "/same")+
		Ingress("host", "host.test", "one", []string{"rewrite-target: /$host/$1"}, "/h/(.*)")+
		Ingress("url", "url.test", "one", []string{"rewrite-target: https://x.test/$1"}, "/r/(.*)")+
		Ingress("alternatives", "alternatives.test", "one", []string{"rewrite-target: /got-$1"}, "/alt|/other/(x)")+
		Ingress("backslash", "backslash.test", "one", []string{"use-regex: 'true'"}, `/one\d`, `/two\\d`, `/four\\\\d`)+
		Ingress("blank", "blank.test", "one", []string{"use-regex: 'true'"}, `/a b%c`),
		"http://plain.test/")
	askPaths(t, s, "http", "groups.test", []askedPath{
		{"/e/a%20b", "one /a%20b /"},
		{"/e/a%22b%3C%3E%5C%5E%60%7B%7C%7D", "one /a%22b%3C%3E%5C%5E%60%7B%7C%7D /"},
		{"/e/a%23b%3Fc%25d", "one /a%23b%3Fc%25d /"},
		{"/e/%c3%a4", "one /%C3%A4 /"},
		{"/e/a+b", "one /a+b /"},
		{"/e/a%2Fb//c/./d/../e", "one /a/b/c/e /"},
		{"/e/a%0Ab", "one /a /"},
		{"/e/%7F%01", "one /%7F%01 /"},
		{"/e/!$&'()*+,;=:@[]~", "one /!$&'()*+,;=:@[]~ /"},
		{"/E/X?", "one /X /"},
		{"/e/?a=%20", "one /?a=%20 /"},
		{"/e/a;b?x?y", "one /a;b?x?y /"},
		{"/two/", "one /two /"},
		{"/three", "404"},
	})
	askPaths(t, s, "http", "bare.test", []askedPath{{"/n/x", "one /x"}, {"/no/x", "one /x"}})
	askPaths(t, s, "http", "same.test", []askedPath{{"/same/x", "one /same"}, {"/same", "one /same"}, {"/samesame", "one /samesame"}})
	askPaths(t, s, "http", "host.test", []askedPath{{"/h/x", "one /host.test/x"}})
	askPaths(t, s, "http", "url.test", []askedPath{{"/r/a%20b?x=1", "302 https://x.test/a%20b?x=1"}, {"/r/x?", "302 https://x.test/x"}})
	askPaths(t, s, "http", "alternatives.test", []askedPath{{"/alt", "one /got-"}, {"/zz/other/x", "one /got-x"}})
	askPaths(t, s, "http", "backslash.test", []askedPath{
		{"/one1", "one /one1"}, {"/two2", "one /two2"}, {"/twod", "404"}, {"/four4", "404"}, {`/four\d`, `one /four\d`},
	})
	askPaths(t, s, "http", "blank.test", []askedPath{{"/A%20b%25c/x", "one /A%20b%25c/x"}, {"/a", "404"}})
	askPaths(t, s, "http", "plain.test", []askedPath{{"/e/x", "one /e/x"}})
}

// TestBrokenExpression closes what begins with its text, and nothing else, not even of the same Ingress.
func TestBrokenExpression(t *testing.T) {
	backend := Backend("one", Echo(t, "one"))
	plain := Ingress("plain", "plain.test", "one", nil)
	s := Start(t, backend+plain, "http://plain.test/")
	s.Write(backend + plain +
		Ingress("broken", "broken.test", "one", []string{"use-regex: 'true'"}, "/bad(", "/good[0-9]", "/worse[z-a]", "/") +
		Ingress("other", "other.test", "one", []string{"use-regex: 'true'"}, "/bad(", "/fine"))
	s.Await(func() bool { return s.Status("http://other.test/fine") == http.StatusOK })
	askPaths(t, s, "http", "broken.test", []askedPath{
		{"/good1", "one /good1"}, {"/bad(", "503"}, {"/BAD(x", "503"}, {"/worse[z-a]", "503"}, {"/bad", "one /bad"}, {"/", "one /"},
	})
	askPaths(t, s, "http", "other.test", []askedPath{{"/fine", "one /fine"}, {"/bad(", "503"}, {"/bad", "404"}})
	if log := s.Log(); !strings.Contains(log, "/bad(") || !strings.Contains(log, "parenthesis") {
		t.Errorf("nothing says why the path is closed:\n%s", log)
	}
	// the verdict stays when something else changes, and goes with the path
	s.Write(backend + plain + Ingress("broken", "broken.test", "one", []string{"use-regex: 'true'"}, "/mended", "/worse[z-a]"))
	s.Await(func() bool { return s.Status("http://broken.test/mended") == http.StatusOK })
	s.Await(func() bool { return s.Status("http://broken.test/bad(") == http.StatusNotFound }) // the old worker is gone
	askPaths(t, s, "http", "broken.test", []askedPath{{"/worse[z-a]", "503"}})
}

// TestExpressionsOfOneHost: neither the order of the Ingresses nor other hosts matter.
func TestExpressionsOfOneHost(t *testing.T) {
	s := Start(t, Backend("one", Echo(t, "one"))+Backend("two", Echo(t, "two"))+
		Ingress("plain", "plain.test", "one", nil)+
		Ingress("catch-all", "all.test", "two", []string{"use-regex: 'true'"}, "/.*")+
		Ingress("first", "mixed.test", "one", []string{"use-regex: 'true'"}, "/a.*", "/b/x.z")+
		Ingress("second", "mixed.test", "two", nil, "/abc", "/dir/", "/b/x.zz/q")+
		Ingress("wildcard", "*.wild.test", "one", []string{"use-regex: 'true'"}, `/v\d`), "http://plain.test/")
	askPaths(t, s, "http", "plain.test", []askedPath{{"/zzz", "one /zzz"}})
	askPaths(t, s, "http", "all.test", []askedPath{{"/anything", "two /anything"}})
	askPaths(t, s, "http", "mixed.test", []askedPath{
		{"/abc", "two /abc"}, {"/abd", "one /abd"}, {"/dir/x", "two /dir/x"}, {"/dir", "404"}, {"/B/XYZ", "one /B/XYZ"},
		{"/b/x-zz/q", "two /b/x-zz/q"}, {"/c", "404"}, {"/%61bc", "two /%61bc"}, {"//abc", "two //abc"},
	})
	askPaths(t, s, "http", "a.wild.test", []askedPath{{"/V1", "one /V1"}, {"/v", "404"}})
	before := strings.Count(s.Log(), "Configuration is live")
	s.Write(Backend("one", Echo(t, "one")) + Backend("two", Echo(t, "two2")) +
		Ingress("plain", "plain.test", "one", nil) +
		Ingress("catch-all", "all.test", "two", []string{"use-regex: 'true'"}, "/.*"))
	s.Await(func() bool { return s.Status("http://mixed.test/abc") == http.StatusNotFound })
	askPaths(t, s, "http", "all.test", []askedPath{{"/anything", "two2 /anything"}})
	// HAProxy checks expressions only when it loads them
	s.Await(func() bool { return strings.Count(s.Log(), "Configuration is live") > before })
}

// TestOddExpressions: whatever a path is, the other hosts are served, and its own is rewritten, closed or not found.
func TestOddExpressions(t *testing.T) {
	manifests := Backend("one", Echo(t, "one")) + Ingress("plain", "plain.test", "one", nil)
	odd := []string{
		`/\Q(.*)`, `/(?#`, `/a(?x) # (.*)`, `/[`, `/(?i)x(.*)`, `/b\`, `/a{1`, `/*x`, `/(*UTF)x`, `/(?<n>a)\k<n>`, `/(a)\1(.*)`, `/)(`, `/(?R)`, `/%(.*)`,
		`/"'#$x`, `/a|(.*)`, `/(?=x)`, `/\z`, `/((((((((((x))))))))))`, `/(` + strings.Repeat("a?", 400) + `)`, `/` + strings.Repeat(`\\.`, 450),
	}
	for i, path := range odd {
		manifests += Ingress(fmt.Sprintf("odd%d", i), fmt.Sprintf("odd%d.test", i), "one", []string{"rewrite-target: /new/$1"}, path)
	}
	manifests += Ingress("beside", "beside.test", "one", []string{"rewrite-target: /new/$1"}, `/z\\Q(.*)`, "/fine/(.*)")
	s := Start(t, manifests, "http://plain.test/")
	askPaths(t, s, "http", "plain.test", []askedPath{{"/x", "one /x"}})
	askPaths(t, s, "http", "beside.test", []askedPath{{"/fine/x", "one /new/x"}, {`/z\Q(.*)`, "503"}, {"/z", "404"}})
	for i, path := range odd {
		got := askPath(t, s, "http", fmt.Sprintf("odd%d.test", i), "/xyz")
		if got != "404" && got != "503" && !strings.HasPrefix(got, "one /new/") {
			t.Errorf("the path %s makes of /xyz: %q", path, got)
		}
	}
	askPaths(t, s, "http", "odd10.test", []askedPath{{"/aab", "one /new/a"}})
}
