// Package behaviour holds tests that send requests through a running Hawser, one file for each behaviour. Site starts
// one; everything is on loopback and ends with the test.
package behaviour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/echo"
)

// Site is a running Hawser with the manifests that it follows.
type Site struct {
	HTTP, HTTPS string // host:port
	t           testing.TB
	file        string // manifests
	log         *output
	command     *exec.Cmd
	done        chan struct{}
}

// Start serves manifests, in which {name} stands for the port of a backend by that name, and waits until a request for
// ready, such as "http://plain.test/", is answered with something other than 404. Arguments are flags of hawser run.
func Start(t testing.TB, manifests, ready string, args ...string) *Site {
	t.Helper()
	s := launch(t, manifests, args...)
	for range 3 { // between the choice of a port and its use another program may take it
		if !s.lostPort(ready) {
			break
		}
		s = launch(t, manifests, args...)
	}
	s.Await(func() bool { return s.Status(ready) != http.StatusNotFound && s.Status(ready) != 0 })
	s.Await(func() bool { return strings.Contains(s.Log(), "msg=Serving") }) // what the log says of the start is there
	return s
}

// lostPort waits until ready is answered or Hawser ends, and reports whether it ended for want of a port.
func (s *Site) lostPort(ready string) bool {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		select {
		case <-s.done:
			return strings.Contains(strings.ToLower(s.Log()), "address already in use")
		default:
		}
		if s.Status(ready) != 0 {
			return false
		}
	}
	return false
}

// launch does not wait.
func launch(t testing.TB, manifests string, args ...string) *Site {
	t.Helper()
	return launchUnder(t, nil, manifests, args...)
}

// launchUnder has a program before it that starts Hawser.
func launchUnder(t testing.TB, program []string, manifests string, args ...string) *Site {
	t.Helper()
	ports := freePorts(t, 2)
	dir, err := os.MkdirTemp("", "site")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	s := &Site{
		HTTP: "127.0.0.1:" + ports[0], HTTPS: "127.0.0.1:" + ports[1],
		t: t, file: filepath.Join(dir, "site.yaml"), log: &output{}, done: make(chan struct{}),
	}
	s.Write(manifests)
	command := slices.Concat(program, []string{
		binary(t), "run", "--manifests", s.file, "--bind-address", "127.0.0.1", "--http-port", ports[0], "--https-port", ports[1],
		"--state-dir", filepath.Join(dir, "state"), "--haproxy", HAProxy(),
	}, args)
	s.command = exec.Command(command[0], command[1:]...)
	s.command.Stdout, s.command.Stderr = s.log, s.log
	s.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = s.command.Wait(); close(s.done) }()
	t.Cleanup(s.stop)
	return s
}

// HAProxy is the binary under test.
func HAProxy() string {
	if path := os.Getenv("HAWSER_HAPROXY"); path != "" {
		return path
	}
	return "haproxy"
}

// Write replaces the manifests at once.
func (s *Site) Write(manifests string) {
	s.t.Helper()
	next := s.file + ".tmp"
	if err := os.WriteFile(next, []byte(manifests), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(next, s.file); err != nil {
		s.t.Fatal(err)
	}
}

// Await waits until ok, for ten seconds at most.
func (s *Site) Await(ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		select {
		case <-s.done:
			s.t.Fatalf("hawser ended:\n%s", s.log)
		default:
		}
		if time.Now().After(end) {
			s.t.Fatalf("it does not happen; hawser says:\n%s", s.log)
		}
	}
}

// Log is what Hawser and HAProxy have written.
func (s *Site) Log() string { return s.log.String() }

// Client sends requests for any host name to the site, and follows no redirect.
func (s *Site) Client() *http.Client {
	dial := func(ctx context.Context, _, address string) (net.Conn, error) {
		target := s.HTTP
		if strings.HasSuffix(address, ":443") {
			target = s.HTTPS
		}
		return (&net.Dialer{}).DialContext(ctx, "tcp", target)
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 2000},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       30 * time.Second,
	}
}

// Status is that of a GET; 0 if there is no answer.
func (s *Site) Status(url string) int {
	client := s.Client()
	defer client.CloseIdleConnections()
	answer, err := client.Get(url)
	if err != nil {
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}

func (s *Site) stop() {
	_ = s.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		_ = s.command.Process.Kill()
	}
}

// Backend is the manifest of a Service by the name whose only endpoint is the address.
func Backend(name, address string) string {
	host, port, _ := net.SplitHostPort(address)
	return fmt.Sprintf(`---
apiVersion: v1
kind: Service
metadata: {name: %[1]s}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: %[1]s-1, labels: {kubernetes.io/service-name: %[1]s}}
addressType: IPv4
ports: [{name: http, port: %[3]s}]
endpoints: [{addresses: ["%[2]s"], conditions: {ready: true}}]
`, name, host, port)
}

// Ingress is the manifest of an Ingress with one host, whose paths all lead to service. Annotations are "key: value"
// without the prefix.
func Ingress(name, host, service string, annotations []string, paths ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: %s\n  annotations:\n    example.com/a: b\n", name)
	for _, a := range annotations {
		fmt.Fprintf(&b, "    nginx.ingress.kubernetes.io/%s\n", a)
	}
	fmt.Fprintf(&b, "spec:\n  ingressClassName: nginx\n  rules:\n  - host: %q\n    http:\n      paths:\n", host)
	if len(paths) == 0 {
		paths = []string{"/"}
	}
	for _, p := range paths {
		fmt.Fprintf(&b, "      - {path: %q, pathType: Prefix, backend: {service: {name: %s, port: {number: 80}}}}\n", p, service)
	}
	return b.String()
}

// Echo starts a backend that answers with what it saw, and returns its address.
func Echo(t testing.TB, name string) string {
	t.Helper()
	server := httptest.NewServer(echo.Handler(echo.Config{Name: name}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

func freePorts(t testing.TB, n int) []string {
	t.Helper()
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		_, port, _ := net.SplitHostPort(l.Addr().String())
		out = append(out, port)
	}
	return out
}

// built is the program, made once for all tests of a package.
var built = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("HAWSER_BINARY"); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "hawser-bin")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "hawser")
	out, err := exec.Command("go", "build", "-o", path, "github.com/hawser-ingress/hawser/cmd/hawser").CombinedOutput()
	if err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	return path, nil
})

func binary(t testing.TB) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// output collects what a program writes.
type output struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// fetch sends a GET with headers, "Name: value", and returns the answer with its body, which is closed.
func fetch(t testing.TB, client *http.Client, url string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Add(name, value)
	}
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, body
}
