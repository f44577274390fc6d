package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func hostName(i int) string { return fmt.Sprintf("host-%05d.example.com", i) }

const ingressClass = `apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
`

const site = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: app-%05[1]d, namespace: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: %[2]s
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: app-%05[1]d, port: {number: 80}}}}
      - {path: /api, pathType: Prefix, backend: {service: {name: app-%05[1]d, port: {number: 80}}}}
---
apiVersion: v1
kind: Service
metadata: {name: app-%05[1]d, namespace: shop}
spec:
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: app-%05[1]d-1, namespace: shop, labels: {kubernetes.io/service-name: app-%05[1]d}}
addressType: IPv4
ports: [{name: http, port: %[3]d}]
endpoints: [{addresses: [127.0.0.1], conditions: {ready: true}}]
`

// expressions is a host whose paths are expressions, which must cost the others nothing.
const expressions = `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: expressions
  namespace: shop
  annotations: {nginx.ingress.kubernetes.io/use-regex: "true"}
spec:
  ingressClassName: nginx
  rules:
  - host: expressions.example.com
    http:
      paths:
      - {path: "/v[0-9]+/(.*)", pathType: ImplementationSpecific, backend: {service: {name: app-00000, port: {number: 80}}}}
      - {path: "/(a|b)/.*", pathType: ImplementationSpecific, backend: {service: {name: app-00000, port: {number: 80}}}}
`

// manifests writes Ingresses with a host, two paths and a Service each.
func manifests(dir string, hosts, port int, regex bool) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, "all.yaml"))
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	fmt.Fprint(w, ingressClass)
	if regex {
		fmt.Fprint(w, expressions)
	}
	for i := range hosts {
		fmt.Fprintf(w, site, i, hostName(i), port)
	}
	return w.Flush()
}

// handWritten is what a person writes who has one host: the timeouts that everybody sets, X-Forwarded-For, and a check of
// nothing.
const handWritten = `global
    maxconn 5000
LOG
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout http-request 60s
    timeout http-keep-alive 75s
HTTPLOG
frontend http
    bind 127.0.0.1:LISTEN
    option forwardfor
    default_backend app

backend app
    server one 127.0.0.1:UPSTREAM
`

// configuration fills in a configuration that is not Hawser's.
func configuration(text, log string, listen, upstream int) string {
	global, line := "", ""
	if log != "off" {
		global, line = "    log stdout len 8192 format raw local0 info\n", "    log global\n    option httplog\n"
	}
	return strings.NewReplacer("LISTEN", fmt.Sprint(listen), "UPSTREAM", fmt.Sprint(upstream), "HTTPLOG\n", line, "LOG\n", global).Replace(text)
}
