// Command externalauth measures the ways in which HAProxy can ask an authentication service, for
// docs/decisions/external-auth.md. Everything runs on this machine: a service, an upstream, HAProxy and the clients.
//
//	go run ./bench/externalauth -haproxy /usr/sbin/haproxy
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
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
	seconds := flag.Float64("seconds", 5, "length of each measurement")
	flag.Parse()
	if err := run(*binary, time.Duration(*seconds*float64(time.Second))); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(binary string, d time.Duration) error {
	b, err := start(binary)
	if err != nil {
		return err
	}
	defer b.stop()
	b.speed(d)
	b.hang()
	b.end()
	return nil
}

func (b *bench) url(way [2]string) string { return "http://" + b.front + "/" + way[0] + "/x?y=1" }

// speed measures all ways with more and more clients. The machine may be busy with other things: processor time for a
// request says more than the rest.
func (b *bench) speed(d time.Duration) {
	fmt.Println("| way | clients | req/s | p50 | p99 | HAProxy µs/req | Go µs/req | answers |")
	fmt.Println("|---|---|---|---|---|---|---|---|")
	for _, clients := range []int{1, 32, 256} {
		for _, way := range ways {
			load(b.url(way), clients, d/5, nil)
			proxy, here := used(b.pid), usedHere()
			r := load(b.url(way), clients, d, nil)
			n := time.Duration(r.count)
			fmt.Printf("| %s | %d | %.0f | %v | %v | %d | %d | %v |\n", way[1], clients, r.perSecond, r.p50.Round(time.Microsecond), r.p99.Round(time.Microsecond),
				((used(b.pid) - proxy) / n).Microseconds(), ((usedHere() - here) / n).Microseconds(), r.statuses)
		}
	}
}

// hang lets 64 clients wait for a service that does not answer, while one asks for what needs no authentication.
func (b *bench) hang() {
	fmt.Println("\nThe service hangs for 64 clients, while one client asks for what needs no authentication:")
	for _, way := range ways[1:] {
		done := make(chan result)
		go func() { done <- load(b.url(way), 64, time.Second, http.Header{"X-Delay": {"30000"}}) }()
		time.Sleep(200 * time.Millisecond)
		other := load(b.url(ways[0]), 1, 2*time.Second, nil)
		hung := <-done
		fmt.Printf("- %s: others %d at %.0f/s, p99 %v; those that wait get %v after %v\n", way[1], other.count, other.perSecond, other.p99.Round(time.Microsecond), hung.statuses, hung.p50.Round(time.Millisecond))
	}
}

// end stops the service and the agents with their connections, and starts them again.
func (b *bench) end() {
	fmt.Println("\nService and agents end, and come back:")
	for _, way := range ways[1:] {
		load(b.url(way), 4, time.Second/2, nil)
	}
	b.close()
	lines := make([]string, len(ways))
	for i, way := range ways[1:] {
		r := load(b.url(way), 1, time.Second, nil)
		lines[i] = fmt.Sprintf("- %s: %v after %v", way[1], r.statuses, r.p50.Round(time.Microsecond))
	}
	if err := b.open(); err != nil {
		fmt.Println(err)
		return
	}
	for i, way := range ways[1:] {
		r := load(b.url(way), 1, time.Second, nil)
		fmt.Printf("%s; then %v\n", lines[i], r.statuses)
	}
}
