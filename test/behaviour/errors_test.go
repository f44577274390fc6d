package behaviour

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// pages is a service for errors: it answers with the status that it is told, and remembers what it was asked.
type pages struct {
	mu   sync.Mutex // guards seen
	seen []string
}

func startPages(t *testing.T) (*pages, string) {
	p := &pages{}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	return p, server.Listener.Addr().String()
}

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	told := fmt.Sprintf("%s %s code=%s uri=%s format=%s of=%s/%s/%s:%s host=%s cookie=%s body=%s", r.Method, r.URL, r.Header.Get("X-Code"), r.Header.Get("X-Original-URI"),
		r.Header.Get("X-Format"), r.Header.Get("X-Namespace"), r.Header.Get("X-Ingress-Name"), r.Header.Get("X-Service-Name"), r.Header.Get("X-Service-Port"), r.Host, r.Header.Get("Cookie"), body)
	p.mu.Lock()
	p.seen = append(p.seen, told)
	p.mu.Unlock()
	status, err := strconv.Atoi(r.Header.Get("X-Code"))
	if err != nil {
		status = http.StatusTeapot
	}
	w.Header().Set("X-Page", "yes")
	w.Header().Add("Set-Cookie", "a=1")
	w.Header().Add("Set-Cookie", "b=2")
	size, _ := strconv.Atoi(r.Header.Get("X-Size"))
	w.WriteHeader(status)
	fmt.Fprint(w, "page", strings.Repeat("x", size))
}

func (p *pages) last() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.seen) == 0 {
		return ""
	}
	return p.seen[len(p.seen)-1]
}

// send returns the status, whether the page was the answer, and how long the body is.
func send(t *testing.T, s *Site, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	client := s.Client()
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(data)
}

// TestErrorPages: the listed statuses are what the service for errors says, those of servers and Hawser's own.
func TestErrorPages(t *testing.T) {
	t.Parallel()
	p, address := startPages(t)
	list := []string{`custom-http-errors: "401,404,413,503"`, "default-backend: pages"}
	manifests := Backend("app", Echo(t, "app")) + Backend("pages", address) + "---\napiVersion: v1\nkind: Service\nmetadata: {name: empty}\nspec: {ports: [{port: 80}]}\n" +
		Ingress("web", "web.test", "app", append(list, `proxy-body-size: "10"`)) +
		Ingress("empty", "web.test", "empty", list, "/empty") +
		Ingress("own", "own.test", "app", append(list, `disable-proxy-intercept-errors: "true"`, "auth-type: basic", "auth-secret: users", "auth-realm: here"), "/private") +
		Ingress("open", "own.test", "app", append(list, `disable-proxy-intercept-errors: "true"`), "/open") +
		Ingress("stand", "stand.test", "empty", []string{"default-backend: app"}) +
		"---\napiVersion: v1\nkind: Secret\nmetadata: {name: users}\nstringData: {auth: \"alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\"}\n"
	s := Start(t, manifests, "http://web.test/")
	for name, test := range map[string]struct {
		method, url, body string
		status            int
		page              bool
		told              string // part of what the service is asked
	}{
		"of a server": {"GET", "http://web.test/status/404?a=b", "", 404, true,
			"GET /?a=b code=404 uri=/status/404?a=b format=text/plain of=default/web/app:80 host=web.test cookie=c=d body="},
		"with a body":       {"POST", "http://web.test/status/503", "hello", 503, true, "POST / code=503 uri=/status/503"},
		"whose body":        {"POST", "http://web.test/status/404", "hello", 404, true, "body=hello"},
		"head":              {"HEAD", "http://web.test/status/404", "", 404, true, "HEAD / code=404"},
		"not listed":        {"GET", "http://web.test/status/500", "", 500, false, ""},
		"no error":          {"GET", "http://web.test/", "", 200, false, ""},
		"too large":         {"POST", "http://web.test/", "0123456789+", 413, true, "code=413"},
		"no endpoints":      {"GET", "http://web.test/empty/a", "", 503, true, "GET / code=503 uri=/empty/a"},
		"own":               {"GET", "http://own.test/private", "", 401, true, "code=401"},
		"not of a server":   {"GET", "http://own.test/open/status/404", "", 404, false, ""},
		"longer than fits":  {"GET", "http://web.test/status/404?long", "", 404, false, ""},
		"as long as it may": {"GET", "http://web.test/status/404?fits", "", 404, true, ""},
	} {
		headers := []string{"Accept: text/plain", "Cookie: c=d"}
		if strings.HasSuffix(test.url, "?long") {
			headers = append(headers, "X-Size: 40000")
		} else if strings.HasSuffix(test.url, "?fits") {
			headers = append(headers, "X-Size: 35000")
		}
		answer, body := send(t, s, test.method, test.url, test.body, headers...)
		if answer.StatusCode != test.status || (answer.Header.Get("X-Page") == "yes") != test.page {
			t.Errorf("%s: %d, page %q, want %d, %v", name, answer.StatusCode, answer.Header.Get("X-Page"), test.status, test.page)
		}
		if test.page && len(answer.Header.Values("Set-Cookie")) != 2 {
			t.Errorf("%s: the cookies of the page are %q", name, answer.Header.Values("Set-Cookie"))
		}
		if test.page && test.method != "HEAD" && !strings.HasPrefix(body, "page") {
			t.Errorf("%s: the body is %.100q", name, body)
		}
		if test.page && !strings.Contains(p.last(), test.told) {
			t.Errorf("%s: the service is asked %q, want %q in it", name, p.last(), test.told)
		}
	}
	answer, _ := send(t, s, "GET", "http://own.test/private", "")
	if got := answer.Header.Get("WWW-Authenticate"); got != `Basic realm="here"` {
		t.Errorf("the challenge beside the page is %q", got)
	}
	answer, seen := request(t, s.Client(), "http://stand.test/a?b=c")
	if answer.StatusCode != 200 || seen.URI != "/a?b=c" || seen.Header("X-Code") != "503" || seen.Header("X-Service-Name") != "empty" {
		t.Errorf("for a Service without endpoints: %d, %s, X-Code %q, X-Service-Name %q", answer.StatusCode, seen.URI, seen.Header("X-Code"), seen.Header("X-Service-Name"))
	}
}

// TestErrorPagesOfSettings: the ConfigMap's list is for every route, answered by the service of the flag; one that is gone
// leaves errors as they are.
func TestErrorPagesOfSettings(t *testing.T) {
	t.Parallel()
	p, address := startPages(t)
	manifests := Backend("app", Echo(t, "app")) + Ingress("web", "web.test", "app", nil) + settings(`custom-http-errors: "404,500"`)
	s := Start(t, manifests+Backend("pages", address), "http://web.test/", "--configmap", "default/settings", "--default-backend-service", "default/pages")
	answer, _ := send(t, s, "GET", "http://web.test/status/500", "")
	if answer.StatusCode != 500 || answer.Header.Get("X-Page") != "yes" || !strings.Contains(p.last(), "code=500 uri=/status/500") {
		t.Errorf("%d, page %q, asked %q", answer.StatusCode, answer.Header.Get("X-Page"), p.last())
	}
	s.Write(manifests + Backend("pages", "127.0.0.1:1")) // nobody listens there
	s.Await(func() bool {
		answer, _ := send(t, s, "GET", "http://web.test/status/500", "")
		if answer.StatusCode != 500 {
			t.Fatalf("without the service the status is %d", answer.StatusCode)
		}
		return answer.Header.Get("X-Page") == ""
	})
}

// TestStandInComesAndGoes without a reload.
func TestStandInComesAndGoes(t *testing.T) {
	t.Parallel()
	app, other := Backend("app", Echo(t, "app")), Backend("other", Echo(t, "other"))
	rest := other + Ingress("web", "web.test", "app", []string{"default-backend: other"})
	s := Start(t, app+rest, "http://web.test/")
	who := func() string {
		_, seen := request(t, s.Client(), "http://web.test/")
		return seen.Server
	}
	if got := who(); got != "app" {
		t.Fatalf("%s serves", got)
	}
	service, _, _ := strings.Cut(app[4:], "---")
	s.Write("---\n" + service + rest)
	s.Await(func() bool { return who() == "other" })
	s.Write(app + rest)
	s.Await(func() bool { return who() == "app" })
	time.Sleep(50 * time.Millisecond)
	if n := strings.Count(s.Log(), "msg=Reload "); n != 0 {
		t.Errorf("%d reloads", n)
	}
}
