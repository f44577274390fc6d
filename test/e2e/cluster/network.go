package cluster

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// Addresses of the namespace's only interface. The whole block is local to it, so any address of it can be bound:
// servers listen on Address, and a test takes others for its pods.
const (
	Address = "10.77.0.1"
	network = Address + "/16"
)

// inside marks the process that already runs in its own network namespace.
const inside = "HAWSER_E2E_NETWORK"

// Main runs a package's tests in a network namespace of their own; a TestMain passes its result to os.Exit.
//
// Nothing of the host is reachable from there: an Ingress with a foreign address, or a Service that got a wrong
// one, can send traffic nowhere. The namespace ends with the last process in it.
func Main(m *testing.M) int {
	if os.Getenv(inside) != "" {
		if err := setUp(); err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			return 1
		}
		code := m.Run()
		if path, err := hawserPath(); err == nil {
			_ = os.Remove(path)
		}
		return code
	}
	if err := Build(); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	code, err := again()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e: start the tests in a network namespace:", err)
		return 1
	}
	return code
}

// again runs this very test binary with the same arguments in a new network namespace, and for a user other than
// root in a new user namespace too, where that user has the rights to configure it.
func again() (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if id := os.Getuid(); id != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: id, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s)
		}
	}()
	defer func() { signal.Stop(signals); close(signals) }()
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}

// setUp gives the loopback interface of the namespace its addresses. It refuses to touch a namespace where another
// interface is up: that would be the machine's own.
func setUp() error {
	links, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.Flags&net.FlagUp != 0 && l.Flags&net.FlagLoopback == 0 {
			return fmt.Errorf("interface %s is up: this is no namespace made for tests", l.Name)
		}
	}
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"address", "replace", network, "dev", "lo"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %s (of the package iproute2): %w: %s", strings.Join(args, " "), err, out)
		}
	}
	return nil
}
