package compare

import (
	"slices"
	"strings"
)

// Difference is one field in which the answers to a request differ.
type Difference struct {
	Field    string `json:"field"`
	Left     string `json:"left"`
	Right    string `json:"right"`
	Unsteady string `json:"unsteady,omitempty"` // why it says nothing about the two sides; "": it holds at every attempt
	Accepted string `json:"accepted,omitempty"` // the reason in the file of accepted differences
}

// pair is what one attempt has shown.
type pair struct{ left, right observed }

// settle says which differences of the first attempt hold at all of them. A field is unsteady if both sides have given
// the same value once, or if each of them gives another value each time. One side that varies while the other does not
// is a difference.
func settle(attempts []pair) []Difference {
	var out []Difference
	for _, field := range differingOnce(attempts) {
		var left, right []string
		for _, p := range attempts {
			left = append(left, p.left.value(field))
			right = append(right, p.right.value(field))
		}
		d := Difference{Field: field}
		for _, p := range attempts { // the first attempt that shows it
			if d.Left, d.Right = p.left.value(field), p.right.value(field); d.Left != d.Right {
				break
			}
		}
		switch {
		case len(attempts) == 1:
		case slices.ContainsFunc(left, func(v string) bool { return slices.Contains(right, v) }):
			d.Unsteady = "both sides have given the same value in another attempt"
		case varies(left) && varies(right):
			d.Unsteady = "both sides give another value each time"
		}
		out = append(out, d)
	}
	return out
}

func differingOnce(attempts []pair) []string {
	var out []string
	for _, p := range attempts {
		out = append(out, differing(p.left, p.right)...)
	}
	slices.SortFunc(out, compareFields)
	return slices.Compact(out)
}

// varies reports whether no value was given twice.
func varies(values []string) bool {
	sorted := slices.Sorted(slices.Values(values))
	return len(slices.Compact(sorted)) == len(values)
}

// shape is what a difference has in common with others of its kind: the values where they are few, otherwise which side
// has the field.
func (d Difference) shape() (left, right string) {
	word := func(v string) string {
		if v == absent {
			return absent
		}
		return "(present)"
	}
	few := d.Field == "outcome" || d.Field == "status" || d.Field == "saw.method" || d.Field == "saw.server" || strings.HasPrefix(d.Field, "tls.")
	switch {
	case few && d.Field != "tls.authorities":
		return d.Left, d.Right
	case d.Left != absent && d.Right != absent:
		return "one value", "another value"
	default:
		return word(d.Left), word(d.Right)
	}
}
