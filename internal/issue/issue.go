// Package issue is the one diagnostic type of Hawser.
//
// A producer returns issues, it never logs them; an issue says which object and field it is about, what happens to
// traffic, and what to write instead. No issue carries the content of a Secret.
package issue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity orders issues for a reader.
type Severity string

const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Effect is what traffic sees of an issue.
type Effect string

const (
	None         Effect = "none"         // served as written
	Approximated Effect = "approximated" // served, with a documented difference
	Ignored      Effect = "ignored"      // served without the setting
	Withheld     Effect = "withheld"     // not served: the route or host is closed
)

// Ref names the object, and where it was read from, when that was a file.
type Ref struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"` // first line of the object in File, counted from 1
}

// String gives "Ingress shop/web", or the file position of something that is no object yet.
func (r Ref) String() string {
	switch {
	case r.Kind == "" && r.File != "":
		return r.position()
	case r.Namespace == "":
		return strings.TrimSpace(r.Kind + " " + r.Name)
	default:
		return fmt.Sprintf("%s %s/%s", r.Kind, r.Namespace, r.Name)
	}
}

// position is "shop.yaml:12", or the file alone where no line is known.
func (r Ref) position() string {
	if r.Line == 0 {
		return r.File
	}
	return fmt.Sprintf("%s:%d", r.File, r.Line)
}

// Same reports whether two references name the same object, wherever it was read from.
func (r Ref) Same(other Ref) bool {
	return r.Kind == other.Kind && r.Namespace == other.Namespace && r.Name == other.Name
}

// Issue is one diagnostic.
type Issue struct {
	Code       Code     `json:"code"`
	Severity   Severity `json:"severity"`
	Effect     Effect   `json:"effect"`
	Object     Ref      `json:"object"`
	Field      string   `json:"field,omitempty"`      // annotation key or field path
	Message    string   `json:"message"`              // one sentence, never a secret
	Suggestion string   `json:"suggestion,omitempty"` // what to write instead
}

// List is what a producer returns.
type List []Issue

// Sorted returns a copy without duplicates, ordered by object, field, code and message.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortFunc(out, compare)
	return slices.Compact(out)
}

// Has reports whether an issue of that effect is in the list.
func (l List) Has(e Effect) bool {
	return slices.ContainsFunc(l, func(i Issue) bool { return i.Effect == e })
}

func compare(a, b Issue) int {
	return cmp.Or(
		cmp.Compare(a.Object.Namespace, b.Object.Namespace),
		cmp.Compare(a.Object.Kind, b.Object.Kind),
		cmp.Compare(a.Object.Name, b.Object.Name),
		cmp.Compare(a.Object.File, b.Object.File),
		cmp.Compare(a.Object.Line, b.Object.Line),
		cmp.Compare(a.Field, b.Field),
		cmp.Compare(a.Code, b.Code),
		cmp.Compare(a.Message, b.Message),
		cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.Effect, b.Effect),
		cmp.Compare(a.Suggestion, b.Suggestion),
	)
}
