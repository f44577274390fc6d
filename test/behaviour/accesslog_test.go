package behaviour

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestAccessLog reads the line of a request in both forms: it names the Ingress, the Service and the server.
func TestAccessLog(t *testing.T) {
	backend := Echo(t, "echo")
	manifests := Backend("echo", backend) + Ingress("web", "log.test", "echo", nil)
	line := func(s *Site, part string) string {
		var found string
		s.Await(func() bool {
			for l := range strings.Lines(s.Log()) {
				if strings.Contains(l, part) {
					found = l
				}
			}
			return found != ""
		})
		return found
	}
	ask := func(s *Site) {
		request, err := http.NewRequest(http.MethodPut, `http://log.test/a%22b?q="x"`, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.URL.RawQuery = `mark=1&q="x"`
		answer, err := s.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}

	s := Start(t, manifests, "http://log.test/", "--access-log", "json")
	ask(s)
	var got map[string]any
	if err := json.Unmarshal([]byte(line(s, "mark=1")), &got); err != nil {
		t.Fatal(err)
	}
	host, port, _ := strings.Cut(backend, ":")
	for name, want := range map[string]any{
		"client": "127.0.0.1", "method": "PUT", "host": "log.test", "uri": `/a%22b?mark=1&q="x"`, "status": 200.0,
		"namespace": "default", "ingress": "web", "service": "echo", "service_port": "80", "upstream": host, "upstream_port": port,
		"protocol": "HTTP/1.1", "retries": "0",
	} {
		if got[name] != want {
			t.Errorf("%s is %#v, wanted is %#v", name, got[name], want)
		}
	}
	for _, name := range []string{"time", "bytes", "request_ms", "connect_ms", "response_ms", "total_ms"} {
		if got[name] == nil || got[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}

	s = Start(t, manifests, "http://log.test/")
	ask(s)
	for _, part := range []string{`"PUT"`, `"log.test"`, "ingress=default/web", "service=echo:80", "upstream=" + backend, " 200 "} {
		if l := line(s, "mark=1"); !strings.Contains(l, part) {
			t.Errorf("the line %q lacks %q", l, part)
		}
	}
}

// TestLogFormat: the line that the operator writes, with variables of nginx.
func TestLogFormat(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+Ingress("web", "shop.test", "app", nil)+
		settings(`log-format-escape-json: "true"`, `log-format-upstream: '{"a":"$remote_addr","r":"$request","s":$status,"t":$request_time,"u":"$upstream_response_time","h":"$http_x_mark","n":"$proxy_upstream_name","i":"${ingress_name}","id":"$req_id","w":"$time_iso8601"}'`),
		"http://shop.test/", "--configmap", "default/settings")
	status(t, s.Client(), "http://shop.test/delay/1?a", `X-Mark: say "mark"`, "X-Request-ID: 7")
	var line struct {
		A, R, U, H, N, I, ID, W string
		S                       int
		T                       float64
	}
	s.Await(func() bool {
		for text := range strings.Lines(s.Log()) {
			if _, object, ok := strings.Cut(text, `{"a":`); ok && strings.Contains(object, "mark") {
				return json.Unmarshal([]byte(`{"a":`+object), &line) == nil
			}
		}
		return false
	})
	if line.A != "127.0.0.1" || line.R != "GET /delay/1?a HTTP/1.1" || line.S != 200 || line.H != `say "mark"` || line.N != "default-app-80" || line.I != "web" || line.ID != "7" {
		t.Errorf("the line is %+v", line)
	}
	if line.T < 0.9 || line.T > 9 || !strings.HasPrefix(line.U, "1.") || !strings.HasSuffix(line.W, "+00:00") {
		t.Errorf("the times are %v, %s, %s", line.T, line.U, line.W)
	}
}
