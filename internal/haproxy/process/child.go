package process

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// killDelay is how long a master may take to end after SIGTERM before its group is killed.
const killDelay = 5 * time.Second

// child is one run of the master.
type child struct {
	pid     int
	started time.Time
	mark    atomic.Int64  // of the output: alerts before it have been reported already
	exited  chan struct{} // closed when the master has ended and no process of it is left
	err     error         // how it ended; read after exited
}

// startChild runs the master in its own process group, so that a signal to ours doesn't reach it and all that it
// leaves behind can be ended at once.
//
// The kernel sends SIGTERM to the master when the thread that started it ends, hence the locked goroutine that lives
// as long as the master. (The kernel forgets this for a binary with file capabilities or a set-uid bit.) Workers end
// by themselves when their master is gone, measured on 2.6 to 3.2.
//
// It runs in the directory of the configuration: 2.6 and 3.0 read the Lua file of every thread but the first, and 2.6 the
// certificates for servers, relative to the working directory, whatever default-path says (measured).
func startChild(binary string, paths Paths, out *output) (*child, error) {
	paths, binary, err := absolute(paths, binary)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(binary, "-W", "-S", paths.Master+",mode,600,level,admin", "-f", paths.Config)
	cmd.Dir = filepath.Dir(paths.Config)
	cmd.Stdout, cmd.Stderr = out.stdout.w, out.stderr.w
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	c := &child{exited: make(chan struct{})}
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			failed <- err
			return
		}
		c.pid, c.started = cmd.Process.Pid, time.Now()
		failed <- nil
		c.err = cmd.Wait()
		c.kill()
		close(c.exited)
	}()
	if err := <-failed; err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	return c, nil
}

// absolute makes the paths independent of the working directory. A binary without a slash is looked up as usual.
func absolute(paths Paths, binary string) (Paths, string, error) {
	for _, p := range []*string{&paths.Config, &paths.Master, &binary} {
		if p == &binary && !strings.Contains(binary, "/") {
			continue
		}
		abs, err := filepath.Abs(*p)
		if err != nil {
			return Paths{}, "", fmt.Errorf("find the directory of HAProxy's files: %w", err)
		}
		*p = abs
	}
	return paths, binary, nil
}

func (c *child) signal(s syscall.Signal) {
	syscall.Kill(c.pid, s)
}

// kill ends every process of the group at once.
func (c *child) kill() {
	syscall.Kill(-c.pid, syscall.SIGKILL)
}

// drain asks for the end, then insists on it.
func (c *child) drain(ctx context.Context) error {
	select {
	case <-c.exited:
		return nil
	default:
		c.signal(syscall.SIGUSR1)
	}
	select {
	case <-c.exited:
		return nil
	case <-ctx.Done():
	}
	c.signal(syscall.SIGTERM)
	select {
	case <-c.exited:
	case <-time.After(killDelay):
		c.kill()
		<-c.exited
	}
	return fmt.Errorf("%w: %w", ErrCut, context.Cause(ctx))
}

// ExitError is a HAProxy that ended by itself, with the alerts it wrote before.
type ExitError struct {
	Status string // "exit status 1", "signal: killed"
	Alerts []Diagnostic
}

func (e *ExitError) Error() string {
	return "HAProxy ended (" + e.Status + ")" + list(e.Alerts)
}

// exitError explains the end of a child by what it wrote; a port that was taken becomes a *BindError.
func (p *Process) exitError(c *child) error {
	status := "exit status 0"
	var exit *exec.ExitError
	if errors.As(c.err, &exit) {
		status = exit.String()
	} else if c.err != nil {
		status = c.err.Error()
	}
	alerts := alertsOf(p.output.since(int(c.mark.Load())))
	if err := bindErrors(alerts); err != nil {
		return err
	}
	return &ExitError{Status: status, Alerts: alerts}
}
