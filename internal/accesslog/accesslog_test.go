package accesslog

import (
	"net/http"
	"strings"
	"testing"
)

// lines are as the programs write them: ingress-nginx 1.11, HAProxy 2.6, Hawser.
func lines() []struct {
	format Format
	line   string
	want   Entry
} {
	return []struct {
		format Format
		line   string
		want   Entry
	}{
		{Nginx, `10.0.0.9 - - [24/Nov/2026:10:00:00 +0000] "GET /cart?x=1 HTTP/1.1" 200 612 "-" "curl/8.5.0" 78 0.002 [shop-web-80] [] 10.1.0.4:8080 612 0.002 200 0b2c1f3a`,
			Entry{Method: "GET", Target: "/cart?x=1", Upstream: "shop-web-80"}},
		{Nginx, `2001:db8::9 - alice [24/Nov/2026:10:00:00 +0000] "POST / HTTP/2.0" 503 0 "https://a.test/\x22" "x \x22y\x22" 78 0.002 [upstream-default-backend] [] - - - - 0b2c1f3a`,
			Entry{Method: "POST", Target: "/", Upstream: "upstream-default-backend"}},
		{Nginx, `10.0.0.9 - - [24/Nov/2026:10:00:00 +0000] "GET /a\x22b HTTP/1.1" 404 0 "-" "-" 78 0.0 [-] [] - - - - 0b`,
			Entry{Method: "GET", Target: `/a"b`}},
		{Nginx, `10.0.0.9 - - [24/Nov/2026:10:00:00 +0000] "GET /combined HTTP/1.1" 200 612 "-" "curl/8.5.0"`,
			Entry{Method: "GET", Target: "/combined"}},
		{JSON, `{"time":"2026-11-24","remote_addr":"10.0.0.9","request_method":"GET","vhost":"shop.test","request_uri":"/a?b","scheme":"https"}`,
			Entry{Method: "GET", Scheme: "https", Host: "shop.test", Target: "/a?b"}},
		{JSON, `2026-11-24T10:00:00Z stdout F {"request":"GET /x HTTP/1.1","host":"shop.test","ssl_protocol":"-","proxy_upstream_name":"shop-web-80","status":200}`,
			Entry{Method: "GET", Scheme: "http", Host: "shop.test", Target: "/x", Upstream: "shop-web-80"}},
		{JSON, `{"method":"GET","path":"/x","request_query":"a=1","host":"shop.test"}`,
			Entry{Method: "GET", Host: "shop.test", Target: "/x?a=1"}},
		{JSON, `{"time":"t","client":"127.0.0.1","client_port":1,"method":"HEAD","host":"log.test","uri":"/a%22b?mark=1&q=\"x\"","protocol":"HTTP/1.1","status":200,"tls":"TLSv1.3"}`,
			Entry{Method: "HEAD", Scheme: "https", Host: "log.test", Target: `/a%22b?mark=1&q="x"`}},
		{HAProxy, `Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in~ static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {10.1.2.3|shop.test:8443|curl/8.5.0} {} "GET /index.html HTTP/1.1"`,
			Entry{Method: "GET", Scheme: "https", Host: "shop.test:8443", Target: "/index.html"}},
		{HAProxy, `10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/<NOSRV> -1/-1/-1/-1/+109 503 +2750 - - SC-- 1/1/1/1/0 0/0 "GET https://shop.test/a#22b HTTP/2.0"`,
			Entry{Method: "GET", Scheme: "https", Host: "shop.test", Target: `/a"b`}},
		{Hawser, `127.0.0.1:41022 [24/Nov/2026:10:00:00.123] "PUT" "log.test" "/a%22b?mark=1&q=\"x\"" HTTP/1.1 200 512 ingress=default/web service=echo:80 upstream=127.0.0.1:9000 times=0/0/0/1/1 state=-- retries=0 tls=-`,
			Entry{Method: "PUT", Scheme: "http", Host: "log.test", Target: `/a%22b?mark=1&q="x"`}},
		{Hawser, `127.0.0.1:41022 [24/Nov/2026:10:00:00.123] "GET" - "/" HTTP/2.0 404 99 ingress=-/- service=-:- upstream=-:- times=0/-1/-1/-1/0 state=PR retries=0 tls=TLSv1.3`,
			Entry{Method: "GET", Scheme: "https", Target: "/"}},
	}
}

func TestLines(t *testing.T) {
	for _, c := range lines() {
		for _, f := range []Format{c.format, Auto} {
			if got, ok := f.Parse(c.line); !ok || got != c.want {
				t.Errorf("%s: %s\ngives  %+v, %v\nwanted %+v", f, c.line, got, ok, c.want)
			}
		}
	}
}

func TestWhatIsNoEntry(t *testing.T) {
	for _, line := range []string{
		`W1124 10:00:00.000000 7 controller.go:1108] Error obtaining Endpoints for Service`,
		`10.0.0.9 - - [24/Nov/2026:10:00:00 +0000] "\x16\x03\x01\x02" 400 150 "-" "-" 0 0.1 [] [] - - - - 0b`,
		`10.0.0.9 - - [24/Nov/2026:10:00:00 +0000] "OPTIONS * HTTP/1.1" 400 150 "-" "-" 0 0.1 [] [] - - - - 0b`,
		`10.0.0.9 - - [24/Nov/2026:10:00:00 +0000] "GET /a\x0d\x0ab HTTP/1.1" 400 150 "-" "-" 0 0.1 [] [] - - - - 0b`,
		`{"level":"info","msg":"GET /x HTTP/1.1"}`,
		`{"method":"GET","uri":"/x"`,
		`{"method":"GET","uri":"/x","host":"a b"}`,
		`10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in http-in/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>"`,
		`127.0.0.1:41022 [24/Nov/2026:10:00:00.123] tcp/1: Connection closed`,
	} {
		if e, ok := Auto.Parse(line); ok {
			t.Errorf("%s is taken for %+v", line, e)
		}
	}
}

func TestRead(t *testing.T) {
	long := strings.Repeat("x", maxLine+1)
	var got []string
	err := Read(strings.NewReader("{\"method\":\"GET\",\"uri\":\"/1\"}\r\n\nnothing\n"+long+"\n{\"method\":\"GET\",\"uri\":\"/5\"}"), JSON,
		func(number int, _ string, e Entry, ok bool) {
			if ok {
				got = append(got, e.Target)
			} else {
				got = append(got, string(rune('0'+number)))
			}
		})
	if err != nil || strings.Join(got, " ") != "/1 3 4 /5" {
		t.Errorf("read is %v, %v", got, err)
	}
}

// FuzzParse: whatever a line is, an entry can be sent as a request and means the same when it is read by a server.
func FuzzParse(f *testing.F) {
	for _, c := range lines() {
		f.Add(c.line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, format := range []Format{Auto, Nginx, JSON, HAProxy, Hawser} {
			e, ok := format.Parse(line)
			if !ok {
				if e != (Entry{}) && format == Auto {
					t.Errorf("no entry, but %+v", e)
				}
				continue
			}
			if strings.ContainsAny(e.Method+e.Host+e.Target, " \r\n\t\x00") || !strings.HasPrefix(e.Target, "/") {
				t.Fatalf("%s: %q gives %+v", format, line, e)
			}
			if e.Scheme != "" && e.Scheme != "http" && e.Scheme != "https" {
				t.Fatalf("scheme %q", e.Scheme)
			}
			if _, err := http.NewRequest(e.Method, "http://a.test/", nil); err != nil {
				t.Fatalf("%+v: %v", e, err)
			}
		}
	})
}
