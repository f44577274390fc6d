package compare

import (
	"cmp"
	"encoding/json"
	"io"
	"slices"

	"github.com/hawser-ingress/hawser/internal/compare/probe"
)

// Report is what a comparison has shown. Its JSON form is stable: members are added, never changed.
type Report struct {
	Left        Side            `json:"left"`
	Right       Side            `json:"right"`
	Planned     int             `json:"planned"`
	Compared    int             `json:"compared"`    // same + different + accepted + unsteady
	Same        int             `json:"same"`        // no field differs
	Answers     map[string]int  `json:"answers"`     // of those that are the same: status, or why there is none -> number
	Different   int             `json:"different"`   // a field differs at every attempt
	Accepted    int             `json:"accepted"`    // all that differs is in the file of accepted differences
	Unsteady    int             `json:"unsteady"`    // all that differs and is not accepted varies by itself
	Failed      int             `json:"failed"`      // one of the sides could not be connected to
	Interrupted bool            `json:"interrupted"` // not everything was asked
	Groups      []Group         `json:"groups"`      // the differences by what they have in common
	Requests    []Result        `json:"requests"`    // those that are not the same, in the order they were planned
	LeftOut     []probe.LeftOut `json:"leftOut"`     // what could not be asked
	Unused      []Entry         `json:"unused"`      // accepted differences that did not occur; none if interrupted
	Log         *Log            `json:"log,omitempty"`
}

// Log is what became of an access log.
type Log struct {
	Lines   int      `json:"lines"`
	Read    int      `json:"read"`    // lines that are a request
	Unread  int      `json:"unread"`  // lines that are none
	Samples []string `json:"samples"` // the first of those
}

// Verdict sorts requests and groups.
type Verdict string

// The verdicts.
const (
	Differs  Verdict = "different"
	Known    Verdict = "accepted"
	Unsteady Verdict = "unsteady"
	Failed   Verdict = "failed"
)

// Result is a request whose answers are not the same.
type Result struct {
	Request     probe.Request `json:"request"`
	Verdict     Verdict       `json:"verdict"`
	Differences []Difference  `json:"differences,omitempty"`
	Error       string        `json:"error,omitempty"` // of a failed one
	Curl        [2]string     `json:"curl"`            // commands for the left and the right side
}

// Group is what differs in the same way.
type Group struct {
	Field    string   `json:"field"`
	Left     string   `json:"left"`
	Right    string   `json:"right"`
	Verdict  Verdict  `json:"verdict"`
	Reason   string   `json:"reason,omitempty"` // why it is accepted or unsteady
	Count    int      `json:"count"`
	Hosts    []string `json:"hosts"`    // sorted
	Requests []string `json:"requests"` // IDs
}

// Incomplete reports whether something is not known.
func (r *Report) Incomplete() bool { return r.Interrupted || r.Failed > 0 }

// verdict is that of a request.
func (r Result) verdict() Verdict {
	out := Known
	for _, d := range r.Differences {
		switch {
		case d.Accepted != "":
		case d.Unsteady != "":
			out = Unsteady
		default:
			return Differs
		}
	}
	return out
}

func (d Difference) verdict() (Verdict, string) {
	switch {
	case d.Accepted != "":
		return Known, d.Accepted
	case d.Unsteady != "":
		return Unsteady, d.Unsteady
	default:
		return Differs, ""
	}
}

// summarise counts and groups the results.
func (r *Report) summarise() {
	type key struct {
		field, left, right string
		verdict            Verdict
		reason             string
	}
	at := map[key]*Group{}
	for _, result := range r.Requests {
		switch result.Verdict {
		case Differs:
			r.Different++
		case Known:
			r.Accepted++
		case Unsteady:
			r.Unsteady++
		case Failed:
			r.Failed++
		}
		for _, d := range result.Differences {
			left, right := d.shape()
			verdict, reason := d.verdict()
			k := key{d.Field, left, right, verdict, reason}
			g := at[k]
			if g == nil {
				g = &Group{Field: d.Field, Left: left, Right: right, Verdict: verdict, Reason: reason}
				at[k] = g
			}
			g.Count++
			g.Hosts = append(g.Hosts, result.Request.Name())
			g.Requests = append(g.Requests, result.Request.ID)
		}
	}
	r.Compared = r.Same + r.Different + r.Accepted + r.Unsteady
	r.Groups = []Group{}
	for _, g := range at {
		slices.Sort(g.Hosts)
		g.Hosts = slices.Compact(g.Hosts)
		r.Groups = append(r.Groups, *g)
	}
	slices.SortFunc(r.Groups, compareGroups)
}

func compareGroups(a, b Group) int {
	order := func(v Verdict) int { return slices.Index([]Verdict{Differs, Unsteady, Known}, v) }
	return cmp.Or(order(a.Verdict)-order(b.Verdict), compareFields(a.Field, b.Field), b.Count-a.Count,
		cmp.Compare(a.Left, b.Left), cmp.Compare(a.Right, b.Right), cmp.Compare(a.Reason, b.Reason))
}

// WriteJSON writes the report for a program.
func WriteJSON(w io.Writer, r *Report) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
