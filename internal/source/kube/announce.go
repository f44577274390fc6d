package kube

import (
	"context"
	"time"
)

// announce says at once that something changed after a time of rest; while changes go on, it waits until it is quiet for
// Debounce, at most MaxDelay, so that a series is announced a few times only.
func (s *Source) announce(ctx context.Context, dirty func()) {
	var resync <-chan time.Time
	if s.Resync > 0 {
		ticker := time.NewTicker(s.Resync)
		defer ticker.Stop()
		resync = ticker.C
	}
	var last time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-resync:
		case <-s.woken:
			if time.Since(last) < s.Debounce {
				s.settle(ctx)
			}
		}
		dirty()
		last = time.Now()
	}
}

// settle waits for the end of a series.
func (s *Source) settle(ctx context.Context) {
	limit, quiet := time.NewTimer(s.MaxDelay), time.NewTimer(s.Debounce)
	defer limit.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-limit.C:
			return
		case <-quiet.C:
			return
		case <-s.woken:
			quiet.Reset(s.Debounce)
		}
	}
}
