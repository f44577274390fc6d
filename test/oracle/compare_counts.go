package oracle

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// counts compares how often each outcome occurred; where two recordings differed, five standard deviations around their middle are alike.
func (d *differences) counts(field string, want, got map[string]Count) {
	total := 0
	for _, c := range got {
		total += c.Low
	}
	names := maps.Clone(want)
	if names == nil {
		names = map[string]Count{}
	}
	maps.Copy(names, got)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		w, g := want[name], got[name]
		if !w.near(g, total) {
			d.text(field, show(want), show(got))
			return
		}
	}
}

func (c Count) near(got Count, total int) bool {
	if c.Any {
		return true
	}
	if c.Low == c.High {
		return got == c
	}
	middle := float64(c.Low+c.High) / 2
	share := middle / math.Max(float64(total), 1)
	allowed := 1 + 5*math.Sqrt(math.Max(0, float64(total)*share*(1-share)))
	return math.Abs(float64(got.Low)-middle) <= math.Max(allowed, float64(c.High-c.Low)/2)
}

func show(counts map[string]Count) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		c := counts[name]
		switch {
		case c.Any:
			out = append(out, name+"=~")
		case c.Low != c.High:
			out = append(out, fmt.Sprintf("%s=~%d..%d", name, c.Low, c.High))
		default:
			out = append(out, fmt.Sprintf("%s=%d", name, c.Low))
		}
	}
	return strings.Join(out, " ")
}
