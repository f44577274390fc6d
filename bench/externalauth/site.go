package main

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// bench is everything that runs.
type bench struct {
	front, service string
	dir            string
	pid            int // of HAProxy
	agent          *agent
	serving        []*tracked // service and agents
	stop           func()
}

// open starts the service and the agents, at the same places each time.
func (b *bench) open() error {
	b.serving = nil
	listen := func(network, address string) *tracked {
		_ = os.Remove(address)
		l, err := net.Listen(network, address)
		if err != nil {
			return nil
		}
		t := &tracked{Listener: l}
		b.serving = append(b.serving, t)
		return t
	}
	service := listen("tcp", cmp.Or(b.service, "127.0.0.1:0"))
	asked, offload := listen("unix", filepath.Join(b.dir, "agent")), listen("unix", filepath.Join(b.dir, "spoe"))
	if len(b.serving) != 3 {
		return fmt.Errorf("can't listen")
	}
	b.service = service.Addr().String()
	b.agent = newAgent(b.service)
	go serve(service, answer)
	go serve(asked, b.agent.http)
	go serveSPOE(offload, b.agent.spoe)
	return nil
}

func (b *bench) close() {
	for _, l := range b.serving {
		l.end()
	}
	b.agent.client.CloseIdleConnections()
}

func start(binary string) (*bench, error) {
	binary, err := exec.LookPath(binary)
	if err == nil {
		binary, err = filepath.Abs(binary) // it runs in another folder
	}
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "hawser-bench")
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"haproxy.cfg", "spoe.cfg", "ask.lua"} {
		data, err := os.ReadFile(filepath.Join("bench/externalauth", name))
		if err != nil {
			return nil, fmt.Errorf("run it in the root of the repository: %w", err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, err
		}
	}
	b := &bench{dir: dir}
	if err := b.open(); err != nil {
		return nil, err
	}
	upstream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b.front = front.Addr().String()
	_ = front.Close() // HAProxy takes the port
	go serve(upstream, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	c := exec.Command(binary, "-q", "-f", "haproxy.cfg")
	c.Dir, c.Stderr = dir, os.Stderr
	c.Env = append(os.Environ(), "FRONT="+b.front, "UPSTREAM="+upstream.Addr().String(), "SERVICE="+b.service,
		"INNER="+filepath.Join(dir, "inner"), "AGENT="+filepath.Join(dir, "agent"), "SPOE="+filepath.Join(dir, "spoe"), "STATS="+filepath.Join(dir, "stats"))
	if err := c.Start(); err != nil {
		return nil, err
	}
	b.pid = c.Process.Pid
	b.stop = func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		_ = os.RemoveAll(dir)
	}
	for range 50 {
		if conn, err := net.Dial("tcp", b.front); err == nil {
			_ = conn.Close()
			version, _ := exec.Command(binary, "-v").Output()
			first, _, _ := strings.Cut(string(version), "\n")
			fmt.Println(first)
			return b, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.stop()
	return nil, fmt.Errorf("HAProxy does not listen on %s", b.front)
}
