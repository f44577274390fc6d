package measure

import (
	"context"
	"fmt"
	"time"

	"github.com/hawser-ingress/hawser/bench/load"
	"github.com/hawser-ingress/hawser/bench/stand"
)

// Costs are the CPU time of a data plane per request, against that of a yardstick.
type Costs struct {
	Yardstick, First, Last   time.Duration // medians, per request
	FirstRatio, LastRatio    float64
	Rounds, RequestsPerRound int
}

const connections = 8

// Cost asks the yardstick, the first and the last host in turns, over the same number of kept HTTP connections, and
// compares the CPU time of the data planes. The first round warms up.
func Cost(yardstick, c *stand.Controller, rounds, requests int) (Costs, error) {
	out := Costs{Rounds: rounds, RequestsPerRound: requests}
	sides := []struct {
		c      *stand.Controller
		target load.Target
		used   []float64
	}{{c: yardstick, target: yardstick.Plain(0)}, {c: c, target: c.Plain(0)}, {c: c, target: c.Plain(c.Count() - 1)}}
	for round := range rounds + 1 {
		for n := range sides {
			s := &sides[n]
			used, err := cost(s.c, s.target, requests)
			if err != nil {
				return out, fmt.Errorf("%s, %s: %w", s.c.Name, s.target.Host, err)
			}
			if round > 0 {
				s.used = append(s.used, float64(used))
			}
		}
	}
	base := Median(sides[0].used)
	if base <= 0 {
		return out, fmt.Errorf("%s has used no CPU time", yardstick.Name)
	}
	first, last := Median(sides[1].used), Median(sides[2].used)
	out.FirstRatio, out.LastRatio = first/base, last/base
	per := float64(requests)
	out.Yardstick, out.First, out.Last = time.Duration(base/per), time.Duration(first/per), time.Duration(last/per)
	return out, nil
}

// cost is the CPU time of the data plane for a number of requests, all of which have to be answered.
func cost(c *stand.Controller, target load.Target, requests int) (time.Duration, error) {
	before, err := c.WorkersCPU()
	if err != nil {
		return 0, err
	}
	client := load.Client{Targets: []load.Target{target}, Judge: c.Judge, Limit: requests / connections}
	var clients []load.Client
	for range connections {
		clients = append(clients, client)
	}
	counts := load.Start(context.Background(), clients...).Wait()
	if counts.OK != client.Limit*connections || counts.Closed > 0 {
		return 0, fmt.Errorf("%s", counts)
	}
	after, err := c.WorkersCPU()
	return after - before, err
}

// Changed is what the change of one endpoint costs the controller.
type Changed struct {
	CPU     time.Duration // per change, what it uses without changes taken off
	Idle    time.Duration // that, in a second
	Reloads float64
}

// Change changes one endpoint of one site after the other, slowly.
func Change(c *stand.Controller, times int) (Changed, error) {
	var out Changed
	const every = 300 * time.Millisecond
	span := time.Duration(times) * every
	rest := func() (time.Duration, error) { return spent(c, func() error { time.Sleep(span); return nil }) }
	before, err := rest()
	if err != nil {
		return out, err
	}
	var busy time.Duration
	t, err := counting(c, func() (Times, error) {
		var err error
		busy, err = spent(c, func() error {
			profiled := c.Record(fmt.Sprintf("%s-change-%d", c.Name, c.Count()), span)
			begin := time.Now()
			for n := range times {
				if err := c.ReplaceOne(n * 11 % c.Count()); err != nil {
					return err
				}
				time.Sleep(time.Until(begin.Add(time.Duration(n+1) * every)))
			}
			return profiled()
		})
		return Times{}, err
	})
	if err != nil {
		return out, err
	}
	after, err := rest()
	idle := min(before, after) // what is done now and then may have been done in one of them
	out.Reloads = t.Reloads
	out.Idle = time.Duration(float64(idle) / span.Seconds())
	out.CPU = max(0, busy-idle) / time.Duration(times)
	return out, err
}

// spent is the CPU time of the controller while f runs.
func spent(c *stand.Controller, f func() error) (time.Duration, error) {
	own, children, err := c.CPU()
	if err != nil {
		return 0, err
	}
	if err := f(); err != nil {
		return 0, err
	}
	ownAfter, childrenAfter, err := c.CPU()
	return ownAfter + childrenAfter - own - children, err
}
