// Package report turns what was measured into a table, JSON, and the lines of documents that quote it.
//
// A target is stated once, beside the limits that decide about it. A row that was not measured is left out, and one
// that has no target passes nothing and fails nothing.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Row is a line of the table, as it is meant.
type Row struct {
	ID     string  `json:"id"`
	What   string  `json:"what"`
	Target string  `json:"target,omitempty"`
	Limits []Limit `json:"limits,omitempty"`
}

// Limit is the largest value that meets the target.
type Limit struct {
	Value string  `json:"value"`
	Most  float64 `json:"most"`
}

// Cell is what was measured for a row, with one kind of source.
type Cell struct {
	Row    string             `json:"row"`
	Source string             `json:"source"`
	Text   string             `json:"text"`
	Values map[string]float64 `json:"values"`
}

// Verdicts of a cell or a row.
const (
	Pass = "pass"
	Fail = "fail"
	None = "" // there is no target
)

// Judge compares a cell with the limits. A value that is missing fails.
func (r Row) Judge(c Cell) string {
	if len(r.Limits) == 0 {
		return None
	}
	for _, l := range r.Limits {
		if v, ok := c.Values[l.Value]; !ok || v > l.Most {
			return Fail
		}
	}
	return Pass
}

// Report is one run of the benchmark.
type Report struct {
	Machine string `json:"machine"`
	Date    string `json:"date"`
	HAProxy string `json:"haproxy"`
	Kernel  string `json:"kernel"`
	Version string `json:"version"`
	Took    string `json:"took"`
	Rows    []Row  `json:"rows"`
	Cells   []Cell `json:"cells"`
	Growth  []Size `json:"growth,omitempty"`
}

// Size is one point of how cost grows.
type Size struct {
	Source     string  `json:"source"`
	Ingresses  int     `json:"ingresses"`
	Start      float64 `json:"startSeconds"`
	CPU        float64 `json:"cpuSeconds"`
	Controller float64 `json:"controllerMiB"`
	DataPlane  float64 `json:"dataPlaneMiB"`
	Request    float64 `json:"requestMicroseconds,omitempty"` // of the last host
}

// sources are those with a cell, in the order of the table.
func (r *Report) sources() []string {
	var out []string
	for _, c := range r.Cells {
		if !slices.Contains(out, c.Source) {
			out = append(out, c.Source)
		}
	}
	slices.Sort(out)
	return out
}

func (r *Report) cells(row Row) []Cell {
	var out []Cell
	for _, c := range r.Cells {
		if c.Row == row.ID {
			out = append(out, c)
		}
	}
	return out
}

// verdict is that of all cells of a row together.
func (r *Report) verdict(row Row) string {
	out := None
	for _, c := range r.cells(row) {
		if v := row.Judge(c); v == Fail || out == None {
			out = v
		}
	}
	return out
}

// Failed lists the rows that miss their target.
func (r *Report) Failed() []string {
	var out []string
	for _, row := range r.Rows {
		if r.verdict(row) == Fail {
			out = append(out, row.ID)
		}
	}
	return out
}

// Markdown is the table with what it was measured on.
func (r *Report) Markdown() string {
	var b strings.Builder
	sources := r.sources()
	fmt.Fprintf(&b, "| what | target | %s | |\n|---|---|%s---|\n", strings.Join(sources, " | "), strings.Repeat("---|", len(sources)))
	for _, row := range r.Rows {
		cells := r.cells(row)
		if len(cells) == 0 {
			continue
		}
		fmt.Fprintf(&b, "| %s | %s |", row.What, row.Target)
		for _, s := range sources {
			text := " |"
			for _, c := range cells {
				if c.Source == s {
					text = " " + c.Text + " |"
				}
			}
			b.WriteString(text)
		}
		if v := r.verdict(row); v == None {
			b.WriteString(" |\n")
		} else {
			fmt.Fprintf(&b, " %s |\n", v)
		}
	}
	fmt.Fprintf(&b, "\n%s, Linux %s, HAProxy %s, Hawser %s, %s.\n", r.Machine, r.Kernel, r.HAProxy, r.Version, r.Date)
	return b.String()
}

// JSON writes everything.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}
