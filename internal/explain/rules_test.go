package explain_test

import (
	"strings"
	"testing"
)

// snippetHosts have lines of nginx.
var snippetHosts = services + `---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: ingress}
data: {annotations-risk-level: Critical, allow-snippet-annotations: "true"}
` + snippetHost("tests", "configuration-snippet", `
if ($request_method !~ ^(GET|HEAD)$) { return 405; }
if ($http_team = one) { set $state A; }
if ($arg_b) { set $state "${state}B"; }
if ($state = AB) { return 418; }
if ($http_x_forwarded_proto = http) { return 301 https://$host$uri$is_args$args; }
if ($uri ~* "^/from/(.*)") { return 302 /to/$1; }
if ($arg_c = "") { set $c none; }
if ($c != none) { return 410; }
if ($remote_addr = 127.0.0.1) { break; }
return 500;`, "rewrite-target: /fixed") +
	snippetHost("paths", "configuration-snippet", `
rewrite ^/old/(.*)$ /new/$1 permanent;
rewrite ^/out/(.*)$ https://other.test/$1? redirect;
rewrite ^/with/(.*)$ /x?b=$1 redirect;
rewrite ^/api/(.*)$ /v1/$1 break;
rewrite ^/query/(.*)$ /q?from=$1 break;
rewrite ^/drop /d? break;
rewrite ^/here /below$uri break;
proxy_set_header X-One "$scheme $host";`, "force-ssl-redirect: 'true'") +
	snippetHost("denied", "configuration-snippet", "deny 10.0.0.0/8;\ndeny 127.0.0.0/8;\nallow all;") +
	snippetHost("admitted", "configuration-snippet", "allow 127.0.0.1;\ndeny all;") +
	snippetHost("places", "server-snippet", `
location = /robots.txt { return 200 no; }
location /metrics { deny all; }
location ~ \.php$ { deny all; }
if ($arg_b) { return 307 https://else.test$request_uri; }`)

func snippetHost(name, kind, lines string, more ...string) string {
	text := kind + ": |\n      " + strings.ReplaceAll(strings.TrimSpace(lines), "\n", "\n      ")
	return secured(name, name+".test", append(more, text)...)
}

// TestSnippetsAgreeWithHAProxy has statements, address rules and locations.
func TestSnippetsAgreeWithHAProxy(t *testing.T) {
	s := serve(t, fixtures(t), snippetHosts)
	paths := []string{"/", "/?b=1", "/?c=1", "/?c=0&b=0", "/from/x%20y?z", "/FROM/x", "/old/a%2Fb%20c?d=e", "/out/x?d", "/with/x?d=e", "/with/x", "/api/a%20b?c",
		"/query/a?d=e", "/drop?x", "/here/a%20%25b?c", "/robots.txt", "/robots.txt?b=1", "/metrics", "/metricsx", "/a.php", "/a.php5", "/metrics/a.php"}
	for _, host := range []string{"tests", "paths", "denied", "admitted", "places"} {
		for _, path := range paths {
			for _, q := range []question{
				{url: "http://" + host + ".test" + path}, {url: "https://" + host + ".test" + path},
				{url: "https://" + host + ".test" + path, header: "Team: one"}, {url: "https://" + host + ".test" + path, method: "DELETE"},
				{url: "http://" + host + ".test" + path, header: "X-Forwarded-Proto: http"}, {url: "http://" + host + ".test" + path, header: "X-Forwarded-Proto: https"},
			} {
				t.Run(q.String(), func(t *testing.T) { s.compare(t, q) })
			}
		}
	}
}
