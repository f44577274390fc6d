package assess_test

import (
	"fmt"
	"strings"
)

// fleet is what kubectl prints of n Ingresses in one List, with their Services and EndpointSlices, an ingress-nginx, its
// ConfigMap and classes. One Ingress in ten has something to tell.
func fleet(n int) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nitems:\n")
	for i := range n {
		b.WriteString(ingress(i))
	}
	for i := range n {
		fmt.Fprintf(&b, service, i, i%40)
		fmt.Fprintf(&b, slice, i, i%40, i/250%250, i%250+1)
	}
	b.WriteString(controller)
	b.WriteString("kind: List\nmetadata:\n  resourceVersion: \"\"\n")
	return b.String()
}

func ingress(i int) string {
	annotations, class := []string{`proxy-read-timeout: "120"`, `enable-cors: "true"`}, "nginx"
	switch i % 40 {
	case 3:
		annotations = append(annotations, `auth-tls-secret: team-3/gone`)
	case 7:
		annotations = append(annotations, `proxy-body-sice: 8m`)
	case 11:
		annotations = append(annotations, `whitelist-source-range: office`)
	case 19:
		class = "internal"
	case 23:
		annotations = append(annotations, `auth-type: digest`, `auth-secret: users`)
	case 29:
		annotations = append(annotations, `ssl-redirect: "maybe"`)
	}
	var lines strings.Builder
	for _, a := range annotations {
		lines.WriteString("\n      nginx.ingress.kubernetes.io/" + a)
	}
	return fmt.Sprintf(ingressYAML, lines.String(), i, i%40, class, i, i)
}

const ingressYAML = `- apiVersion: networking.k8s.io/v1
  kind: Ingress
  metadata:
    annotations:%s
    creationTimestamp: "2024-05-03T09:11:27Z"
    generation: 1
    labels:
      app.kubernetes.io/managed-by: Helm
    name: web-%05d
    namespace: team-%d
    resourceVersion: "81726354"
    uid: 6f1f3f44-6a41-4b1e-9d3c-7f0c7a1f8f11
  spec:
    ingressClassName: %s
    rules:
    - host: web-%05d.example.com
      http:
        paths:
        - backend:
            service:
              name: web-%05d
              port:
                number: 80
          path: /
          pathType: Prefix
  status:
    loadBalancer:
      ingress:
      - ip: 192.0.2.10
`

const service = `- apiVersion: v1
  kind: Service
  metadata:
    name: web-%05d
    namespace: team-%d
  spec:
    clusterIP: 10.96.0.10
    ports:
    - name: http
      port: 80
      protocol: TCP
      targetPort: 8080
    type: ClusterIP
`

const slice = `- addressType: IPv4
  apiVersion: discovery.k8s.io/v1
  endpoints:
  - addresses:
    - 10.0.%[3]d.%[4]d
    conditions:
      ready: true
  kind: EndpointSlice
  metadata:
    labels:
      kubernetes.io/service-name: web-%05[1]d
    name: web-%05[1]d-x
    namespace: team-%[2]d
  ports:
  - name: http
    port: 8080
    protocol: TCP
`

const controller = `- apiVersion: networking.k8s.io/v1
  kind: IngressClass
  metadata:
    name: nginx
  spec:
    controller: k8s.io/ingress-nginx
- apiVersion: networking.k8s.io/v1
  kind: IngressClass
  metadata:
    name: internal
  spec:
    controller: example.com/other
- apiVersion: apps/v1
  kind: Deployment
  metadata:
    name: ingress-nginx-controller
    namespace: ingress-nginx
  spec:
    template:
      spec:
        containers:
        - args:
          - /nginx-ingress-controller
          - --configmap=$(POD_NAMESPACE)/ingress-nginx-controller
          - --publish-service=$(POD_NAMESPACE)/ingress-nginx-controller
          - --udp-services-configmap=$(POD_NAMESPACE)/udp
          - --ingress-class=nginx
          env:
          - name: POD_NAMESPACE
            valueFrom:
              fieldRef:
                fieldPath: metadata.namespace
          image: registry.k8s.io/ingress-nginx/controller:v1.15.1
          name: controller
- apiVersion: v1
  data:
    hsts: "false"
    proxy-body-size: 16m
    use-gzip: "true"
    worker-processes: "4"
  kind: ConfigMap
  metadata:
    name: ingress-nginx-controller
    namespace: ingress-nginx
`
