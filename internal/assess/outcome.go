package assess

import (
	"fmt"
	"slices"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Outcome is what becomes of an Ingress, or of one setting.
type Outcome string

// The outcomes, in the order of their risk; Foreign stands beside it.
const (
	Served     Outcome = "served"     // as it is
	Ignored    Outcome = "ignored"    // served without some of its settings
	Difference Outcome = "difference" // served, with a listed difference
	Withheld   Outcome = "withheld"   // not served, or not all of it
	Foreign    Outcome = "foreign"    // left to another controller
)

// Outcomes lists all of them, the riskiest first.
func Outcomes() []Outcome { return []Outcome{Withheld, Difference, Ignored, Served, Foreign} }

// risk orders outcomes; the greater, the riskier.
func (o Outcome) risk() int { return len(Outcomes()) - slices.Index(Outcomes(), o) }

// of is the outcome of an issue's effect.
func of(e issue.Effect) Outcome {
	switch e {
	case issue.Withheld:
		return Withheld
	case issue.Approximated:
		return Difference
	case issue.Ignored:
		return Ignored
	case issue.None:
		return Served
	default:
		panic(fmt.Sprintf("an effect that nobody knows: %q", e))
	}
}

// Words is the outcome for a reader.
func (o Outcome) Words() string {
	switch o {
	case Served:
		return "served as is"
	case Ignored:
		return "settings ignored"
	case Difference:
		return "served with a difference"
	case Withheld:
		return "withheld"
	case Foreign:
		return "left to another controller"
	default:
		panic(fmt.Sprintf("an outcome that nobody knows: %q", o))
	}
}

// Threshold is the least outcome that fails an assessment.
type Threshold struct{ at Outcome }

// ParseThreshold reads the word of --fail-on; "none" never fails.
func ParseThreshold(s string) (Threshold, error) {
	switch o := Outcome(s); o {
	case Ignored, Difference, Withheld:
		return Threshold{o}, nil
	}
	if s == "none" {
		return Threshold{}, nil
	}
	return Threshold{}, fmt.Errorf("%q is none of none, ignored, difference, withheld", s)
}

// Fails reports whether a report reaches the threshold.
func (t Threshold) Fails(r *Report) bool { return t.at != "" && r.Worst.risk() >= t.at.risk() }
