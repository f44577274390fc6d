package rig

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// process is a program that runs until stop; its output is in a file.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan error
}

// start runs a program in a process group of its own, so that stop reaches
// what it has started.
func start(log string, argv ...string) (*process, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", argv[0], err)
	}
	p := &process{cmd: cmd, log: log, done: make(chan error, 1)}
	go func() { p.done <- cmd.Wait() }()
	return p, nil
}

// stop ends the program, at first with the signal it expects.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
	}
	// What is left of the group has not followed its parent.
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		fmt.Fprintf(os.Stderr, "kill group of %s: %v\n", p.cmd.Path, err)
	}
}

// tail is the end of the program's output, for a failure message.
func (p *process) tail() string {
	content, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	if len(content) > 4000 {
		content = content[len(content)-4000:]
	}
	return string(content)
}

// await calls ready until it is true, the program ends or the time is over.
func (p *process) await(limit time.Duration, ready func() bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for !ready() {
		select {
		case err := <-p.done:
			p.done <- err
			return fmt.Errorf("%s ended (%v):\n%s", p.cmd.Path, err, p.tail())
		case <-ctx.Done():
			return fmt.Errorf("%s isn't ready after %s:\n%s", p.cmd.Path, limit, p.tail())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return nil
}

// freePorts finds n ports that nobody listens on now.
func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}

// binaryVariable names the program under test in the environment.
const binaryVariable = "HAWSER_BINARY"

// Main runs the tests of a package. It builds Hawser once for all of them,
// unless HAWSER_BINARY names a program.
func Main(m *testing.M) int {
	if os.Getenv(binaryVariable) != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "rig")
	if err != nil {
		return complain(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "hawser")
	if err := build(path); err != nil {
		return complain(err)
	}
	if err := os.Setenv(binaryVariable, path); err != nil {
		return complain(err)
	}
	return m.Run()
}

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func build(path string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "build", "-o", path, "./cmd/hawser")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build hawser: %w\n%s", err, out)
	}
	return nil
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}

// HAProxyBinary is the HAProxy under test.
func HAProxyBinary() string {
	if path := os.Getenv("HAWSER_HAPROXY"); path != "" {
		return path
	}
	return "haproxy"
}
