package behaviour

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/fcgi"
	"strings"
	"testing"
)

// application speaks FastCGI and answers with its name, the parameters that are no part of the request, and the request.
func application(t *testing.T, name string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		_ = fcgi.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			seen := fcgi.ProcessEnv(r)
			maps.Copy(seen, map[string]string{
				"APPLICATION": name, "METHOD": r.Method, "URI": r.URL.RequestURI(), "HOST": r.Host, "BODY": string(body),
				"FORWARDED": r.Header.Get("X-Forwarded-For"), "PROXY": r.Header.Get("Proxy"), "SECURE": fmt.Sprint(r.TLS != nil),
			})
			w.Header().Set("X-Application", name)
			if r.URL.Query().Get("status") != "" {
				w.WriteHeader(http.StatusTeapot)
			}
			_ = json.NewEncoder(w).Encode(seen)
		}))
	}()
	return l.Addr().String()
}

// askApplication sends a request and returns the status and what the application saw.
func askApplication(t *testing.T, s *Site, method, url, body string) (int, map[string]string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Forwarded-For", "6.6.6.6")
	request.Header.Set("Proxy", "6.6.6.6:80")
	client := s.Client()
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	seen := map[string]string{}
	_ = json.NewDecoder(answer.Body).Decode(&seen) // nothing if the application was not asked
	return answer.StatusCode, seen
}

// TestFastCGI: parameters, script names, bodies, statuses; other endpoints without a reload.
func TestFastCGI(t *testing.T) {
	t.Parallel()
	config := `---
apiVersion: v1
kind: ConfigMap
metadata: {name: params}
data: {SCRIPT_FILENAME: "/srv$fastcgi_script_name", WHERE: "$service_name at $request_uri, $uri", DOCUMENT_ROOT: /srv}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: where}
data: {WHERE: "$service_name at $request_uri, $uri"}
`
	const protocol = "backend-protocol: FCGI"
	ingresses := Ingress("web", "web.test", "app", []string{protocol, "fastcgi-index: index.php", "fastcgi-params-configmap: default/params"}) +
		Ingress("bare", "bare.test", "app", []string{protocol, "limit-rate: \"100000\""}) +
		Ingress("moved", "moved.test", "app", []string{protocol, "fastcgi-params-configmap: where", "rewrite-target: /new/$1"}, "/old/(.*)") +
		Ingress("closed", "closed.test", "app", []string{protocol, "fastcgi-params-configmap: none"})
	s := Start(t, config+ingresses+Backend("app", application(t, "one")), "http://bare.test/")
	for name, test := range map[string]struct {
		url  string
		want map[string]string
	}{
		"index": {"http://web.test/a%20b/?q=1", map[string]string{
			"SCRIPT_FILENAME": "/srv/a b/index.php", "DOCUMENT_ROOT": "/srv", "WHERE": "app at /a%20b/?q=1, /a b/",
			"URI": "/a%20b/?q=1", "HOST": "web.test", "FORWARDED": "127.0.0.1", "PROXY": "", "SECURE": "false", "REDIRECT_STATUS": "200",
		}},
		"script":  {"https://web.test/x.php", map[string]string{"SCRIPT_FILENAME": "/srv/x.php", "SECURE": "true", "REQUEST_SCHEME": "https"}},
		"bare":    {"http://bare.test/a/", map[string]string{"SCRIPT_FILENAME": "/etc/nginx/html/a/", "DOCUMENT_ROOT": "/etc/nginx/html", "WHERE": ""}},
		"rewrite": {"http://moved.test/old/x?y", map[string]string{"SCRIPT_FILENAME": "/etc/nginx/html/new/x", "WHERE": "app at /old/x?y, /new/x", "URI": "/old/x?y"}},
	} {
		status, seen := askApplication(t, s, "POST", test.url, "a body")
		if status != 200 || seen["BODY"] != "a body" || seen["METHOD"] != "POST" {
			t.Errorf("%s: %d, %s %q", name, status, seen["METHOD"], seen["BODY"])
		}
		for key, want := range test.want {
			if seen[key] != want {
				t.Errorf("%s: %s is %q, want %q", name, key, seen[key], want)
			}
		}
	}
	if status, _ := askApplication(t, s, "GET", "http://web.test/?status=418", ""); status != http.StatusTeapot {
		t.Errorf("the application's status arrives as %d", status)
	}
	if status, _ := askApplication(t, s, "GET", "http://closed.test/", ""); status != 503 {
		t.Errorf("without its ConfigMap: %d", status)
	}
	before := strings.Count(s.Log(), "Configuration is live")
	s.Write(config + ingresses + Backend("app", application(t, "two")))
	s.Await(func() bool {
		_, seen := askApplication(t, s, "GET", "http://web.test/", "")
		return seen["APPLICATION"] == "two"
	})
	if after := strings.Count(s.Log(), "Configuration is live"); after != before {
		t.Errorf("other endpoints cost %d reloads", after-before)
	}
}
