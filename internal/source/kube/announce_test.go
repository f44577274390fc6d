package kube

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestOneChangeIsAnnouncedAtOnceAndASeriesAFewTimes runs on a clock of its own.
func TestOneChangeIsAnnouncedAtOnceAndASeriesAFewTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Debounce: 20 * time.Millisecond, MaxDelay: 200 * time.Millisecond})
		ctx, cancel := context.WithCancel(t.Context())
		announced := make(chan time.Time, 1000)
		begin := time.Now()
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.announce(ctx, func() { announced <- time.Now() })
		}()
		at := func() time.Duration {
			t.Helper()
			select {
			case when := <-announced:
				return when.Sub(begin)
			case <-time.After(time.Second):
				t.Fatal("nothing is announced")
				return 0
			}
		}
		wake := func() {
			select {
			case s.woken <- struct{}{}:
			default:
			}
		}
		time.Sleep(50 * time.Millisecond)
		wake()
		if got := at(); got != 50*time.Millisecond {
			t.Errorf("the first change is announced after %s", got)
		}
		time.Sleep(5 * time.Millisecond)
		wake()
		if got := at(); got != 75*time.Millisecond {
			t.Errorf("the second change, 5 ms later, is announced after %s", got)
		}
		time.Sleep(100 * time.Millisecond)
		for range 100 { // a second, more often than Debounce
			wake()
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(100 * time.Millisecond)
		if n := len(announced); n < 4 || n > 7 {
			t.Errorf("a series of a second is announced %d times", n)
		}
		cancel()
		<-done
	})
}
