package cluster

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Hawser is a running controller of the source tree, with a HAProxy of its own.
type Hawser struct {
	HTTP, HTTPS string // host:port where clients connect
	Admin       string // host:port of health and metrics
	process     *process
}

// StartHawser runs `hawser run` with the arguments and with ports and a state directory of its own, and waits until
// its first configuration is live. It is stopped when the test ends.
func StartHawser(t testing.TB, args ...string) *Hawser {
	t.Helper()
	h := LaunchHawser(t, args...)
	if err := h.process.waitFor(time.Minute, h.ready); err != nil {
		t.Fatal(err)
	}
	return h
}

// LaunchHawser is StartHawser without the wait, for what must not become ready.
func LaunchHawser(t testing.TB, args ...string) *Hawser {
	t.Helper()
	ports := make([]int, 3)
	for i := range ports {
		var err error
		if ports[i], err = freePort(Address); err != nil {
			t.Fatal(err)
		}
	}
	at := func(port int) string { return net.JoinHostPort(Address, strconv.Itoa(port)) }
	h := &Hawser{HTTP: at(ports[0]), HTTPS: at(ports[1]), Admin: at(ports[2])}
	binary, err := hawserBinary()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args = append([]string{
		"run", "--bind-address=" + Address, "--admin-address=" + h.Admin, "--state-dir=" + filepath.Join(dir, "state"),
		fmt.Sprintf("--http-port=%d", ports[0]), fmt.Sprintf("--https-port=%d", ports[1]),
	}, args...)
	if haproxy := os.Getenv("HAWSER_HAPROXY"); haproxy != "" {
		args = append(args, "--haproxy="+haproxy)
	}
	if h.process, err = start(dir, "hawser", binary, args...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.end()
		if t.Failed() {
			t.Logf("end of the log of hawser:\n%s", h.process.tail())
		}
	})
	return h
}

func (h *Hawser) ready() error {
	client := http.Client{Timeout: 2 * time.Second}
	answer, err := client.Get("http://" + h.Admin + "/readyz")
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("/readyz answers %s", answer.Status)
	}
	return nil
}

// end asks for the end, and insists on it after a while; then HAProxy's processes go with their owner.
func (h *Hawser) end() {
	_ = h.process.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-h.process.done:
	case <-time.After(30 * time.Second):
		h.process.kill()
	}
}

// Stop shuts the controller down as Kubernetes does, and fails the test unless it ends in peace.
func (h *Hawser) Stop(t testing.TB) {
	t.Helper()
	h.end()
	if h.process.err != nil {
		t.Fatalf("hawser ended with %v:\n%s", h.process.err, h.process.tail())
	}
}

// Kill ends the controller at once, as a crash would.
func (h *Hawser) Kill() { h.process.kill() }

// Log is the end of what the controller has printed.
func (h *Hawser) Log() string { return h.process.tail() }

// hawserBinary is the controller as it is in the source tree, built once per test process; Main removes it.
func hawserBinary() (string, error) {
	target, err := hawserPath()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(target); err == nil {
		return target, nil
	}
	root, err := Root()
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", target, "./cmd/hawser")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build hawser: %w\n%s", err, out)
	}
	return target, nil
}

func hawserPath() (string, error) {
	root, err := Root()
	return filepath.Join(root, ".cache", "e2e", fmt.Sprintf("hawser-%d", os.Getpid())), err
}
