package oracle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Hawser is one running `hawser run` on a folder of manifests.
type Hawser struct {
	HTTP, HTTPS string // where it listens

	dir    string
	probe  func(generation int) ([]object, error)
	number int
	cmd    *exec.Cmd
	log    string
	ended  chan struct{}
}

const (
	applyWait = 30 * time.Second
	stopWait  = 10 * time.Second
)

// Options are what a Hawser is started with.
type Options struct {
	Binary, HAProxy string
	Dir             string // empty folder of its own
	Flags           []string
	ConfigMap       object // or nil
	Probe           func(generation int) ([]object, error)
}

// StartHawser starts Hawser on the given objects and waits until they are live.
func StartHawser(ctx context.Context, o Options, all []object) (*Hawser, error) {
	for tries := 1; ; tries++ {
		h, err := startOnce(ctx, o, all)
		// between the choice of a port and its use another program may take it
		if err == nil || tries == 3 || !strings.Contains(err.Error(), "address already in use") {
			return h, err
		}
	}
}

func startOnce(ctx context.Context, o Options, all []object) (*Hawser, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	h := &Hawser{HTTP: loopback(ports[0]), HTTPS: loopback(ports[1]), dir: filepath.Join(o.Dir, "manifests"), probe: o.Probe,
		log: filepath.Join(o.Dir, "log"), ended: make(chan struct{})}
	if err := os.MkdirAll(h.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder of manifests: %w", err)
	}
	if o.ConfigMap != nil {
		all = append(all, o.ConfigMap)
	}
	if err := h.write(all); err != nil {
		return nil, err
	}
	args := []string{"run", "--manifests", h.dir, "--bind-address", "127.0.0.1", "--http-port", strconv.Itoa(ports[0]),
		"--https-port", strconv.Itoa(ports[1]), "--admin-address", loopback(ports[2]), "--state-dir", filepath.Join(o.Dir, "state"),
		"--haproxy", o.HAProxy, "--drain-time", "1s", "--access-log", "off"}
	if o.ConfigMap != nil {
		args = append(args, "--configmap", configNamespace+"/"+configName)
	}
	if err := h.start(o.Binary, append(args, o.Flags...)); err != nil {
		return nil, err
	}
	if err := h.applied(ctx); err != nil {
		return nil, errors.Join(err, h.Stop())
	}
	return h, nil
}

// The ConfigMap of the controller in cases that have one.
const (
	configNamespace = "oracle-system"
	configName      = "controller"
)

func (h *Hawser) start(binary string, args []string) error {
	log, err := os.Create(h.log)
	if err != nil {
		return fmt.Errorf("make log: %w", err)
	}
	defer log.Close()
	h.cmd = exec.Command(binary, args...)
	h.cmd.Stdout, h.cmd.Stderr = log, log
	h.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the parent that Pdeathsig means is this thread
		err := h.cmd.Start()
		started <- err
		if err == nil {
			h.cmd.Wait() // how it ended is in the log
		}
		close(h.ended)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start hawser: %w", err)
	}
	return nil
}

// Apply replaces all objects and waits until they are live. A probe host may answer before the rest of its change is
// done, such as new client CAs; so another probe follows in a change of its own, which begins when the first has ended.
func (h *Hawser) Apply(ctx context.Context, all []object) error {
	for range 2 {
		h.number++
		if err := h.write(all); err != nil {
			return err
		}
		if err := h.applied(ctx); err != nil {
			return err
		}
	}
	return nil
}

// write replaces the one file of manifests at once, so that the probe in it is never older than the rest.
func (h *Hawser) write(all []object) error {
	probe, err := h.probe(h.number)
	if err != nil {
		return err
	}
	text, err := encode(append(append([]object{}, all...), probe...))
	if err != nil {
		return err
	}
	name := filepath.Join(h.dir, "objects.yaml")
	if err := os.WriteFile(name+".new", text, 0o600); err != nil {
		return fmt.Errorf("write manifests: %w", err)
	}
	if err := os.Rename(name+".new", name); err != nil {
		return fmt.Errorf("replace manifests: %w", err)
	}
	return nil
}

func probeHost(generation int) string { return fmt.Sprintf("generation-%d.probe.test", generation) }

// applied waits until the newest probe host answers from the probe server.
func (h *Hawser) applied(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, applyWait)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Second}
	last := errors.New("not asked yet")
	for {
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.HTTP+"/", nil)
		if err != nil {
			return fmt.Errorf("probe: %w", err)
		}
		q.Host = probeHost(h.number)
		res, err := client.Do(q)
		if err == nil {
			var body bytes.Buffer
			body.ReadFrom(res.Body)
			res.Body.Close()
			switch echo := echoOf(body.Bytes()); {
			case echo == "probe", echo == "" && res.StatusCode != http.StatusNotFound:
				return nil // any other answer of Hawser's own says at least that the host is known
			}
			err = fmt.Errorf("probe host: %s", res.Status)
		}
		last = err
		select {
		case <-h.ended:
			return fmt.Errorf("hawser ended: %s", h.tail())
		case <-ctx.Done():
			return fmt.Errorf("hawser isn't ready after %s: %w: %s", applyWait, last, h.tail())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// tail is the end of what Hawser wrote.
func (h *Hawser) tail() string {
	text, err := os.ReadFile(h.log)
	if err != nil {
		return err.Error()
	}
	if len(text) > 2000 {
		text = text[len(text)-2000:]
	}
	return string(bytes.TrimSpace(text))
}

// Stop ends Hawser and what it started.
func (h *Hawser) Stop() error {
	h.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-h.ended:
	case <-time.After(stopWait):
		syscall.Kill(-h.cmd.Process.Pid, syscall.SIGKILL)
		<-h.ended
		return fmt.Errorf("hawser had to be killed %s after SIGTERM: %s", stopWait, h.tail())
	}
	syscall.Kill(-h.cmd.Process.Pid, syscall.SIGKILL) // stragglers of the group, if any
	return nil
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func freePorts(n int) ([]int, error) {
	var out []int
	for range n {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close()
		out = append(out, l.Addr().(*net.TCPAddr).Port)
	}
	return out, nil
}
