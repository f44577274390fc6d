package measure

import (
	"slices"
	"time"
)

// Times are the durations of changes of one kind, and the reloads that they took.
type Times struct {
	All     []time.Duration
	Reloads float64
	Bad     int // requests that a user would have noticed
}

// Quantile is the smallest duration that a part of all, such as 0.99, does not exceed.
func (t Times) Quantile(part float64) time.Duration {
	if len(t.All) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t.All))
	at := int(part*float64(len(sorted))+0.999999) - 1
	return sorted[min(max(at, 0), len(sorted)-1)]
}

// Median of numbers; that of an even count is the mean of the two in the middle.
func Median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	m := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[m]
	}
	return (sorted[m-1] + sorted[m]) / 2
}
