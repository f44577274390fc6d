package render

import (
	"math"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/model"
)

// TestTicks: a request takes as many ticks as nginx would have it, to within two hundredths, and the longest burst is
// told apart from the past.
func TestTicks(t *testing.T) {
	for _, per := range []time.Duration{time.Second, time.Minute} {
		for _, count := range []int{1, 2, 3, 5, 7, 10, 60, 99, 1000, 1001, 1500} {
			unit, cost := ticks(model.Rate{Count: count, Per: per})
			got := float64(unit*cost) / float64(time.Second/time.Microsecond)
			want := per.Seconds() / float64(count)
			if math.Abs(got/want-1) > 0.02 {
				t.Errorf("%d in %v: a request takes %g s, want %g", count, per, got, want)
			}
			if maxBurst*cost+cost >= half32 {
				t.Errorf("%d in %v: a burst of %d requests of %d ticks looks like the past", count, per, maxBurst, cost)
			}
			if span := time.Duration(unit) * time.Microsecond * half32; span < maxDrain+time.Minute {
				t.Errorf("%d in %v: times are told apart for %v only", count, per, span)
			}
		}
	}
	if _, cost := ticks(model.Rate{Count: math.MaxInt32, Per: time.Second}); cost < 1 {
		t.Error("a request above all rates takes no time")
	}
}
