package machine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Process is a program that runs until Stop; its output is in a file.
type Process struct {
	Began time.Time
	cmd   *exec.Cmd
	log   string
	done  chan struct{} // closed when it has been waited for
	err   error         // how it ended; read after done
}

// Start runs a program in a process group of its own.
func Start(log string, env []string, argv ...string) (*Process, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	p := &Process{cmd: cmd, log: log, done: make(chan struct{}), Began: time.Now()}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// PID is that of the program.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Ended is nil while the program runs, else it says how it ended.
func (p *Process) Ended() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s ended (%v):\n%s", p.cmd.Path, p.err, p.Tail())
	default:
		return nil
	}
}

// stopLimit bounds how long a program may take to end.
const stopLimit = 40 * time.Second

// Stop ends the program, at first with the signal it expects.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.cmd.Path, err)
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(stopLimit):
	}
	err := syscall.Kill(-p.PID(), syscall.SIGKILL)
	<-p.done
	return errors.Join(fmt.Errorf("%s did not end within %s", p.cmd.Path, stopLimit), err)
}

// Tail is the end of the program's output.
func (p *Process) Tail() string {
	const size = 4000
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-size):])
}
