// Command externalauth measures the ways in which HAProxy can ask an authentication service, for
// docs/decisions/external-auth.md. Everything runs on this machine: a service, an upstream, HAProxy and the clients.
//
//	go run ./bench/externalauth -haproxy /usr/sbin/haproxy
package main

import (
	"flag"
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

// ways are the paths of the configuration.
var ways = [...][2]string{
	{"none", "no authentication"},
	{"client", "Lua, core.httpclient to the service"},
	{"inner", "Lua, core.tcp to an inner frontend"},
	{"agent", "Lua, core.tcp to an agent in Go"},
	{"spoe", "SPOE, agent in Go"},
}

func main() {
	binary := flag.String("haproxy", "haproxy", "the HAProxy to measure")
	seconds := flag.Int("seconds", 5, "length of each measurement")
	flag.Parse()
	if err := run(*binary, time.Duration(*seconds)*time.Second); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type bench struct {
	front   string
	stop    func()
	service net.Listener
	agents  [2]net.Listener
}

func run(binary string, d time.Duration) error {
	b, err := start(binary)
	if err != nil {
		return err
	}
	defer b.stop()
	fmt.Println("| way | clients | req/s | p50 | p99 | max | answers |")
	fmt.Println("|---|---|---|---|---|---|---|")
	for _, clients := range []int{1, 32, 256} {
		for _, way := range ways {
			load("http://"+b.front+"/"+way[0]+"/", clients, d/5, nil)
			b.print(way, clients, load("http://"+b.front+"/"+way[0]+"/x?y=1", clients, d, nil))
		}
	}
	fmt.Println("\nA service that hangs for 64 clients, while one client asks for what needs no authentication:")
	for _, way := range ways[1:] {
		done := make(chan result)
		go func() { done <- load("http://"+b.front+"/"+way[0]+"/", 64, d/2, http.Header{"X-Delay": {"8000"}}) }()
		time.Sleep(200 * time.Millisecond)
		other := load("http://"+b.front+"/none/", 1, d/2, nil)
		hung := <-done
		fmt.Printf("- %s: others p99 %v max %v; the waiting ones %v after %v\n", way[1], other.p99, other.max, hung.statuses, hung.p50.Round(time.Millisecond))
	}
	return b.absent()
}

// absent measures what clients get when nobody answers the question.
func (b *bench) absent() error {
	_ = b.service.Close()
	for _, l := range b.agents {
		_ = l.Close()
	}
	fmt.Println("\nNobody listens any more:")
	for _, way := range ways[1:] {
		r := load("http://"+b.front+"/"+way[0]+"/", 1, time.Second, nil)
		fmt.Printf("- %s: %v after %v\n", way[1], r.statuses, r.p50.Round(time.Microsecond))
	}
	return nil
}

func (b *bench) print(way [2]string, clients int, r result) {
	us := func(d time.Duration) time.Duration { return d.Round(time.Microsecond) }
	fmt.Printf("| %s | %d | %.0f | %v | %v | %v | %v |\n", way[1], clients, r.perSecond, us(r.p50), us(r.p99), us(r.max), r.statuses)
}

func start(binary string) (*bench, error) {
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
	b := &bench{}
	listen := func(network, address string) net.Listener {
		l, listenErr := net.Listen(network, address)
		if listenErr != nil && err == nil {
			err = listenErr
		}
		return l
	}
	b.service = listen("tcp", "127.0.0.1:0")
	upstream, front := listen("tcp", "127.0.0.1:0"), listen("tcp", "127.0.0.1:0")
	b.agents = [2]net.Listener{listen("unix", filepath.Join(dir, "agent")), listen("unix", filepath.Join(dir, "spoe"))}
	if err != nil {
		return nil, err
	}
	b.front = front.Addr().String()
	_ = front.Close() // HAProxy takes the port
	a := newAgent(b.service.Addr().String())
	go serve(b.service, service)
	go serve(upstream, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	go serve(b.agents[0], a.http)
	go serveSPOE(b.agents[1], a.spoe)
	c := exec.Command(binary, "-q", "-f", "haproxy.cfg")
	c.Dir, c.Stderr = dir, os.Stderr
	c.Env = append(os.Environ(), "FRONT="+b.front, "UPSTREAM="+upstream.Addr().String(), "SERVICE="+b.service.Addr().String(),
		"INNER="+filepath.Join(dir, "inner"), "AGENT="+filepath.Join(dir, "agent"), "SPOE="+filepath.Join(dir, "spoe"), "STATS="+filepath.Join(dir, "stats"))
	if err := c.Start(); err != nil {
		return nil, err
	}
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
