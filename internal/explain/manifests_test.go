package explain_test

import (
	"fmt"
	"strings"
)

// services are two that answer, one without endpoints, and the Secrets.
const services = `apiVersion: v1
kind: Service
metadata: {name: one, namespace: a}
spec: {ports: [{port: 80, targetPort: ${ONE}}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: one-1, namespace: a, labels: {kubernetes.io/service-name: one}}
addressType: IPv4
ports: [{port: ${ONE}}]
endpoints: [{addresses: [127.0.0.1]}]
---
apiVersion: v1
kind: Service
metadata: {name: two, namespace: a}
spec: {ports: [{port: 80, targetPort: ${TWO}}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: two-1, namespace: a, labels: {kubernetes.io/service-name: two}}
addressType: IPv4
ports: [{port: ${TWO}}]
endpoints: [{addresses: [127.0.0.1]}]
---
apiVersion: v1
kind: Service
metadata: {name: none, namespace: a}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: clients, namespace: a}
stringData: {ca.crt: "${CA:clients}"}
---
apiVersion: v1
kind: Secret
metadata: {name: revoking, namespace: a}
stringData: {ca.crt: "${CA:clients}", ca.crl: "${CRL:clients,revoked}"}
---
apiVersion: v1
kind: Secret
metadata: {name: tls, namespace: a}
stringData: {tls.crt: "${CRT:tls.test}", tls.key: "${KEY:tls.test}"}
`

// manifests are hosts with every policy, and one with many paths, on HTTP only and with a redirect to HTTPS.
var manifests = services +
	secured("on", "on.test", "auth-tls-secret: a/clients") +
	secured("optional", "optional.test", "auth-tls-secret: a/clients", "auth-tls-verify-client: optional") +
	secured("noca", "noca.test", "auth-tls-secret: a/clients", "auth-tls-verify-client: optional_no_ca", `auth-tls-pass-certificate-to-upstream: "true"`) +
	secured("off", "off.test", "auth-tls-secret: a/clients", `auth-tls-verify-client: "off"`) +
	secured("page", "page.test", "auth-tls-secret: a/clients", "auth-tls-error-page: https://login.test/page") +
	secured("relative", "relative.test", "auth-tls-secret: a/clients", "auth-tls-error-page: login.test/page", `force-ssl-redirect: "true"`) +
	secured("cn", "cn.test", "auth-tls-secret: a/clients", `auth-tls-match-cn: "CN=(good|alice.. with a comma)(,|$)"`) +
	secured("crl", "crl.test", "auth-tls-secret: a/revoking") +
	secured("denied", "denied.test", "auth-tls-secret: a/missing") +
	secured("deep", "deep.test", "auth-tls-secret: a/clients", `auth-tls-verify-depth: "2"`) +
	secured("wild", "'*.wild.test'", "auth-tls-secret: a/clients") +
	secured("catch-all", "''", "auth-tls-secret: a/clients", "auth-tls-verify-client: optional") +
	paths("plain", "plain.test", "") + paths("tls", "tls.test", "  tls: [{hosts: [tls.test], secretName: tls}]\n")

// routing are hosts with other names, other paths and redirects.
var routing = services +
	secured("alias", "alias.test", "auth-tls-secret: a/clients", `server-alias: "also.test, *.ali.test, ~^x[0-9]+\\\\.pattern\\\\.test$"`, "rewrite-target: /new") +
	"  tls: [{hosts: [alias.test], secretName: tls}]\n" +
	secured("root", "root.test", "app-root: /start") + "  tls: [{hosts: [root.test], secretName: tls}]\n" +
	secured("moved", "moved.test", "permanent-redirect: https://elsewhere.test/x", `permanent-redirect-code: "308"`) + "  tls: [{hosts: [moved.test], secretName: tls}]\n" +
	secured("away", "away.test", "temporal-redirect: http://elsewhere.test", "auth-tls-secret: a/clients") +
	regexes("rewrite", "rewrite.test", "rewrite-target: /$2", `use-regex: "true"`) +
	regexes("regex", "regex.test", `use-regex: "true"`) +
	secured("mixed", "mixed.test") + regexes("mixed2", "mixed.test", `use-regex: "true"`) +
	secured("inside", "inside.test", "whitelist-source-range: 127.0.0.0/8", `force-ssl-redirect: "true"`) +
	secured("outside", "outside.test", "whitelist-source-range: 10.0.0.0/8", "denylist-source-range: 127.0.0.0/8") +
	paths("keep", "keep.test", "  tls: [{hosts: [keep.test], secretName: tls}]\n", `preserve-trailing-slash: "true"`) +
	secured("www", "www.www.test", `from-to-www-redirect: "true"`) +
	secured("vhost", "vhost.test", "upstream-vhost: inner.test", "rewrite-target: /new") + "  tls: [{hosts: [vhost.test], secretName: tls}]\n" +
	secured("closed", "closed.test", "whitelist-source-range: nonsense", "auth-tls-secret: a/clients")

// regexes has expressions of all kinds, with groups.
func regexes(name, host string, annotations ...string) string {
	out := secured(name, host, annotations...)
	for _, p := range []string{`'/api(/|$)(.*)'`, `'/api/v[0-9]$'`, `'/static/.*[.]css'`, `'/sub/'`} {
		path := fmt.Sprintf("      - {path: %s, pathType: ImplementationSpecific, backend: {service: {name: two, port: {number: 80}}}}\n", p)
		out = strings.Replace(out, "      paths:\n", "      paths:\n"+path, 1)
	}
	return out
}

func secured(name, host string, annotations ...string) string {
	out := fmt.Sprintf(`---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: "%s"
  namespace: a
  annotations:
`, name)
	if len(annotations) == 0 {
		out = strings.TrimSuffix(out, "  annotations:\n")
	}
	for _, a := range annotations {
		out += "    nginx.ingress.kubernetes.io/" + a + "\n"
	}
	return out + fmt.Sprintf(`spec:
  ingressClassName: nginx
  rules:
  - host: %s
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: one, port: {number: 80}}}}
`, host)
}

func paths(name, host, extra string, annotations ...string) string {
	out := secured(name, host, annotations...) + extra
	for _, p := range []string{"/a Prefix two", "/slash/ Prefix two", "/sub/ Prefix two", "/exact Exact two", "/exact Prefix one", "/none Prefix none", "/nowhere Prefix missing",
		"/.well-known/acme-challenge Prefix two"} {
		f := strings.Fields(p)
		path := fmt.Sprintf("      - {path: %s, pathType: %s, backend: {service: {name: %s, port: {number: 80}}}}\n", f[0], f[1], f[2])
		out = strings.Replace(out, "      paths:\n", "      paths:\n"+path, 1)
	}
	return out
}

// canaries are hosts whose route has another backend for some requests.
var canaries = services +
	secured("word", "word.test") + canary("word", "word.test", "canary-by-header: Which-One", "canary-by-cookie: canary") +
	secured("value", "value.test") + canary("value", "value.test", "canary-by-header: Which-One", `canary-by-header-value: "yes"`) +
	secured("pattern", "pattern.test") + canary("pattern", "pattern.test", "canary-by-header: Which-One", `canary-by-header-pattern: "^[a-c]+$"`, "canary-by-cookie: canary") +
	secured("all", "all.test", `force-ssl-redirect: "true"`) + canary("all", "all.test", `canary-weight: "100"`, "canary-by-header: Which-One") +
	secured("zero", "zero.test", "rewrite-target: /new") + canary("zero", "zero.test", `canary-weight: "0"`, "canary-by-cookie: canary") +
	secured("some", "some.test") + canary("some", "some.test", `canary-weight: "20"`) +
	secured("empty", "empty.test") + strings.Replace(canary("empty", "empty.test", `canary-weight: "100"`), "name: two", "name: none", 1)

// canary leads to the other service.
func canary(name, host string, annotations ...string) string {
	return strings.Replace(secured(name+"-canary", host, append(annotations, `canary: "true"`)...), "name: one", "name: two", 1)
}

// proxied are hosts for a proxy in front.
var proxied = services +
	secured("plain", "plain.test") +
	secured("forced", "forced.test", `force-ssl-redirect: "true"`) +
	secured("root", "root.test", "app-root: /start") +
	secured("listed", "listed.test", "whitelist-source-range: 192.0.2.0/24") +
	secured("vhost", "vhost.test", "upstream-vhost: inner.test") +
	secured("cert", "cert.test", "auth-tls-secret: a/clients")

// settings are those of the controller.
func settings(keys ...string) string {
	return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: ingress}\ndata:\n  " + strings.Join(keys, "\n  ") + "\n"
}
