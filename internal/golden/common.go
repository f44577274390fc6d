package golden

// Common is what the manifests of a golden test may use without saying so: the Service a/app with two servers at port
// 80 ("http"), and the Secret a/clients with an authority.
const Common = `
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: a}
spec: {ports: [{name: http, port: 80, targetPort: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: app-1, namespace: a, labels: {kubernetes.io/service-name: app}}
addressType: IPv4
ports: [{name: http, port: 8080}]
endpoints: [{addresses: [10.0.0.1]}, {addresses: [10.0.0.2]}]
---
apiVersion: v1
kind: Secret
metadata: {name: clients, namespace: a}
stringData: {ca.crt: "${CA:clients}"}
`
