package kube

import (
	"context"
	"time"
)

// announce waits until it is quiet for Debounce, at most MaxDelay.
func (s *Source) announce(ctx context.Context, dirty func()) {
	var resync <-chan time.Time
	if s.Resync > 0 {
		ticker := time.NewTicker(s.Resync)
		defer ticker.Stop()
		resync = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-resync:
		case <-s.woken:
			s.settle(ctx)
		}
		dirty()
	}
}

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
