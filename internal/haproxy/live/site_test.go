package live_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/golden"
	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/binary"
	"github.com/hawser-ingress/hawser/internal/haproxy/live"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
	"github.com/hawser-ingress/hawser/internal/source/dir"
)

// site is a HAProxy that serves manifests, without the loop around it.
type site struct {
	t        *testing.T
	fixtures *golden.Fixtures
	options  render.Options
	dir      string
	port     string // of the upstream
	process  *process.Process
	worker   *live.Worker
	can      runtime.Abilities
}

// start serves manifests, in which {port} stands for a port of 127.0.0.1 that answers 200 with the name of the host.
func start(t *testing.T, manifests string) *site {
	t.Helper()
	return startWith(t, manifests, render.Options{Spares: 64})
}

func startWith(t *testing.T, manifests string, options render.Options) *site {
	t.Helper()
	folder, err := os.MkdirTemp("", "hw") // short: a socket's path is limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }))
	t.Cleanup(upstream.Close)
	_, port, _ := net.SplitHostPort(upstream.Listener.Addr().String())
	s := &site{
		t: t, fixtures: golden.NewFixtures(), dir: folder, port: port,
		options: options,
	}
	s.options.HTTP, s.options.HTTPS, s.options.Socket = []netip.AddrPort{free(t)}, []netip.AddrPort{free(t), free(t)}, filepath.Join(folder, "s")
	s.process = process.New(process.Options{
		Binary: haproxyBinary(), BufSize: render.BufferSize, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Paths: process.Paths{Config: s.path(haproxy.ConfigFile), Runtime: s.options.Socket, Master: filepath.Join(folder, "m")},
	})
	b := s.render(manifests)
	s.write(b)
	if err := s.process.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ended, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.process.Stop(ended) // ErrCut: nothing is drained
	})
	found, err := binary.Probe(t.Context(), haproxyBinary())
	if err != nil {
		t.Fatal(err)
	}
	s.can = found.Abilities
	s.worker = live.Loaded(b, s.can)
	return s
}

func haproxyBinary() string {
	if path := os.Getenv("HAWSER_HAPROXY"); path != "" {
		return path
	}
	return "haproxy"
}

func free(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func (s *site) path(name string) string { return filepath.Join(s.dir, "live", name) }

func (s *site) render(manifests string) *haproxy.Bundle {
	s.t.Helper()
	text, err := s.fixtures.Expand(strings.ReplaceAll(manifests+common, "{port}", s.port))
	if err != nil {
		s.t.Fatal(err)
	}
	source, err := dir.Open([]string{"-"}, strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	objects, _, err := source.Load()
	if err != nil {
		s.t.Fatal(err)
	}
	settings := snapshot.DefaultSettings()
	settings.AssumeClass = true
	settings.ConfigMap.Namespace, settings.ConfigMap.Name = "ingress", "settings"
	snap, _ := snapshot.Build(*objects, settings)
	cert, err := pki.Example()
	if err != nil {
		s.t.Fatal(err)
	}
	m, _ := compile.Compile(snap, compile.Options{DefaultCert: cert})
	b, err := render.Render(m, s.options)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func (s *site) write(b *haproxy.Bundle) {
	s.t.Helper()
	files := map[string]process.File{}
	for name, content := range b.Files() {
		files[name] = process.File{Data: content.Data, Mode: 0o600, Last: name == haproxy.ConfigFile}
	}
	if _, err := process.WriteFiles(filepath.Join(s.dir, "live"), files); err != nil {
		s.t.Fatal(err)
	}
}

// change brings HAProxy to other manifests at run time, and fails if only a reload does.
func (s *site) change(manifests string) live.Plan {
	s.t.Helper()
	b := s.render(manifests)
	plan := s.worker.Plan(b)
	if plan.Reload {
		s.t.Fatalf("a reload is needed: %s", strings.Join(plan.Reasons, ", "))
	}
	s.write(b)
	s.apply(plan)
	return plan
}

func (s *site) apply(plan live.Plan) {
	s.t.Helper()
	client, err := s.process.Runtime()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.worker.Apply(s.t.Context(), client, plan); err != nil {
		s.t.Fatal(err)
	}
}

// mustReload fails unless the change needs a reload for these reasons.
func (s *site) mustReload(manifests string, reasons ...string) {
	s.t.Helper()
	if got := s.worker.Plan(s.render(manifests)); !slices.Equal(got.Reasons, reasons) {
		s.t.Errorf("a reload for %q, want %q", got.Reasons, reasons)
	}
}

// status asks for the root of a host on the port of HTTP, from an address of loopback; 0: there is no answer.
func (s *site) status(host, from string, headers ...string) int {
	s.t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 5 * time.Second}
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, DialContext: dialer.DialContext,
	}}
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.options.HTTP[0].String()+"/", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Host = host
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}

func (s *site) want(want int, host, from string, headers ...string) {
	s.t.Helper()
	if got := s.status(host, from, headers...); got != want {
		s.t.Errorf("%s from %s %v: status %d, want %d", host, from, headers, got, want)
	}
}

const common = `
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
ports: [{name: http, port: {port}}]
endpoints: [{addresses: [127.0.0.1]}]
`

// ingress is one Ingress for a host, with annotations of nginx.ingress.kubernetes.io.
func ingress(host string, annotations ...string) string {
	var b strings.Builder
	b.WriteString("---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: " + strings.TrimSuffix(host, ".test") +
		"\n  namespace: a\n  annotations:\n    kubernetes.io/ingress.class: nginx\n")
	for i := 0; i < len(annotations); i += 2 {
		b.WriteString("    nginx.ingress.kubernetes.io/" + annotations[i] + ": \"" + annotations[i+1] + "\"\n")
	}
	b.WriteString("spec:\n  rules:\n  - host: " + host + `
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: app, port: {name: http}}}}
`)
	return b.String()
}

// settings is the ConfigMap of the controller.
func settings(keys ...string) string {
	var b strings.Builder
	b.WriteString("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: ingress}\ndata:\n")
	for i := 0; i < len(keys); i += 2 {
		b.WriteString("  " + keys[i] + ": \"" + keys[i+1] + "\"\n")
	}
	return b.String()
}
