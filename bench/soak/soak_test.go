package soak

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestSlope(t *testing.T) {
	hour := func(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }
	for name, c := range map[string]struct {
		points []point
		want   float64
	}{
		"none":       {nil, 0},
		"one":        {[]point{{hour(1), 5}}, 0},
		"the same":   {[]point{{hour(1), 5}, {hour(1), 7}}, 0},
		"flat":       {[]point{{hour(0), 5}, {hour(1), 5}, {hour(2), 5}}, 0},
		"growing":    {[]point{{hour(0), 5}, {hour(1), 8}, {hour(2), 11}}, 3},
		"with noise": {[]point{{hour(0), 6}, {hour(1), 7}, {hour(2), 12}}, 3},
	} {
		if got := slope(c.points); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %v, not %v", name, got, c.want)
		}
	}
}

func TestOnlyMemoryThatGrowsAfterTheWarmUpSpeaksAgainstIt(t *testing.T) {
	series := func(f func(minute int) float64) []point {
		var out []point
		for m := range 30 {
			out = append(out, point{time.Duration(m) * time.Minute, f(m)})
		}
		return out
	}
	for name, c := range map[string]struct {
		points []point
		ok     bool
	}{
		"flat":            {series(func(int) float64 { return 100 }), true},
		"warming up":      {series(func(m int) float64 { return 100 + 10*float64(min(m, 9)) }), true},
		"up and down":     {series(func(m int) float64 { return 100 + 20*float64(m%2) }), true},
		"shrinking":       {series(func(m int) float64 { return 200 - float64(m) }), true},
		"growing":         {series(func(m int) float64 { return 100 + 2*float64(m) }), false},
		"growing late":    {series(func(m int) float64 { return 100 + 3*float64(max(0, m-12)) }), false},
		"too few points":  {series(func(int) float64 { return 100 })[:13], false},
		"a small process": {series(func(m int) float64 { return 10 + 0.3*float64(m) }), true},
	} {
		text, ok := flat("it", c.points, 30*time.Minute, 8)
		if ok != c.ok || !strings.HasPrefix(text, "it: ") {
			t.Errorf("%s: %t, %s", name, ok, text)
		}
	}
}

func TestAVerdictHasEveryReason(t *testing.T) {
	var r Result
	r.judge(true, "one %d", 1)
	r.judge(false, "two")
	r.judge(false, "three")
	if len(r.Lines) != 3 || len(r.Verdicts) != 2 || r.Verdicts[0] != "two" {
		t.Errorf("%+v", r)
	}
}

// TestThePickMeetsEverySite, and never one that is to stay as it is.
func TestRatesAreNotFasterThanTheLoop(t *testing.T) {
	var perSecond float64
	for _, r := range rates() {
		if r.every < 50*time.Millisecond {
			t.Errorf("%s: every %s", r.what, r.every)
		}
		perSecond += 1 / r.every.Seconds()
	}
	if perSecond > 50 {
		t.Errorf("%.0f changes a second are too many for one goroutine", perSecond)
	}
}
