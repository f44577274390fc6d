package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

const (
	startLimit = 60 * time.Second
	stopLimit  = 20 * time.Second
)

// process is the running Hawser.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
}

func startHawser(c config, f files) (*process, error) {
	log, err := os.Create(f.log)
	if err != nil {
		return nil, fmt.Errorf("start hawser: %w", err)
	}
	defer log.Close()
	args := []string{
		"run", "--manifests", f.manifests, "--state-dir", f.hawser, "--bind-address", c.bind,
		"--http-port", strconv.Itoa(c.http), "--https-port", strconv.Itoa(c.https),
	}
	if c.haproxy != "" {
		args = append(args, "--haproxy", c.haproxy)
	}
	cmd := exec.Command(c.hawser, args...)
	cmd.Stdout, cmd.Stderr = log, log
	// A group of its own: Ctrl-C reaches the demo alone, which then stops Hawser in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start hawser: %w", err)
	}
	p := &process{cmd: cmd, log: f.log, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // ended reads the state
	}()
	return p, nil
}

// awaitAnswer returns when the plain example is served.
func (p *process) awaitAnswer(ctx context.Context, c config) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Second}
	url := fmt.Sprintf("http://%s:%d/", dialable(c.bind), c.http)
	for !answers(ctx, client, url) {
		select {
		case <-time.After(50 * time.Millisecond):
		case <-p.done:
			return p.ended()
		case <-ctx.Done():
			return fmt.Errorf("hawser doesn't answer on %s: %w\n%s", url, ctx.Err(), p.tail())
		}
	}
	return nil
}

func answers(ctx context.Context, client *http.Client, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	r.Host = "plain.demo.test"
	answer, err := client.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// dialable is an address to reach a listener on.
func dialable(bind string) string {
	if bind == "0.0.0.0" || bind == "" {
		return "127.0.0.1"
	}
	return bind
}

// stop ends Hawser and what it has started.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop hawser: %w", err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(stopLimit):
	}
	err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
	return errors.Join(fmt.Errorf("hawser did not end within %s", stopLimit), err)
}

func (p *process) ended() error {
	return fmt.Errorf("hawser has ended (%s):\n%s", p.cmd.ProcessState, p.tail())
}

// tail is the end of Hawser's log.
func (p *process) tail() string {
	const size = 4000
	content, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(content[max(0, len(content)-size):])
}
