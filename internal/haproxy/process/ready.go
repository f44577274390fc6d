package process

import (
	"context"
	"fmt"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

const pollInterval = 5 * time.Millisecond

// awaitWorker waits until a worker of the child that want accepts answers on the runtime socket.
func (p *Process) awaitWorker(ctx context.Context, c *child, want func(pid int) bool) (int, error) {
	for {
		pid, err := p.answering(ctx, want)
		if err == nil {
			return pid, nil
		}
		select {
		case <-c.exited:
			return 0, p.exitError(c)
		case <-ctx.Done():
			return 0, fmt.Errorf("HAProxy does not come up: %w; last: %w", context.Cause(ctx), err)
		case <-time.After(pollInterval):
		}
	}
}

// answering returns the worker that the master counts as its own and that answers, too.
func (p *Process) answering(ctx context.Context, want func(pid int) bool) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	info, err := p.client().Info(ctx)
	if err != nil {
		return 0, err
	}
	if info.Stopping || !want(info.PID) {
		return 0, fmt.Errorf("worker %d: %w", info.PID, runtime.ErrWrongWorker)
	}
	procs, err := p.master.Processes(ctx)
	if err != nil {
		return 0, err
	}
	for _, w := range procs.Workers {
		if w.PID == info.PID {
			return info.PID, nil
		}
	}
	return 0, fmt.Errorf("worker %d isn't the master's: %w", info.PID, runtime.ErrWrongWorker)
}
