package load

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Client sends requests to its targets in turn.
type Client struct {
	Targets []Target
	Judge   Judge
	Fresh   bool          // a new connection for each request
	Every   time.Duration // between two requests; 0: as fast as the answers come
	Limit   int           // of requests; 0: until ctx ends
}

// Run sends until ctx ends or the limit is reached. A keep-alive client has one connection for each target.
func (l Client) Run(ctx context.Context) Counts {
	var counts Counts
	conns := make([]*Conn, len(l.Targets))
	defer func() {
		for _, c := range conns {
			if c != nil {
				_ = c.Close()
			}
		}
	}()
	var tick <-chan time.Time
	if l.Every > 0 {
		ticker := time.NewTicker(l.Every)
		defer ticker.Stop()
		tick = ticker.C
	}
	for n := 0; l.Limit == 0 || n < l.Limit; n++ {
		if tick != nil {
			select {
			case <-tick:
			case <-ctx.Done():
				return counts
			}
		}
		if ctx.Err() != nil {
			return counts
		}
		k := n % len(l.Targets)
		if l.Fresh {
			l.fresh(l.Targets[k], &counts)
		} else {
			conns[k] = l.kept(l.Targets[k], conns[k], &counts)
		}
	}
	return counts
}

// fresh sends one request on a connection of its own.
func (l Client) fresh(t Target, counts *Counts) {
	sent := time.Now()
	var a Answer
	c, err := Dial(t)
	if err == nil {
		sent = time.Now()
		a, err = c.Do()
		_ = c.Close()
	}
	counts.count(t, a, err, sent, l.Judge)
}

// kept sends one request on a connection that is kept, and returns the one for the next request. A connection that ends
// between two requests is counted as closed, and the request is sent once more on a new one, as every client does.
func (l Client) kept(t Target, c *Conn, counts *Counts) *Conn {
	for {
		sent := time.Now()
		if c == nil {
			var err error
			if c, err = Dial(t); err != nil {
				counts.count(t, Answer{}, err, sent, l.Judge)
				return nil
			}
			sent = time.Now()
		}
		used := c.Used
		a, err := c.Do()
		if errors.Is(err, errNoAnswer) && used > 0 {
			counts.Closed++
			counts.note(t, "a keep-alive connection was closed")
			_ = c.Close()
			c = nil
			continue
		}
		counts.count(t, a, err, sent, l.Judge)
		if err != nil || a.Closing {
			if err == nil {
				counts.Closed++
				counts.note(t, "the answer ends a keep-alive connection")
			}
			_ = c.Close()
			return nil
		}
		return c
	}
}

// Group runs clients beside one another.
type Group struct {
	cancel context.CancelFunc
	wait   sync.WaitGroup
	mu     sync.Mutex // guards counts
	counts Counts
}

// Start runs the clients until Stop.
func Start(ctx context.Context, clients ...Client) *Group {
	ctx, cancel := context.WithCancel(ctx)
	g := &Group{cancel: cancel}
	for _, c := range clients {
		g.wait.Go(func() {
			counts := c.Run(ctx)
			g.mu.Lock()
			defer g.mu.Unlock()
			g.counts.Add(counts)
		})
	}
	return g
}

// Stop ends the clients after their current request and returns the sum.
func (g *Group) Stop() Counts {
	g.cancel()
	return g.Wait()
}

// Wait returns the sum when every client has reached its limit.
func (g *Group) Wait() Counts {
	g.wait.Wait()
	g.cancel()
	return g.counts
}
