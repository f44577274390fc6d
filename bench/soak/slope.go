// Package soak changes everything that changes in a day, in minutes, beside traffic, and gives a verdict: memory that
// stays flat, no worker left behind, no failed request.
//
// The order of the changes follows from their number. A verdict lists every reason against it.
package soak

import (
	"fmt"
	"time"
)

// point is the memory at a time, in MiB.
type point struct {
	at  time.Duration
	mib float64
}

// slope is how much memory grows in an hour, by the line that fits the points best. Fewer than two points have none.
func slope(points []point) float64 {
	n := float64(len(points))
	if n < 2 {
		return 0
	}
	var sumX, sumY, sumXY, sumXX float64
	for _, p := range points {
		x := p.at.Hours()
		sumX, sumY, sumXY, sumXX = sumX+x, sumY+p.mib, sumXY+x*p.mib, sumXX+x*x
	}
	below := n*sumXX - sumX*sumX
	if below == 0 {
		return 0
	}
	return (n*sumXY - sumX*sumY) / below
}

// warmUp is the part of the time in which memory may still grow.
const warmUp = 1. / 3

// flat looks at the time after the warm-up. What the line gains until the end may be a tenth of the memory, and
// allowance MiB whatever it is, for what the runtime and the allocator keep and give back.
func flat(what string, points []point, whole time.Duration, allowance float64) (text string, ok bool) {
	var late []point
	for _, p := range points {
		if p.at.Seconds() >= whole.Seconds()*warmUp {
			late = append(late, p)
		}
	}
	if len(late) < 5 {
		return fmt.Sprintf("%s: %d points are too few", what, len(late)), false
	}
	var sum float64
	for _, p := range late {
		sum += p.mib
	}
	mean := sum / float64(len(late))
	gain := slope(late) * (late[len(late)-1].at - late[0].at).Hours()
	most := max(mean*0.1, allowance)
	return fmt.Sprintf("%s: %.0f MiB in the mean, %+.1f MiB from %s to %s (at most %.1f)", what, mean, gain,
		late[0].at.Round(time.Second), late[len(late)-1].at.Round(time.Second), most), gain <= most
}
