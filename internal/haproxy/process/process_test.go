package process

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestReloadsLoseNoRequest(t *testing.T) {
	f := newFixture(t)
	p := f.start(t)
	var stop atomic.Bool
	var done atomic.Int64
	var wg sync.WaitGroup
	failures := make(chan error, 1000)
	for i := range 8 {
		client := fresh()
		if i%2 == 0 {
			client = &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
		}
		wg.Go(func() {
			for !stop.Load() {
				if err := f.get(client, "?wait=2ms"); err != nil {
					failures <- err
					return
				}
				done.Add(1)
			}
		})
	}
	for i := range 20 {
		before := p.State().Worker
		f.write(t, fmt.Sprintf("# %d\n", i))
		if err := p.Reload(t.Context()); err != nil {
			t.Fatalf("reload %d: %v", i, err)
		}
		if after := p.State().Worker; after == before || after == 0 {
			t.Errorf("reload %d: worker %d, was %d", i, after, before)
		}
		run, err := p.Runtime()
		if err != nil {
			t.Fatal(err)
		}
		if info, err := run.Info(t.Context()); err != nil || info.PID != p.State().Worker {
			t.Errorf("reload %d: %d answers, want %d: %v", i, info.PID, p.State().Worker, err)
		}
	}
	stop.Store(true)
	wg.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
	if done.Load() < 100 {
		t.Errorf("only %d requests", done.Load())
	}
	t.Logf("%d requests during 20 reloads", done.Load())
	if p.State().Restarts != 0 {
		t.Error("restarted")
	}
}

func TestBrokenConfigurationIsRefusedWhileTheOldOneRuns(t *testing.T) {
	f := newFixture(t)
	p := f.start(t)
	worker := p.State().Worker
	f.write(t, "  bogus line\n")
	err := p.Reload(t.Context())
	refused, ok := errors.AsType[*RefusedError](err)
	if !ok {
		t.Fatalf("reload: %v", err)
	}
	if a := refused.Alerts[0]; a.File != f.opts.Paths.Config || a.Line != 17 || !strings.Contains(a.Text, "bogus") {
		t.Errorf("alert %+v", a)
	}
	if err := f.get(fresh(), ""); err != nil {
		t.Error(err)
	}
	if s := p.State(); !s.Up || s.Worker != worker {
		t.Errorf("state %+v, worker was %d", s, worker)
	}
	if n, err := p.OldWorkers(t.Context()); n != 0 || err != nil {
		t.Errorf("%d old workers, %v", n, err)
	}
	f.write(t, "")
	if err := p.Reload(t.Context()); err != nil {
		t.Errorf("reload of the repaired configuration: %v", err)
	}
	if s := p.State(); s.Worker == worker {
		t.Error("still the old worker")
	}
}

func TestReloadOntoATakenPortFailsWithItsName(t *testing.T) {
	f := newFixture(t)
	p := f.start(t)
	taken := occupy(t)
	f.write(t, fmt.Sprintf("frontend other\n  bind %s\n", taken))
	err := p.Reload(t.Context())
	bind, ok := errors.AsType[*BindError](err)
	if !ok || bind.Addr != taken || bind.Reason != "address already in use" {
		t.Fatalf("reload: %v", err)
	}
	if err := f.get(fresh(), ""); err != nil {
		t.Error(err)
	}
	f.write(t, "")
	if err := p.Reload(t.Context()); err != nil {
		t.Error(err)
	}
	syscall.Kill(p.State().Worker, syscall.SIGKILL)
	if died := f.next(t, Died); errors.As(died.Err, &bind) {
		t.Errorf("a crash is put down to the old failure: %v", died.Err)
	}
}

func TestStartFailsClearly(t *testing.T) {
	t.Run("port taken, found before the start", func(t *testing.T) {
		f := newFixture(t)
		other := New(f.opts)
		if err := other.Start(t.Context(), f.addr); err != nil {
			t.Fatal(err)
		}
		defer other.Stop(t.Context())
		err := New(f.opts).Start(t.Context(), f.addr)
		if want := "cannot bind " + f.addr.String() + ": address already in use"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	})
	t.Run("port taken, found by HAProxy", func(t *testing.T) {
		f := newFixture(t)
		taken := occupy(t)
		f.write(t, fmt.Sprintf("frontend other\n  bind %s\n", taken))
		p := New(f.opts)
		err := p.Start(t.Context())
		if want := "cannot bind " + taken + ": address already in use"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		f.write(t, "")
		if err := p.Start(t.Context()); err != nil {
			t.Fatalf("the second start: %v", err)
		}
		if err := p.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		<-p.Done()
	})
	t.Run("broken configuration", func(t *testing.T) {
		f := newFixture(t)
		f.write(t, "  bogus line\n")
		err := New(f.opts).Start(t.Context())
		exit, ok := errors.AsType[*ExitError](err)
		if !ok || len(exit.Alerts) != 1 || exit.Alerts[0].Line != 17 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no such binary", func(t *testing.T) {
		f := newFixture(t)
		f.opts.Binary = "/nowhere/haproxy"
		if err := New(f.opts).Start(t.Context()); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("socket path too long", func(t *testing.T) {
		f := newFixture(t)
		f.opts.Paths.Master = f.dir + "/" + strings.Repeat("x", 90)
		if err := New(f.opts).Start(t.Context()); err == nil || !strings.Contains(err.Error(), "longer than 97") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("no answer in time", func(t *testing.T) {
		f := newFixture(t)
		f.opts.Paths.Runtime += ".other"
		f.opts.StartTimeout = 500 * time.Millisecond
		if err := New(f.opts).Start(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := CheckPorts(t.Context(), f.addr); err != nil {
			t.Errorf("a process was left: %v", err)
		}
	})
}

func TestKilledWorkerIsReplaced(t *testing.T) {
	f := newFixture(t)
	p := f.start(t)
	before := p.State()
	syscall.Kill(before.Worker, syscall.SIGKILL)
	died := f.next(t, Died)
	if died.Err == nil || died.Delay != 0 {
		t.Errorf("event %+v", died)
	}
	started := f.next(t, Started)
	if started.Restarts != 1 || started.Worker == before.Worker || started.Worker != p.State().Worker {
		t.Errorf("event %+v, state %+v", started, p.State())
	}
	if err := f.get(fresh(), ""); err != nil {
		t.Error(err)
	}
	if err := p.Reload(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestKilledMasterIsReplacedAndLeavesNoOrphan(t *testing.T) {
	f := newFixture(t)
	f.opts.MinBackoff = 50 * time.Millisecond
	p := f.start(t)
	for i := range 3 {
		before := p.State()
		syscall.Kill(before.Master, syscall.SIGKILL)
		died := f.next(t, Died)
		if want := []time.Duration{0, 50 * time.Millisecond, 100 * time.Millisecond}[i]; died.Delay != want {
			t.Errorf("crash %d: delay %v, want %v", i, died.Delay, want)
		}
		f.next(t, Started)
		if alive(before.Worker) {
			t.Errorf("crash %d: worker %d lives on", i, before.Worker)
		}
		if err := f.get(fresh(), ""); err != nil {
			t.Error(err)
		}
	}
}

func TestRestartThatFailsIsReportedAndReloadRepairsIt(t *testing.T) {
	f := newFixture(t)
	f.opts.MinBackoff, f.opts.MaxBackoff = time.Hour, time.Hour
	p := f.start(t)
	f.write(t, "  bogus line\n")
	syscall.Kill(p.State().Master, syscall.SIGKILL)
	failed := f.next(t, RestartFailed)
	if exit, ok := errors.AsType[*ExitError](failed.Err); !ok || len(exit.Alerts) == 0 || failed.Delay != time.Hour {
		t.Errorf("event %+v", failed)
	}
	if _, err := p.Runtime(); !errors.Is(err, ErrDown) {
		t.Errorf("runtime client while down: %v", err)
	}
	f.write(t, "")
	if err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.get(fresh(), ""); err != nil {
		t.Error(err)
	}
}

func TestStopDrains(t *testing.T) {
	f := newFixture(t)
	p := f.start(t)
	result := make(chan error, 1)
	go func() { result <- f.get(fresh(), "?wait=700ms") }()
	time.Sleep(200 * time.Millisecond)
	begin := time.Now()
	stopped := make(chan error, 1)
	go func() { stopped <- p.Stop(t.Context()) }()
	time.Sleep(200 * time.Millisecond)
	if err := CheckPorts(t.Context(), f.addr); err != nil {
		t.Errorf("the port is still open while draining: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if d := time.Since(begin); d < 400*time.Millisecond {
		t.Errorf("Stop returned after %v, before the request had ended", d)
	}
	if err := <-result; err != nil {
		t.Errorf("the slow request: %v", err)
	}
	<-p.Done()
	if !strings.Contains(f.access.String(), "GET /?wait=700ms 200\n") {
		t.Errorf("access log %q", f.access)
	}
	if err := p.Reload(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("reload after stop: %v", err)
	}
}

func TestStopCutsAtTheDeadline(t *testing.T) {
	f := newFixture(t)
	p := f.start(t)
	result := make(chan error, 1)
	go func() { result <- f.get(fresh(), "?wait=1500ms") }()
	time.Sleep(200 * time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := p.Stop(ctx); !errors.Is(err, ErrCut) {
		t.Errorf("stop: %v", err)
	}
	if d := time.Since(begin); d > 2*time.Second {
		t.Errorf("Stop took %v", d)
	}
	if err := <-result; err == nil {
		t.Error("the request was not cut")
	}
}

func TestStopWhileRestarting(t *testing.T) {
	f := newFixture(t)
	f.opts.MinBackoff, f.opts.MaxBackoff = time.Hour, time.Hour
	p := f.start(t)
	f.write(t, "  bogus line\n")
	syscall.Kill(p.State().Master, syscall.SIGKILL)
	f.next(t, RestartFailed)
	if err := p.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOldWorkersAreCounted(t *testing.T) {
	f := newFixture(t)
	p := f.start(t)
	result := make(chan error, 1)
	go func() { result <- f.get(fresh(), "?wait=2s") }()
	time.Sleep(200 * time.Millisecond)
	if err := p.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := p.OldWorkers(t.Context()); n != 1 || err != nil {
		t.Errorf("%d old workers, %v; want 1", n, err)
	}
	if err := <-result; err != nil {
		t.Error(err)
	}
	for range 100 {
		if n, _ := p.OldWorkers(t.Context()); n == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the old worker stays")
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}
