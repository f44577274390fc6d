package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// nginxConfig is the configuration that ingress-nginx's template makes of the
// host table, with its Lua parts in plain directives: the redirect to HTTPS and
// HSTS. Recordings of ingress-nginx 1.15 are what it was checked against.
type nginxConfig struct {
	dir       string // prefix; certificates and the configuration live here
	hosts     []Host
	secrets   map[string]authSecret
	upstream  *Upstream
	http, tls int
}

// write writes the certificate files and nginx.conf.
func (c *nginxConfig) write(server authSecret) error {
	files := map[string][]byte{"server.crt": server.cert, "server.key": server.key}
	for name, s := range c.secrets {
		if bundle := s.bundle(); bundle != nil {
			files[name+".ca.pem"] = bundle
		}
		if s.crl != nil {
			files[name+".crl.pem"] = s.crl
		}
	}
	files["nginx.conf"] = []byte(c.text())
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(c.dir, name), content, 0o600); err != nil {
			return fmt.Errorf("write nginx's files: %w", err)
		}
	}
	return nil
}

func (c *nginxConfig) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, nginxHead, c.dir, c.tls)
	catchAll := Host{Name: CatchAll}
	for _, h := range c.hosts {
		if h.Name == CatchAll {
			catchAll = h
			continue
		}
		c.server(&b, h, "")
	}
	c.server(&b, catchAll, " default_server")
	b.WriteString("}\n")
	return b.String()
}

const nginxHead = `
daemon off;
worker_processes 1;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 4096; }
http {
    access_log off;
    server_tokens off;
    client_body_temp_path %[1]s/body;
    proxy_temp_path %[1]s/proxy;
    fastcgi_temp_path %[1]s/fastcgi;
    uwsgi_temp_path %[1]s/uwsgi;
    scgi_temp_path %[1]s/scgi;
    server_names_hash_bucket_size 128;
    keepalive_timeout 75s;
    client_header_buffer_size 1k;
    large_client_header_buffers 4 8k;
    underscores_in_headers off;
    ignore_invalid_headers on;
    server_name_in_redirect off;
    port_in_redirect off;

    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:SSL:10m;
    ssl_session_timeout 10m;
    ssl_session_tickets off;
    ssl_prefer_server_ciphers on;
    ssl_ecdh_curve auto;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384;
    ssl_certificate server.crt;
    ssl_certificate_key server.key;

    map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
    map $http_host $best_http_host { default $http_host; '' $host; }
    map $http_x_request_id $req_id { default $http_x_request_id; '' $request_id; }
    map $server_port $pass_port { %[2]d 443; default $server_port; }
    map $scheme $hsts { https "max-age=31536000; includeSubDomains"; default ""; }
    map $scheme $redirect_to_https { http 1; default 0; }
    map $best_http_host $redirect_host { "~^(?<without_port>[^:]*)" $without_port; }
    map $request_uri $redirect_uri { "~^(?<without_slash>.*)/$" $without_slash; default $request_uri; }
`

// server writes the server block of a host.
func (c *nginxConfig) server(b *strings.Builder, h Host, listenOption string) {
	fmt.Fprintf(b, "    server {\n        server_name %s;\n", nginxName(h.Name))
	fmt.Fprintf(b, "        listen 127.0.0.1:%d%s;\n", c.http, listenOption)
	fmt.Fprintf(b, "        listen 127.0.0.1:%d%s ssl http2;\n", c.tls, listenOption)
	auth, denied := c.policy(h)
	if auth != nil && auth.MatchCN != "" {
		fmt.Fprintf(b, "        if ($ssl_client_s_dn !~ \"%s\") { return 403 \"client certificate unauthorized\"; }\n", auth.MatchCN)
	}
	if denied {
		b.WriteString("        return 403;\n")
	} else if auth != nil {
		c.verify(b, auth)
	}
	rooted := false
	for _, ingress := range h.Ingresses {
		path := ingress.path()
		if path == "/" {
			rooted = true
			c.location(b, "/", h, ingress, auth)
			continue
		}
		c.location(b, "= "+path, h, ingress, auth)
		c.location(b, path+"/", h, ingress, auth)
	}
	if !rooted {
		b.WriteString("        location / { add_header Strict-Transport-Security $hsts always; return 404; }\n")
	}
	b.WriteString("    }\n")
}

// policy is how ingress-nginx merges the Ingresses of a host: the oldest with a
// usable CA decides, and one Secret that can't be used closes the host. A
// Secret without ca.crt counts as no policy at all.
func (c *nginxConfig) policy(h Host) (auth *Auth, denied bool) {
	for _, ingress := range h.Ingresses {
		if ingress.Auth != nil && auth == nil && c.secrets[ingress.Auth.Secret].bundle() != nil {
			auth = ingress.Auth
		}
	}
	return auth, h.Closed()
}

func (c *nginxConfig) verify(b *strings.Builder, auth *Auth) {
	mode, depth := auth.Verify, auth.Depth
	if mode == "" {
		mode = "on"
	}
	if depth == "" || depth == "0" {
		depth = "1"
	}
	fmt.Fprintf(b, "        ssl_client_certificate %s.ca.pem;\n", auth.Secret)
	fmt.Fprintf(b, "        ssl_verify_client %s;\n        ssl_verify_depth %s;\n", mode, depth)
	if c.secrets[auth.Secret].crl != nil {
		fmt.Fprintf(b, "        ssl_crl %s.crl.pem;\n", auth.Secret)
	}
	if auth.ErrorPage != "" {
		fmt.Fprintf(b, "        error_page 495 496 = %s;\n", auth.ErrorPage)
	}
}

func (c *nginxConfig) location(b *strings.Builder, path string, h Host, ingress Ingress, auth *Auth) {
	fmt.Fprintf(b, "        location %s {\n", path)
	if h.Name != CatchAll && !ingress.PlainAllowed {
		b.WriteString("            if ($redirect_to_https) { return 308 https://$redirect_host$redirect_uri; }\n")
	}
	b.WriteString(nginxLocation)
	if auth != nil {
		if auth.Pass == "true" {
			b.WriteString("            proxy_set_header ssl-client-cert $ssl_client_escaped_cert;\n")
		}
		b.WriteString("            proxy_set_header ssl-client-verify $ssl_client_verify;\n")
		b.WriteString("            proxy_set_header ssl-client-subject-dn $ssl_client_s_dn;\n")
		b.WriteString("            proxy_set_header ssl-client-issuer-dn $ssl_client_i_dn;\n")
	}
	fmt.Fprintf(b, "            proxy_pass http://127.0.0.1:%d;\n        }\n", c.upstream.Port(ingress.service()))
}

const nginxLocation = `            add_header Strict-Transport-Security $hsts always;
            client_max_body_size 1m;
            proxy_http_version 1.1;
            proxy_redirect off;
            proxy_buffering off;
            proxy_buffer_size 64k;
            proxy_buffers 4 64k;
            proxy_busy_buffers_size 64k;
            proxy_set_header Host $best_http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Request-ID $req_id;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Host $best_http_host;
            proxy_set_header X-Forwarded-Port $pass_port;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Scheme $scheme;
            proxy_set_header X-Scheme $scheme;
            proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
            proxy_set_header X-Original-Forwarded-Host $http_x_forwarded_host;
            proxy_set_header Proxy "";
`

// nginxName is the server_name of a host; a wildcard stands for one label.
func nginxName(host string) string {
	suffix, wildcard := strings.CutPrefix(host, "*.")
	if !wildcard {
		return host
	}
	return `~^(?<subdomain>[\w-]+)\.` + strings.ReplaceAll(suffix, ".", `\.`) + "$"
}
