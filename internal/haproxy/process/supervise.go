package process

import (
	"context"
	"time"
)

// supervise waits for the end of HAProxy, and begins anew unless Stop wanted it.
func (p *Process) supervise(c *child) {
	defer close(p.done)
	defer p.output.close()
	attempt := 0
	for {
		<-c.exited
		p.setDown()
		if p.isStopping() {
			return
		}
		if time.Since(c.started) >= p.opts.StableAfter {
			attempt = 0
		}
		delay := p.backoff(attempt)
		p.opts.OnEvent(Event{Kind: Died, Err: p.exitError(c), Restarts: p.State().Restarts, Delay: delay})
		for {
			if !p.pause(delay) {
				return
			}
			attempt++
			next, err := p.relaunch()
			if err == nil {
				c = next
				break
			}
			if p.isStopping() {
				return
			}
			delay = p.backoff(attempt)
			p.opts.OnEvent(Event{Kind: RestartFailed, Err: err, Restarts: p.State().Restarts, Delay: delay})
		}
		s := p.State()
		p.opts.OnEvent(Event{Kind: Started, Worker: s.Worker, Restarts: s.Restarts})
	}
}

// backoff is nothing for the first restart of a row, so that a single crash costs as little as it can.
func (p *Process) backoff(attempt int) time.Duration {
	if attempt == 0 {
		return 0
	}
	d := p.opts.MinBackoff
	for range attempt - 1 {
		if d *= 2; d >= p.opts.MaxBackoff {
			break
		}
	}
	return min(d, p.opts.MaxBackoff)
}

// pause waits, unless somebody wants the restart now; false: Stop was called.
func (p *Process) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-p.kick:
	case <-p.stopping:
		return false
	}
	return !p.isStopping()
}

func (p *Process) relaunch() (*child, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-p.stopping:
			cancel()
		case <-stop:
		}
	}()
	if err := p.opts.BeforeRestart(); err != nil {
		return nil, err
	}
	c, err := p.launch(ctx)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.state.Restarts++
	p.mu.Unlock()
	return c, nil
}

// launch starts a master and waits for its worker. The child is known to Stop from its first moment on.
func (p *Process) launch(ctx context.Context) (*child, error) {
	ctx, cancel := context.WithTimeout(ctx, p.opts.StartTimeout)
	defer cancel()
	mark := p.output.mark()
	c, err := startChild(p.opts.Binary, p.opts.Paths, p.output)
	if err != nil {
		return nil, err
	}
	c.mark.Store(int64(mark))
	p.mu.Lock()
	p.child = c
	p.mu.Unlock()
	worker, err := p.awaitWorker(ctx, c, func(int) bool { return true })
	if err != nil {
		c.kill()
		<-c.exited
		p.setDown()
		return nil, err
	}
	p.setUp(c, worker)
	return c, nil
}

func (p *Process) setUp(c *child, worker int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.Up, p.state.Master, p.state.Worker, p.state.Since = true, c.pid, worker, time.Now()
}

func (p *Process) setDown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.child = nil
	p.state.Up, p.state.Master, p.state.Worker, p.state.Since = false, 0, 0, time.Now()
}
