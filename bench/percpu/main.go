// Command percpu measures what one request costs HAProxy: with the configuration that Hawser writes for many hosts, and
// with one that a person would write for a single host. Both serve the same upstream on this machine, and both get the
// same requests over connections that stay open, in turns, so that what else the machine does falls on both.
//
//	go run ./bench/percpu                       # 1,000 and 10,000 hosts, with and without access log
//	go run ./bench/percpu -also other.cfg       # one more configuration; it listens on 127.0.0.1:LISTEN, server 127.0.0.1:UPSTREAM
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

type options struct {
	haproxy, hawser  string
	hosts            []int
	logs             []string
	also             []string
	rounds, requests int
	connections      int
	browser, regex   bool
	keep             string
}

func main() {
	var o options
	hosts := flag.String("hosts", "1000,10000", "numbers of hosts that Hawser serves; empty: only what -also names")
	logs := flag.String("log", "off,text", "with which access logs; what is hand-written has that of option httplog")
	flag.StringVar(&o.haproxy, "haproxy", "haproxy", "the HAProxy to measure")
	flag.StringVar(&o.hawser, "hawser", "", "the Hawser to measure; empty: build this one")
	flag.IntVar(&o.rounds, "rounds", 15, "turns; what is printed is the median of them")
	flag.IntVar(&o.requests, "requests", 6000, "requests in each turn")
	flag.IntVar(&o.connections, "connections", 16, "connections that ask at once")
	flag.BoolVar(&o.browser, "browser", false, "send the headers of a browser instead of those of a simple client")
	flag.BoolVar(&o.regex, "regex", false, "serve one more host, with expressions as paths, and ask it for nothing")
	flag.StringVar(&o.keep, "keep", "", "folder that stays, with everything that was written; empty: a temporary one")
	flag.Func("also", "file of a configuration to measure, too; may be given several times", func(s string) error {
		o.also = append(o.also, s)
		return nil
	})
	flag.Parse()
	for _, n := range strings.FieldsFunc(*hosts, func(r rune) bool { return r == ',' }) {
		count, err := strconv.Atoi(n)
		if err != nil || count < 1 {
			fmt.Fprintf(os.Stderr, "-hosts: %q is no number of hosts\n", n)
			os.Exit(2)
		}
		o.hosts = append(o.hosts, count)
	}
	o.logs = strings.Split(*logs, ",")
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(o options) error {
	b, err := newBench(o)
	if err != nil {
		return err
	}
	defer b.close()
	fmt.Println("| access log | configuration | µs/request | user | system | ÷ hand-written |")
	fmt.Println("|---|---|---|---|---|---|")
	for _, log := range o.logs {
		if err := b.table(log); err != nil {
			return err
		}
	}
	return nil
}

// subject is a HAProxy and what it is asked for.
type subject struct {
	name    string
	program *program
	load    *load
	cost    []cost
}

// table measures everything with one kind of access log. The first subject is the hand-written one.
func (b *bench) table(log string) error {
	subjects, stop, err := b.start(log)
	defer stop()
	if err != nil {
		return err
	}
	for round := range b.rounds + 1 {
		for _, s := range subjects {
			c, err := s.measure(b.requests)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if round > 0 { // the first one warms up
				s.cost = append(s.cost, c)
			}
		}
	}
	base := median(subjects[0].cost, cost.all)
	for _, s := range subjects {
		all := median(s.cost, cost.all)
		fmt.Printf("| %s | %s | %.1f | %.1f | %.1f | %.2f |\n", log, s.name, micros(all), micros(median(s.cost, user)), micros(median(s.cost, system)),
			float64(all)/float64(base))
	}
	return nil
}

func (s *subject) measure(requests int) (cost, error) {
	before, err := used(s.program.cmd.Process.Pid, s.program.hawser)
	if err != nil {
		return cost{}, err
	}
	if err := s.load.send(requests); err != nil {
		return cost{}, err
	}
	after, err := used(s.program.cmd.Process.Pid, s.program.hawser)
	return after.minus(before).of(requests), err
}

func median(costs []cost, part func(cost) time.Duration) time.Duration {
	var all []time.Duration
	for _, c := range costs {
		all = append(all, part(c))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
