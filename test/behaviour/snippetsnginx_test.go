package behaviour

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// lined is a host with lines of a server and of its location, and the paths of its Ingress.
type lined struct {
	name, server, location string
	paths                  []string
}

func linedHosts() []lined {
	return []lined{
		{name: "headers", paths: []string{"/"}, server: `add_header X-Server 1;`, location: `
add_header X-Add $http_x_a;
add_header X-Always "$own" always;
set $own "value of $arg_a";
if ($arg_block = 1) { add_header X-If "$arg_block $own"; }
if ($arg_other = 1) { set $x 1; }
if ($arg_refused) { return 403; }
proxy_hide_header X-Internal;
proxy_set_header X-Own $own;`},
		{name: "inherited", paths: []string{"/"}, server: `
add_header X-Server "$host $request_uri";
if ($http_x_a = stop) { return 403; }
rewrite ^/gone/(.*) https://other.test/$1 permanent;
set $from server;`, location: `if ($from = server) { set $from "$from and location"; }
proxy_set_header X-Own $from;`},
		{name: "statements", paths: []string{"/"}, location: `
rewrite ^/old/(.*)$ /new/$1 permanent;
rewrite ^/out/(.*)$ https://other.test/$1? redirect;
rewrite ^/with/(.*)$ /x?b=$1 redirect;
rewrite ^/api/(.*)$ /v1/$1 break;
rewrite ^/query/(.*)$ /q?from=$1 break;
rewrite ^/drop /d? break;
rewrite ^/here /below$uri break;
if ($request_uri ~ "^/from/([^?]*)") { return 302 /to/$1; }
if ($arg_a = 1) { return 404; }
if ($arg_a = 2) { return 418; }
if ($arg_a = 4) { return 200 "text $host$uri$is_args$args"; }
if ($arg_a = 5) { return 204; }
if ($arg_a = 6) { return 503; }
if ($arg_a = 7) { return 308 https://$host$request_uri; }
if ($arg_a = 8) { break; }
if ($request_method !~ ^(GET|HEAD)$) { return 405; }
if ($http_x_none !~ ^$) { return 410; }
if ($http_x_a ~* "EVIL(bot)?/(\d+)") { return 403 "$1 $2"; }
if ($http_x_a != stop) { set $late 1; }
if ($arg_block) { set $late "${late}2"; }
if ($late = 12) { return 409; }`},
		{name: "access", paths: []string{"/", "/x"}, server: `deny all;`, location: `allow 127.0.0.0/8;
deny all;
if ($arg_block) { return 404; }`},
		{name: "locations", paths: []string{"/", "/foo", "/foo/bar", "/metrics/deep"}, server: `
add_header X-Server 1;
location = /exact { return 200 exact; }
location /metrics { deny all; }
location /foo/b { return 404; }
location ^~ /static { deny all; return 200 static; }`},
		{name: "expressions", paths: []string{"/", "/foo", "/foo/bar"}, server: `
location ~ \.php$ { deny all; }
location ~* ^/(old|older)/(.*) { return 301 /new/$2; }
location = /exact.php { return 200 exact; }
location ~ "^/foo/[a-c]" { return 404; }
location /plain { return 200 plain; }`},
	}
}

// nginxText is the host as ingress-nginx's template writes it: each Prefix is a location below the path, and one for the
// path itself.
func nginxText(h lined, upstream string) string {
	body := fmt.Sprintf("{ proxy_pass http://%s; proxy_set_header Host $host; proxy_set_header X-Tell $http_x_tell; %s }\n", upstream, h.location)
	text := fmt.Sprintf("server { listen 127.0.0.1:PORT; server_name %s.test; %s\n", h.name, h.server)
	for _, p := range h.paths {
		if p != "/" {
			text += "location = " + p + " " + body
			p += "/"
		}
		text += "location " + p + " " + body
	}
	return text + "}\n"
}

func linedNginx(t *testing.T, servers string) string {
	t.Helper()
	dir := t.TempDir()
	port := freePorts(t, 1)[0]
	text := "daemon off; worker_processes 1; pid nginx.pid; error_log error.log;\nevents {}\nhttp { access_log off; default_type text/html; port_in_redirect off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		text += fmt.Sprintf("%s_temp_path %s;\n", kind, filepath.Join(dir, kind))
	}
	text += strings.ReplaceAll(servers, "PORT", port) + "}\n"
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command("nginx", "-p", dir, "-e", "error.log", "-c", file)
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
	})
	address := "127.0.0.1:" + port
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return address
		}
		if time.Now().After(end) {
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Fatalf("nginx does not start: %v\n%s", err, log)
		}
	}
}

// TestSnippetsAgreeWithNginx sends the same requests to nginx, with the lines as they are, and to Hawser.
func TestSnippetsAgreeWithNginx(t *testing.T) {
	upstream := teller(t)
	manifests, servers := snippetSettings+Backend("one", upstream), ""
	for _, h := range linedHosts() {
		var annotations []string
		for kind, lines := range map[string]string{"configuration-snippet": h.location, "server-snippet": h.server} {
			if lines = strings.TrimSpace(lines); lines != "" {
				annotations = append(annotations, kind+": |\n      "+strings.ReplaceAll(lines, "\n", "\n      "))
			}
		}
		manifests += Ingress(h.name, h.name+".test", "one", annotations, h.paths...)
		servers += nginxText(h, upstream)
	}
	nginx := linedNginx(t, servers)
	s := Start(t, manifests, "http://headers.test/", "--configmap", "default/settings")
	targets := []string{"/", "/?a=v", "/?block=1", "/?block=1&other=1", "/?refused=1", "/missing", "/gone/x?y", "/old/a%2Fb%20c?d=e", "/out/x?d=e", "/with/x?d=e", "/with/x",
		"/api/a%20b?c", "/query/a?d=e", "/query/a", "/drop?d=e", "/here/a%20%25b?c", "/from/a%20b?c", "/?a=1", "/?a=2", "/?a=4", "/?a=5", "/?a=6", "/?a=7", "/?a=8&block=1",
		"/x", "/x/y", "/xy", "/exact", "/exact/", "/metrics", "/metricsx", "/metrics/deep", "/metrics/deep/x", "/foo", "/foo/", "/foo/b", "/foo/bar", "/foo/bar/b", "/foo/baz",
		"/static/x", "/a.php", "/a.PHP", "/exact.php", "/OLDER/x/y", "/foo/a", "/foo/d", "/plainly", "/foo.php", "/foo/bar/a.php"}
	for _, h := range linedHosts() {
		for _, target := range targets {
			for _, header := range []string{"", "X-A: b", "X-A: stop", "X-A: an evilbot/12", "X-None: 1"} {
				for _, method := range []string{"GET", "POST"} {
					url := "http://" + h.name + ".test" + target
					want, got := told(t, nginx, method, url, header), told(t, s.HTTP, method, url, header)
					if want != got {
						t.Errorf("%s %s %q: nginx says\n%s\nHawser\n%s", method, url, header, want, got)
					}
				}
			}
		}
	}
}

// told is an answer without what names the server.
func told(t *testing.T, address, method, url, header string) string {
	t.Helper()
	client := &http.Client{
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 20 * time.Second,
	}
	request, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Tell", "X-Own")
	if name, value, ok := strings.Cut(header, ": "); ok {
		request.Header.Set(name, value)
	}
	answer, err := client.Do(request)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	out := fmt.Sprintf("%d type=%s", answer.StatusCode, answer.Header.Get("Content-Type"))
	if !strings.HasPrefix(string(body), "<html>") {
		out += " " + string(body)
	}
	for _, name := range []string{"Location", "X-Server", "X-Add", "X-Always", "X-If", "X-Internal", "X-Set", "X-Powered-By"} {
		for _, value := range answer.Header.Values(name) {
			out += "\n" + name + ": " + value
		}
	}
	return out
}
