package behaviour

import (
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/testcert"
)

// nginxShop is how ingress-nginx configures nginx for shopManifests, without its Lua.
const nginxShop = `
daemon off;
user root;
worker_processes 1;
pid nginx.pid;
error_log error.log warn;
events { worker_connections 1024; }
http {
    access_log off;
    server_tokens off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    underscores_in_headers off;
    port_in_redirect off;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate server.crt;
    ssl_certificate_key server.key;
    map $http_x_request_id $req_id { default $http_x_request_id; '' $request_id; }
    map $scheme $hsts { https "max-age=31536000; includeSubDomains"; default ""; }
    map $scheme $pass_port { https 443; default 80; }
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header Connection "";
    proxy_set_header X-Request-ID $req_id;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Host $http_host;
    proxy_set_header X-Forwarded-Port $pass_port;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Scheme $scheme;
    proxy_set_header X-Scheme $scheme;
    proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
    proxy_set_header X-Original-Forwarded-Host $http_x_forwarded_host;
    proxy_set_header Proxy "";
    client_max_body_size 1m;
    server {
        server_name _;
        listen 127.0.0.1:%[1]s default_server;
        listen 127.0.0.1:%[2]s ssl http2 default_server;
        ssl_certificate default.crt;
        ssl_certificate_key default.key;
        add_header Strict-Transport-Security $hsts always;
        location / { return 404; }
    }
    server {
        server_name shop.test;
        listen 127.0.0.1:%[1]s;
        listen 127.0.0.1:%[2]s ssl http2;
        add_header Strict-Transport-Security $hsts always;
        set $secure 1;
        if ($scheme = http) { set $secure 0; }
        location = /app { if ($secure = 0) { return 308 https://$host$request_uri; } proxy_pass http://%[3]s; }
        location /app/ { if ($secure = 0) { return 308 https://$host$request_uri; } proxy_pass http://%[3]s; }
        location = /small { client_max_body_size 10; if ($secure = 0) { return 308 https://$host$request_uri; } proxy_pass http://%[3]s; }
        location / { return 404; }
    }
}
`

const shopManifests = `---
apiVersion: v1
kind: Secret
metadata: {name: shop}
type: kubernetes.io/tls
data: {tls.crt: %[1]s, tls.key: %[2]s}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.test], secretName: shop}]
  rules:
  - host: shop.test
    http: {paths: [{path: /app, pathType: Prefix, backend: {service: {name: one, port: {number: 80}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: small, annotations: {nginx.ingress.kubernetes.io/proxy-body-size: "%[3]s"}}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.test], secretName: shop}]
  rules:
  - host: shop.test
    http: {paths: [{path: /small, pathType: Exact, backend: {service: {name: one, port: {number: 80}}}}]}
`

// TestCompareWithNginx: the same site on nginx and on Hawser; what differs is known. A limit that is another one is found.
func TestCompareWithNginx(t *testing.T) {
	cert := testcert.Must(testcert.Must(testcert.NewCA("ca")).Server("shop.test", nil))
	backend := Echo(t, "one")
	nginx := startNginx(t, backend, cert)
	encode := base64.StdEncoding.EncodeToString
	manifests := func(limit string) string {
		return Backend("one", backend) + fmt.Sprintf(shopManifests, encode(cert.CertPEM()), encode(cert.KeyPEM()), limit)
	}
	known := filepath.Join(t.TempDir(), "known.yaml")
	if err := os.WriteFile(known, []byte(knownOfNginx), 0o600); err != nil {
		t.Fatal(err)
	}
	s := Start(t, manifests("10"), "http://shop.test/app")
	r, status := comparison(t, manifests("10"), nginx, s.addresses(), "--accept", known)
	if status != 0 || r.Different > 0 || len(r.Unused) > 0 || r.Same+r.Accepted != r.Planned {
		t.Errorf("status %d, %s: %+v\nunused: %v", status, r.Sentence(), found(r), r.Unused)
	}
	s = Start(t, manifests("11"), "http://shop.test/app")
	r, status = comparison(t, manifests("10"), nginx, s.addresses(), "--accept", known)
	if d := found(r)["shop.test body-over-limit status"]; status != 3 || r.Different != 1 || d.Left != "413" || d.Right != "200" {
		t.Errorf("status %d, %s: %+v", status, r.Sentence(), found(r))
	}
}

const knownOfNginx = `accept:
- {field: header.server, left: nginx, right: (absent), reason: ingress-nginx removes it by a module that is not here}
- {field: saw.header.ssl-client-*, kind: client-headers, right: (absent), reason: what a client says of certificates reaches nobody}
`

// startNginx gives the addresses for HTTP and HTTPS.
func startNginx(t *testing.T, backend string, cert *testcert.Cert) []string {
	t.Helper()
	dir, ports := t.TempDir(), freePorts(t, 2)
	own := testcert.Must(testcert.SelfSigned("fake"))
	for name, content := range map[string][]byte{
		"nginx.conf": fmt.Appendf(nil, nginxShop, ports[0], ports[1], backend),
		"server.crt": cert.CertPEM(), "server.key": cert.KeyPEM(), "default.crt": own.CertPEM(), "default.key": own.KeyPEM(),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.Command("nginx", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "error.log")
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	log := &output{}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
	})
	addresses := []string{"127.0.0.1:" + ports[0], "127.0.0.1:" + ports[1]}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", addresses[1]); err == nil {
			c.Close()
			return addresses
		}
		if time.Now().After(end) {
			t.Fatalf("nginx does not start: %s", log)
		}
	}
}
