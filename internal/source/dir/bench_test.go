package dir

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// shop is an Ingress with its Service and EndpointSlice, as 60 lines of YAML.
func shop(n int) string {
	return fmt.Sprintf(`---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: app-%[1]d
  namespace: team-%[2]d
  annotations:
    nginx.ingress.kubernetes.io/proxy-body-size: 8m
    nginx.ingress.kubernetes.io/ssl-redirect: "true"
spec:
  ingressClassName: nginx
  tls:
  - hosts: [app-%[1]d.example.com]
    secretName: app-%[1]d-tls
  rules:
  - host: app-%[1]d.example.com
    http:
      paths:
      - path: /
        pathType: Prefix
        backend:
          service:
            name: app-%[1]d
            port:
              number: 80
---
apiVersion: v1
kind: Service
metadata:
  name: app-%[1]d
  namespace: team-%[2]d
spec:
  selector: {app: app-%[1]d}
  ports:
  - name: http
    port: 80
    targetPort: 8080
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: app-%[1]d-x
  namespace: team-%[2]d
  labels:
    kubernetes.io/service-name: app-%[1]d
addressType: IPv4
ports:
- name: http
  port: 8080
  protocol: TCP
endpoints:
- addresses: ["10.0.0.1"]
  conditions: {ready: true}
- addresses: ["10.0.0.2"]
  conditions: {ready: true}
- addresses: ["10.0.0.3"]
  conditions: {ready: true}
`, n, n%50)
}

func BenchmarkOneFileOf5000(b *testing.B) {
	var all bytes.Buffer
	for n := range 5000 {
		all.WriteString(shop(n))
	}
	folder := b.TempDir()
	write(b, filepath.Join(folder, "all.yaml"), all.String())
	b.SetBytes(int64(all.Len()))
	benchmarkFirst(b, folder)
}

func Benchmark5000Files(b *testing.B) {
	benchmarkFirst(b, files5000(b))
}

// BenchmarkOneOf5000FilesChanged is the usual load of a running controller.
func BenchmarkOneOf5000FilesChanged(b *testing.B) {
	folder := files5000(b)
	s, err := Open([]string{folder}, nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := s.Load(); err != nil {
		b.Fatal(err)
	}
	for n := 5000; b.Loop(); n++ {
		write(b, filepath.Join(folder, "app-17.yaml"), shop(n))
		if _, _, err := s.Load(); err != nil {
			b.Fatal(err)
		}
	}
}

func files5000(b *testing.B) string {
	folder := b.TempDir()
	for n := range 5000 {
		write(b, filepath.Join(folder, fmt.Sprintf("app-%d.yaml", n)), shop(n))
	}
	return folder
}

func benchmarkFirst(b *testing.B, folder string) {
	for b.Loop() {
		s, err := Open([]string{folder}, nil)
		if err != nil {
			b.Fatal(err)
		}
		o, issues, err := s.Load()
		if err != nil || len(issues) > 0 {
			b.Fatal(err, issues)
		}
		if len(o.Ingresses) != 5000 || len(o.Services) != 5000 || len(o.EndpointSlices) != 5000 {
			b.Fatal(len(o.Ingresses), len(o.Services), len(o.EndpointSlices))
		}
	}
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}
