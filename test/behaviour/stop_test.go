package behaviour

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestTermDrains ends Hawser while a request is being served: the request is answered, and the port is closed.
func TestTermDrains(t *testing.T) {
	began := make(chan struct{}, 10)
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			began <- struct{}{}
			time.Sleep(time.Second)
		}
		fmt.Fprint(w, "answered")
	}))
	defer backend.Close()
	s := Start(t, Backend("slow", backend.Listener.Addr().String())+Ingress("slow", "slow.test", "slow", nil), "http://slow.test/")
	result := make(chan error, 1)
	go func() { result <- get(s.Client(), "http://slow.test/slow") }()
	<-began
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Errorf("the request that was being served: %v\n%s", err, s.Log())
	}
	<-s.done
	if code := s.command.ProcessState.ExitCode(); code != 0 {
		t.Errorf("exit status %d:\n%s", code, s.Log())
	}
	if status := s.Status("http://slow.test/"); status != 0 {
		t.Errorf("after the end a request is answered with %d", status)
	}
}

// TestStartFailsClearly names what is wrong, and the exit status tells a wrong use from a failure.
func TestStartFailsClearly(t *testing.T) {
	taken := httptest.NewServer(http.NotFoundHandler())
	defer taken.Close()
	_, port, _ := strings.Cut(taken.Listener.Addr().String(), ":")
	dir := t.TempDir()
	run := []string{"run", "--manifests", dir, "--bind-address", "127.0.0.1", "--https-port", "0"}
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"port in use", append(run, "--http-port", port, "--https-port", freePorts(t, 1)[0], "--haproxy", HAProxy()), 1, "address already in use"},
		{"no HAProxy", append(run, "--http-port", port, "--haproxy", "/nonexistent/haproxy"), 1, "/nonexistent/haproxy"},
		{"no manifests", []string{"run", "--manifests", "/nonexistent/dir"}, 1, "/nonexistent/dir"},
		{"nothing to serve", []string{"run"}, 2, "--manifests"},
		{"unknown flag", []string{"run", "--no-such-flag"}, 2, "no-such-flag"},
		{"bad ConfigMap", []string{"render", "--manifests", dir, "--out", dir, "--configmap", "noslash"}, 2, "namespace/name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			command := exec.Command(binary(t), test.args...)
			out, err := command.CombinedOutput()
			if command.ProcessState.ExitCode() != test.status || !strings.Contains(string(out), test.says) {
				t.Errorf("exit status %d, %v:\n%s\nwanted is status %d and %q", command.ProcessState.ExitCode(), err, out, test.status, test.says)
			}
		})
	}
}
