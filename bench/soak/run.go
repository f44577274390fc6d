package soak

import (
	"context"
	"fmt"
	"time"

	"github.com/hawser-ingress/hawser/bench/load"
	"github.com/hawser-ingress/hawser/bench/measure"
	"github.com/hawser-ingress/hawser/bench/stand"
)

// Result is what a soak has seen, and what speaks against it.
type Result struct {
	Changes  map[string]int
	Load     load.Counts
	Reloads  float64
	Most     int // processes of the data plane at once
	Lines    []string
	Verdicts []string // empty: it has passed
}

func (r *Result) judge(ok bool, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	r.Lines = append(r.Lines, line)
	if !ok {
		r.Verdicts = append(r.Verdicts, line)
	}
}

// watcher looks at the processes while the soak runs.
type watcher struct {
	began               time.Time
	controller, workers []point
	most                int
	err                 error
}

// Run changes things for a time, beside traffic. The controller is up, and has its sites.
func Run(c *stand.Controller, whole time.Duration, say func(format string, args ...any)) (Result, error) {
	r := Result{Changes: map[string]int{}}
	before, err := c.Workers()
	if err != nil {
		return r, err
	}
	reloaded, err := c.Reloaded()
	if err != nil {
		return r, err
	}
	traffic := load.Start(context.Background(), measure.Traffic(c)...)
	w := &watcher{began: time.Now()}
	err = w.churn(c, whole, &r, say)
	time.Sleep(time.Second)
	r.Load = traffic.Stop()
	if err != nil {
		return r, err
	}
	after, err := c.Reloaded()
	if err != nil {
		return r, err
	}
	r.Reloads, r.Most = after-reloaded, w.most
	return r, r.conclude(c, w, len(before), whole)
}

// churn makes each change at its rate, one after the other, and looks at the memory in between.
func (w *watcher) churn(c *stand.Controller, whole time.Duration, r *Result, say func(string, ...any)) error {
	changes := &churn{Controller: c}
	all := rates()
	due := make([]time.Time, len(all))
	for n := range all {
		due[n] = w.began.Add(all[n].every)
	}
	look, tell := w.began, w.began
	const lookEvery, tellEvery = time.Second, time.Minute
	for now := time.Now(); now.Sub(w.began) < whole; now = time.Now() {
		if now.After(look) {
			look = now.Add(lookEvery)
			w.look(c)
		}
		if now.After(tell) {
			tell = now.Add(tellEvery)
			say("%s: %v changes", now.Sub(w.began).Round(time.Second), r.Changes)
		}
		for n, rate := range all {
			if now.Before(due[n]) {
				continue
			}
			due[n] = due[n].Add(rate.every)
			if err := rate.do(changes, r.Changes[rate.what]); err != nil {
				return fmt.Errorf("%s: %w", rate.what, err)
			}
			r.Changes[rate.what]++
		}
		if err := c.Ended(); err != nil {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return w.err
}

func (w *watcher) look(c *stand.Controller) {
	at := time.Since(w.began)
	own, err := c.Memory()
	if err == nil {
		w.controller = append(w.controller, point{at, float64(own.Resident) / (1 << 20)})
	}
	pids, workersErr := c.Workers()
	if workersErr == nil {
		w.most = max(w.most, len(pids))
		w.workers = append(w.workers, point{at, largest(pids)})
	}
	if err != nil || workersErr != nil {
		w.err = fmt.Errorf("look at the processes: %w, %w", err, workersErr)
	}
}

// drainTime is how long workers of before the last reload may take to end when there is no traffic any more.
const drainTime = 30 * time.Second

func (r *Result) conclude(c *stand.Controller, w *watcher, processes int, whole time.Duration) error {
	left := 0
	for begin := time.Now(); time.Since(begin) < drainTime; time.Sleep(200 * time.Millisecond) {
		pids, err := c.Workers()
		if err != nil {
			return err
		}
		if left = len(pids); left <= processes {
			break
		}
	}
	r.judge(left <= processes, "processes of the data plane: %d before, at most %d, %d at the end", processes, r.Most, left)
	r.judge(r.Load.Bad() == 0, "requests: %s", r.Load)
	text, ok := flat("memory of the controller", w.controller, whole, 16)
	r.judge(ok, "%s", text)
	text, ok = flat("memory of the largest worker", w.workers, whole, 8)
	r.judge(ok, "%s", text)
	r.judge(true, "reloads: %.0f", r.Reloads)
	return nil
}
