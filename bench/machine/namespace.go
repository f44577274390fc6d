// Package machine is what the benchmark asks of the system: a network of its own, processes, their CPU time and memory.
//
// Nothing of the machine's network is reachable from the namespace, and it ends with the last process in it. A process
// that was started here is stopped with all that it has started.
package machine

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

// inside marks the process that already runs in its own network namespace.
const inside = "HAWSER_BENCH_NETWORK"

// Inside reports whether Again has brought us here.
func Inside() bool { return os.Getenv(inside) != "" }

// Again runs this very program with the same arguments in a new network namespace, and for a user other than root in a
// new user namespace too, where that user may configure it. It returns the exit status.
func Again() (int, error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Env = append(os.Environ(), inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGTERM}
	if id := os.Getuid(); id != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: id, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("make a network namespace: %w", err)
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

// SetUp gives the loopback interface of the namespace a network whose every address is local. It refuses a namespace
// where another interface is up: that would be the machine's own.
func SetUp(network string) error {
	links, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.Flags&net.FlagUp != 0 && l.Flags&net.FlagLoopback == 0 {
			return fmt.Errorf("interface %s is up: this is no namespace made for the benchmark", l.Name)
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
