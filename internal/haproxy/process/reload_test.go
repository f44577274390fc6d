package process

import (
	"errors"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// The client that Runtime returns right after a reload reaches the new worker, and what it changes is there to stay.
func TestRuntimeChangesAfterAReloadReachTheNewWorker(t *testing.T) {
	f := newFixture(t)
	p := f.start(t)
	for i := range 30 {
		if err := p.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		run, err := p.Runtime()
		if err != nil {
			t.Fatal(err)
		}
		if err := run.Run(t.Context(), runtime.SetServerState("b", "s", runtime.Drain)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i%4) * time.Millisecond)
		states, err := run.ServerStates(t.Context(), "b")
		if err != nil || len(states) != 1 || !states[0].Draining() {
			t.Fatalf("reload %d: %+v, %v", i, states, err)
		}
	}
}

func TestNewWorkerIsOneThatWasNotThere(t *testing.T) {
	procs := func(workers, old []int) runtime.Processes {
		var p runtime.Processes
		for _, pid := range workers {
			p.Workers = append(p.Workers, runtime.Process{PID: pid})
		}
		for _, pid := range old {
			p.Old = append(p.Old, runtime.Process{PID: pid})
		}
		return p
	}
	cases := []struct {
		before, now runtime.Processes
		want        int
	}{
		{procs([]int{1}, nil), procs([]int{2}, []int{1}), 2},
		{procs([]int{1}, nil), procs([]int{1}, nil), 0},           // failed, as 2.6 and 3.0 list it
		{procs([]int{1}, nil), procs(nil, []int{1}), 0},           // failed, as 3.2 lists it
		{procs(nil, []int{1}), procs([]int{1}, nil), 0},           // the same one in the other list
		{procs(nil, []int{1}), procs([]int{3}, []int{1}), 3},      // after a failure
		{procs([]int{1}, []int{9}), procs([]int{9}, []int{1}), 0}, // never seen, but no new one either
	}
	for i, c := range cases {
		if got := newWorker(c.before, c.now); got != c.want {
			t.Errorf("case %d: %d, want %d", i, got, c.want)
		}
	}
}

func TestReloadBeforeStart(t *testing.T) {
	f := newFixture(t)
	if err := New(f.opts).Reload(t.Context()); !errors.Is(err, ErrDown) {
		t.Errorf("reload: %v", err)
	}
}

func TestAfterStop(t *testing.T) {
	f := newFixture(t)
	p := f.start(t)
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Errorf("second stop: %v", err)
	}
	if err := p.Reload(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("reload: %v", err)
	}
	if s := p.State(); s.Up {
		t.Errorf("state %+v", s)
	}
}
