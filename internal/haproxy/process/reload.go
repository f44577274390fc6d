package process

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// RefusedError is a configuration that HAProxy did not take: a check or a reload that failed. After a reload the
// worker before it goes on.
type RefusedError struct {
	Alerts []Diagnostic
}

func (e *RefusedError) Error() string { return "HAProxy refuses the configuration" + list(e.Alerts) }

// Reload makes a new worker read the configuration, and returns when it answers and new connections go there. With an
// error the worker before goes on, and errors.As finds a *RefusedError, or a *BindError when a port is taken. HAProxy
// pauses the old listeners while it tries such a port, so CheckPorts comes first for addresses that are new.
//
// When HAProxy is down, waiting for its next start, it is started now, and reloaded all the same: nobody knows which
// version of the files that start has read.
func (p *Process) Reload(ctx context.Context) error {
	p.reloading.Lock()
	defer p.reloading.Unlock()
	ctx, cancel := context.WithTimeout(ctx, p.opts.StartTimeout)
	defer cancel()
	if err := p.awaitUp(ctx); err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	c := p.current()
	if c == nil {
		return fmt.Errorf("reload: %w", ErrDown)
	}
	err := p.reload(ctx, c)
	c.mark.Store(int64(p.output.mark()))
	if err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	return nil
}

func (p *Process) reload(ctx context.Context, c *child) error {
	before, err := p.processes(ctx, c, func(runtime.Processes) bool { return true })
	if err != nil {
		return err
	}
	mark := p.output.mark()
	log, err := p.master.Reload(ctx)
	var failed *runtime.ReloadError
	switch {
	case errors.As(err, &failed):
		return refused(ParseLog(failed.Log))
	case err != nil && !errors.Is(err, runtime.ErrNoOutcome):
		return p.orExit(c, err)
	}
	// The master counts before its new worker is ready, so the worker's answer decides, not this.
	after, err := p.processes(ctx, c, func(now runtime.Processes) bool {
		return now.Master.Reloads > before.Master.Reloads && (now.Failed > 0 || newWorker(before, now) != 0)
	})
	if err != nil {
		return err
	}
	worker := newWorker(before, after)
	if worker == 0 {
		return refused(p.output.since(mark))
	}
	if _, err := p.awaitNew(ctx, c, worker, ParseLog(log), mark); err != nil {
		return err
	}
	p.setUp(c, worker)
	p.endOldest(ctx, worker)
	return nil
}

// awaitNew waits for the new worker's answer, and stops when the master gives it up.
func (p *Process) awaitNew(ctx context.Context, c *child, worker int, log []Diagnostic, mark int) (int, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for ctx.Err() == nil {
			procs, err := p.master.Processes(ctx)
			if err == nil && !slices.ContainsFunc(procs.Workers, func(w runtime.Process) bool { return w.PID == worker }) {
				cancel(refused(append(log, p.output.since(mark)...)))
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * pollInterval):
			}
		}
	}()
	pid, err := p.awaitWorker(ctx, c, func(pid int) bool { return pid == worker })
	cancel(nil)
	<-gone
	return pid, err
}

// processes asks the master until it gives an answer that is wanted; it is deaf for moments while it starts anew.
func (p *Process) processes(ctx context.Context, c *child, want func(runtime.Processes) bool) (runtime.Processes, error) {
	for {
		procs, err := p.master.Processes(ctx)
		if err == nil && want(procs) {
			return procs, nil
		}
		select {
		case <-c.exited:
			return runtime.Processes{}, p.exitError(c)
		case <-ctx.Done():
			return runtime.Processes{}, fmt.Errorf("%w; last: %v", context.Cause(ctx), err)
		case <-time.After(pollInterval):
		}
	}
}

func newWorker(before, now runtime.Processes) int {
	known := slices.Concat(before.Workers, before.Old)
	for _, w := range now.Workers {
		if !slices.ContainsFunc(known, func(k runtime.Process) bool { return k.PID == w.PID }) {
			return w.PID
		}
	}
	return 0
}

func refused(log []Diagnostic) error {
	alerts := alertsOf(log)
	if err := bindErrors(alerts); err != nil {
		return err
	}
	return &RefusedError{Alerts: alerts}
}

// orExit prefers the end of HAProxy, when that is what happened, over the error of a socket.
func (p *Process) orExit(c *child, err error) error {
	select {
	case <-c.exited:
		return p.exitError(c)
	case <-time.After(50 * time.Millisecond):
		return err
	}
}

// awaitUp ends a back-off and waits until HAProxy runs.
func (p *Process) awaitUp(ctx context.Context) error {
	if p.isStopping() {
		return ErrStopped
	}
	if p.output == nil {
		return ErrDown
	}
	if p.State().Up {
		return nil
	}
	select {
	case p.kick <- struct{}{}:
	default:
	}
	for !p.State().Up {
		select {
		case <-p.done:
			return ErrStopped
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrDown, context.Cause(ctx))
		case <-time.After(pollInterval):
		}
	}
	return nil
}
