package behaviour

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// teller answers with method, URI and the headers of the request that are named by X-Tell, and sends some headers.
func teller(t *testing.T) string {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Powered-By", "teller")
		w.Header().Set("X-Internal", "secret")
		w.Header().Set("X-Set", "server")
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprintf(w, "%s %s", r.Method, r.RequestURI)
		for name := range strings.SplitSeq(r.Header.Get("X-Tell"), ",") {
			if values := r.Header.Values(name); len(values) > 0 {
				fmt.Fprintf(w, " %s=%s", name, strings.Join(values, "+"))
			}
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// snippetIngress has lines as an annotation.
func snippetIngress(name, kind, lines string, more ...string) string {
	annotation := kind + ": |\n      " + strings.ReplaceAll(strings.TrimSpace(lines), "\n", "\n      ")
	return Ingress(name, name+".test", "one", append([]string{annotation}, more...))
}

const snippetSettings = `---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default}
data:
  annotations-risk-level: Critical
  allow-snippet-annotations: "true"
`

// exchange is a request with what is expected of its answer: "status body", and headers, "Name=value" or "Name" for none.
type exchange struct {
	method, url string
	headers     []string // "Name: value"
	want        string
	answer      []string
}

func exchanges(t *testing.T, s *Site, list []exchange) {
	t.Helper()
	client := s.Client()
	defer client.CloseIdleConnections()
	for _, a := range list {
		method := a.method
		if method == "" {
			method = "GET"
		}
		request, err := http.NewRequest(method, a.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range a.headers {
			name, value, _ := strings.Cut(h, ": ")
			request.Header.Add(name, value)
		}
		what := fmt.Sprintf("%s %s %q", method, a.url, a.headers)
		answer, err := client.Do(request)
		if err != nil {
			if a.want != "no answer" {
				t.Errorf("%s: %v", what, err)
			}
			continue
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		got := fmt.Sprint(answer.StatusCode)
		if to := answer.Header.Get("Location"); to != "" {
			got += " " + to
		} else if !strings.HasPrefix(string(body), "<html>") && len(body) > 0 {
			got += " " + string(body)
		}
		if got != a.want {
			t.Errorf("%s is %q, want %q", what, got, a.want)
		}
		for _, h := range a.answer {
			name, value, present := strings.Cut(h, "=")
			values := answer.Header.Values(name)
			if present && !slices.Equal(values, strings.Split(value, "+")) || !present && len(values) > 0 {
				t.Errorf("%s: header %s is %q, want %q", what, name, values, value)
			}
		}
	}
}

func TestSnippetHeaders(t *testing.T) {
	s := Start(t, snippetSettings+Backend("one", teller(t))+
		snippetIngress("answer", "configuration-snippet", `
more_set_headers "X-Set: controller" "X-Uri: $request_uri";
more_set_headers -s "404 403" "X-Status: bad";
more_set_headers -t "text/plain" "X-Type: plain";
more_set_headers -t "text/html" "X-Page: 1";
more_clear_headers "X-Powered-*";
proxy_hide_header X-Internal;
add_header X-Add $http_x_a;
add_header X-Always "$own" always;
set $own "value of $arg_a";
if ($arg_block = 1) { add_header X-If 1; }
if ($arg_other = 1) { set $x 1; }
if ($arg_refused) { return 403; }`)+
		snippetIngress("request", "configuration-snippet", `
proxy_set_header X-One "$scheme $host";
proxy_set_header X-Forwarded-Proto custom;
proxy_set_header X-None "";
proxy_set_header X-Twice a;
proxy_set_header X-Twice b;
more_set_input_headers "X-Input: in" "X-Gone:";
more_set_input_headers -r "X-There: changed";
more_clear_input_headers "X-Secret-*";`), "http://answer.test/", "--configmap", "default/settings")
	exchanges(t, s, []exchange{
		{url: "http://answer.test/p?a=1", headers: []string{"X-A: b"}, want: "200 GET /p?a=1", answer: []string{
			"X-Set=controller", "X-Uri=/p?a=1", "X-Status", "X-Type=plain", "X-Page", "X-Powered-By", "X-Internal", "X-Add=b", "X-Always=value of 1", "X-If"}},
		{url: "http://answer.test/missing", headers: []string{"X-A: b"}, want: "404 GET /missing", answer: []string{"X-Status=bad", "X-Add", "X-Always=value of"}},
		{url: "http://answer.test/", want: "200 GET /", answer: []string{"X-Add"}},
		{url: "http://answer.test/?block=1", headers: []string{"X-A: b"}, want: "200 GET /?block=1", answer: []string{"X-If=1", "X-Add", "X-Always", "X-Set=controller"}},
		{url: "http://answer.test/?block=1&other=1", headers: []string{"X-A: b"}, want: "200 GET /?block=1&other=1", answer: []string{"X-If", "X-Add=b"}},
		{url: "http://answer.test/?refused=1", want: "403", answer: []string{"X-Status=bad", "X-Page=1", "X-Set=controller", "X-Always=value of"}},
		{url: "http://answer.test/?refused=0", want: "200 GET /?refused=0"},
		{url: "http://request.test/", headers: []string{"X-Tell: X-One,X-Forwarded-Proto,X-None,X-Twice,X-Input,X-Gone,X-There,X-Secret-Key", "X-One: client",
			"X-None: client", "X-Gone: client", "X-There: client", "X-Secret-Key: client"},
			want: "200 GET / X-One=http request.test X-Forwarded-Proto=http+custom X-Twice=a+b X-Input=in X-There=changed"},
	})
}

func TestSnippetStatements(t *testing.T) {
	s := Start(t, snippetSettings+Backend("one", teller(t))+
		snippetIngress("tests", "configuration-snippet", `
if ($request_method !~ ^(GET|HEAD|POST)$) { return 405; }
if ($http_user_agent ~* "evil(bot)?/(\d+)") { return 403 "$1 $2"; }
if ($http_x_empty = "") { set $state A; }
if ($http_x_two != two) { set $state "${state}B"; }
if ($state = AB) { return 418; }
if ($http_x_close) { return 444; }
if ($request_uri ~ "^/from/([^?]*)") { return 302 /to/$1; }
if ($host = other.test) { return 500; }
if ($http_x_none !~ ^$) { return 410; }
if ($cookie_stop = 1) { break; }
if ($http_x_late) { return 409; }
if ($http_x_forwarded_proto = http) { return 301 https://$host$uri$is_args$args; }`)+
		snippetIngress("rewrites", "configuration-snippet", `
rewrite ^/old/(.*)$ /new/$1 permanent;
rewrite ^/out/(.*)$ https://other.test/$1? redirect;
rewrite ^/with/(.*)$ /x?b=$1 redirect;
rewrite ^/api/(.*)$ /v1/$1 break;
rewrite ^/query/(.*)$ /q?from=$1 break;
rewrite ^/drop /d? break;
if ($arg_last) { return 400; }`)+
		snippetIngress("texts", "configuration-snippet", `
default_type text/plain;
return 200 "ok $remote_addr\n";`, "force-ssl-redirect: 'true'")+
		snippetIngress("empty", "configuration-snippet", "return 204;")+
		snippetIngress("odd", "configuration-snippet", "return 418;"), "http://tests.test/", "--configmap", "default/settings")
	two := "X-Two: two"
	exchanges(t, s, []exchange{
		{url: "http://tests.test/", headers: []string{two}, want: "200 GET /"},
		{url: "http://tests.test/", want: "418"},
		{method: "PUT", url: "http://tests.test/", headers: []string{two}, want: "405"},
		{url: "http://tests.test/", headers: []string{two, "User-Agent: a EvilBot/12 b"}, want: "403 Bot 12", answer: []string{"Content-Type=text/html"}},
		{url: "http://tests.test/", headers: []string{two, "User-Agent: evil/3"}, want: "403  3"},
		{url: "http://tests.test/", headers: []string{two, "X-Close: 1"}, want: "no answer"},
		{url: "http://tests.test/from/a%20b?c", headers: []string{two}, want: "302 http://tests.test/to/a%20b"},
		{url: "http://tests.test/", headers: []string{two, "X-None: 1"}, want: "410"},
		{url: "http://tests.test/", headers: []string{two, "X-Late: 1"}, want: "409"},
		{url: "http://tests.test/", headers: []string{two, "X-Late: 1", "Cookie: stop=1"}, want: "200 GET /"},
		{url: "http://tests.test/a?b", headers: []string{two, "X-Forwarded-Proto: http"}, want: "301 https://tests.test/a?b"},
		{url: "http://tests.test/a?", headers: []string{two, "X-Forwarded-Proto: http"}, want: "301 https://tests.test/a"},
		{url: "http://tests.test/a", headers: []string{two, "X-Forwarded-Proto: https"}, want: "200 GET /a"},
		{url: "http://rewrites.test/old/a%2Fb%20c?d=e", want: "301 http://rewrites.test/new/a/b%20c?d=e"},
		{url: "http://rewrites.test/out/x?d=e", want: "302 https://other.test/x"},
		{url: "http://rewrites.test/with/x?d=e", want: "302 http://rewrites.test/x?b=x&d=e"},
		{url: "http://rewrites.test/with/x", want: "302 http://rewrites.test/x?b=x"},
		{url: "http://rewrites.test/api/a%20b?last=1", want: "200 GET /v1/a%20b?last=1"},
		{url: "http://rewrites.test/query/a?d=e", want: "200 GET /q?from=a&d=e"},
		{url: "http://rewrites.test/drop?d=e", want: "200 GET /d"},
		{url: "http://rewrites.test/other?last=1", want: "400"},
		{url: "http://texts.test/", want: "200 ok 127.0.0.1\n", answer: []string{"Content-Type=text/plain"}},
		{url: "http://empty.test/", want: "204"},
		{url: "http://odd.test/", want: "418", answer: []string{"Content-Type"}},
	})
}

func TestSnippetAccess(t *testing.T) {
	s := Start(t, snippetSettings+Backend("one", teller(t))+
		snippetIngress("denied", "configuration-snippet", "deny 127.0.0.1;")+
		snippetIngress("first", "configuration-snippet", "allow 127.0.0.0/8;\ndeny all;")+
		snippetIngress("others", "configuration-snippet", "allow 10.0.0.0/8;\ndeny all;")+
		snippetIngress("host", "server-snippet", "deny all;")+
		snippetIngress("inner", "server-snippet", "deny all;", `configuration-snippet: "allow 127.0.0.1; deny all;"`)+
		snippetIngress("both", "configuration-snippet", "allow 127.0.0.1;", "denylist-source-range: 127.0.0.0/8")+
		snippetIngress("input", "configuration-snippet", `more_set_input_headers "Authorization: Basic dTpw";`, "auth-type: basic", "auth-secret: users")+`---
apiVersion: v1
kind: Secret
metadata: {name: users}
stringData: {auth: "u:{SHA}UWuXg/ylF+7L0dBk2i0WUxCxl1k="}
`, "http://denied.test/", "--configmap", "default/settings")
	exchanges(t, s, []exchange{
		{url: "http://denied.test/", want: "403"},
		{url: "http://first.test/", want: "200 GET /"},
		{url: "http://others.test/", want: "403"},
		{url: "http://host.test/", want: "403"},
		{url: "http://inner.test/", want: "200 GET /"},
		{url: "http://both.test/", want: "403"},
		{url: "http://input.test/", want: "200 GET /"}, // before the password is asked for
	})
}

func TestSnippetLocations(t *testing.T) {
	s := Start(t, snippetSettings+Backend("one", teller(t))+
		snippetIngress("plain", "server-snippet", `
location = /robots.txt { return 200 "no"; }
location /metrics { deny all; }
location ^~ /static { return 404; }
add_header X-Host 1;
if ($http_x_stop) { return 403; }`)+
		Ingress("shop", "shop.test", "one", []string{"server-snippet: 'if ($http_x_stop) { return 403; }'"}, "/shop")+
		snippetIngress("regex", "server-snippet", `
location ~ \.php$ { deny all; }
location ~* ^/(old|older)/(.*) { return 301 /new/$2; }
location = /exact.php { return 200 "exact"; }`)+
		Ingress("mode", "regex.test", "one", nil, "/foo", "/bar/")+
		snippetIngress("folded", "server-snippet", "location /start { return 404; }\nlocation = /same { return 200 same; }", "use-regex: 'true'"),
		"http://plain.test/", "--configmap", "default/settings")
	exchanges(t, s, []exchange{
		{url: "http://plain.test/", want: "200 GET /", answer: []string{"X-Host=1"}},
		{url: "http://plain.test/robots.txt", want: "200 no", answer: []string{"X-Host=1"}},
		{url: "http://plain.test/metrics", want: "403", answer: []string{"X-Host"}},
		{url: "http://plain.test/metricsfoo/x", want: "403"},
		{url: "http://plain.test/static/x", want: "404"},
		{url: "http://plain.test/metric", want: "200 GET /metric"},
		{url: "http://plain.test/robots.txt", headers: []string{"X-Stop: 1"}, want: "403"},
		{url: "http://shop.test/shop", headers: []string{"X-Stop: 1"}, want: "403"},
		{url: "http://shop.test/nothing", headers: []string{"X-Stop: 1"}, want: "403"},
		{url: "http://shop.test/nothing", want: "404"},
		{url: "http://regex.test/a.php", want: "403"},
		{url: "http://regex.test/a.PHP", want: "200 GET /a.PHP"},
		{url: "http://regex.test/exact.php", want: "200 exact"},
		{url: "http://regex.test/OLDER/x/y", want: "301 http://regex.test/new/x/y"},
		{url: "http://regex.test/foo/a.php", want: "403"},
		{url: "http://regex.test/foo", want: "200 GET /foo"},
		{url: "http://regex.test/bar", want: "301 http://regex.test/bar/"},
		{url: "http://folded.test/start", want: "200 GET /start"},
		{url: "http://folded.test/same", want: "200 same"},
	})
}

// TestSnippetsThatAreNotServed: a line that has no rule closes the route, unless the operator lets it; what protects
// closes it in any case.
func TestSnippetsThatAreNotServed(t *testing.T) {
	manifests := snippetSettings + Backend("one", teller(t)) +
		snippetIngress("unknown", "configuration-snippet", "add_header X-A 1;\nproxy_cache zone;") +
		snippetIngress("guard", "configuration-snippet", "auth_basic on;") +
		snippetIngress("chain", "configuration-snippet", "set $a $no_such;\nif ($a = 1) { return 403; }") +
		snippetIngress("broken", "configuration-snippet", "if ($host ~ \"(\") { return 403; }") +
		snippetIngress("brokenhost", "server-snippet", "location ~ ( { return 403; }") +
		Ingress("neighbour", "guardhost.test", "one", nil, "/neighbour") +
		snippetIngress("guardhost", "server-snippet", "auth_basic on;") +
		Ingress("fine", "fine.test", "one", nil)
	closed := func(more ...exchange) []exchange {
		var out []exchange
		for _, host := range []string{"guard", "chain", "broken", "brokenhost", "guardhost"} {
			out = append(out, exchange{url: "http://" + host + ".test/", want: "503"})
		}
		out = append(out, exchange{url: "http://guardhost.test/neighbour", want: "503"}, exchange{url: "http://fine.test/", want: "200 GET /"})
		return append(out, more...)
	}
	strict := Start(t, manifests, "http://fine.test/", "--configmap", "default/settings")
	exchanges(t, strict, closed(exchange{url: "http://unknown.test/", want: "503"}))
	partial := Start(t, manifests, "http://fine.test/", "--configmap", "default/settings", "--allow-partial-snippets")
	exchanges(t, partial, closed(exchange{url: "http://unknown.test/", want: "200 GET /", answer: []string{"X-A=1"}}))
	off := Start(t, strings.ReplaceAll(manifests, `allow-snippet-annotations: "true"`, `allow-snippet-annotations: "false"`), "http://fine.test/",
		"--configmap", "default/settings", "--allow-partial-snippets", "--allow-snippet-annotations")
	exchanges(t, off, []exchange{
		{url: "http://unknown.test/", want: "200 GET /", answer: []string{"X-A"}},
		{url: "http://guard.test/", want: "503"},
		{url: "http://chain.test/", want: "503"},
	})
}

// TestSnippetsOfTheConfigMap has lines around those of an Ingress, and lines for authentication services.
func TestSnippetsOfTheConfigMap(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Team") != "red" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	t.Cleanup(service.Close)
	s := Start(t, snippetSettings+`  http-snippet: |
    add_header X-Http 1;
    more_set_headers "X-More: http";
    map $host $mapped { default 1; }
  server-snippet: |
    if ($arg_stop) { return 403; }
    location = /server { return 418; }
  location-snippet: |
    if ($arg_teapot) { return 418; }
    more_set_headers "X-Where: location";
  global-auth-url: `+service.URL+`/
  global-auth-snippet: proxy_set_header X-Team $arg_team;
`+Backend("one", teller(t))+
		Ingress("plain", "plain.test", "one", nil)+
		snippetIngress("own", "configuration-snippet", "add_header X-Own 1;\nmore_set_headers \"X-More: own\";", "enable-global-auth: 'false'")+
		snippetIngress("asks", "auth-snippet", "proxy_set_header X-Team $arg_group;", "auth-url: "+service.URL+"/"),
		"http://own.test/", "--configmap", "default/settings")
	exchanges(t, s, []exchange{
		{url: "http://plain.test/?team=red", want: "200 GET /?team=red", answer: []string{"X-Http=1", "X-More=http", "X-Where=location"}},
		{url: "http://plain.test/?team=blue", want: "401", answer: []string{"X-Where=location"}},
		{url: "http://plain.test/?teapot=1", want: "418"},
		{url: "http://plain.test/?stop=1", want: "403"},
		{url: "http://plain.test/server", want: "418"},
		{url: "http://own.test/", want: "200 GET /", answer: []string{"X-Http", "X-Own=1", "X-More=own", "X-Where=location"}},
		{url: "http://asks.test/?group=red", want: "200 GET /?group=red"},
		{url: "http://asks.test/", headers: []string{"X-Team: red"}, want: "401"},
		{url: "http://asks.test/?team=red", want: "401"},
	})
}

// TestSnippetLimits: sizes, times and compression.
func TestSnippetLimits(t *testing.T) {
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(2 * time.Second)
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, strings.Repeat("long text ", 500))
	}))
	t.Cleanup(slow.Close)
	s := Start(t, snippetSettings+Backend("one", strings.TrimPrefix(slow.URL, "http://"))+
		snippetIngress("limits", "configuration-snippet", "client_max_body_size 10;\nproxy_read_timeout 1s;\nproxy_send_timeout 500ms;\ngzip on;\ngzip_types text/plain;\naccess_log off;")+
		snippetIngress("host", "server-snippet", "gzip on;\ngzip_types *;\naccess_log off;")+
		snippetIngress("usual", "server-snippet", "client_max_body_size 10;"), "http://limits.test/", "--configmap", "default/settings")
	client := s.Client()
	defer client.CloseIdleConnections()
	post := func(url string) int {
		answer, err := client.Post(url, "text/plain", strings.NewReader("more than ten bytes"))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		return answer.StatusCode
	}
	if got := []int{post("http://limits.test/"), post("http://usual.test/")}; !slices.Equal(got, []int{413, 200}) {
		t.Errorf("bodies are answered with %v", got)
	}
	if got := s.Status("http://limits.test/slow"); got != 504 {
		t.Errorf("a slow server is %d, want 504", got)
	}
	for host, want := range map[string]string{"limits": "gzip", "host": "gzip", "usual": ""} {
		request, err := http.NewRequest("GET", "http://"+host+".test/logged", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept-Encoding", "gzip")
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if got := answer.Header.Get("Content-Encoding"); got != want {
			t.Errorf("%s is encoded with %q, want %q", host, got, want)
		}
	}
	s.Await(func() bool { return strings.Contains(s.Log(), "/logged") })
	if log := s.Log(); strings.Contains(log, "limits:one") || strings.Contains(log, "host:one") {
		t.Errorf("a request of limits.test or host.test is logged:\n%s", log)
	}
}
