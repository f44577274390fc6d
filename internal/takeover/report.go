package takeover

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Report is what a pre-flight found, and the plan that follows from it.
type Report struct {
	From      string      `json:"from"`
	To        string      `json:"to"`
	Traffic   Traffic     `json:"traffic"`
	Ingresses int         `json:"ingresses"` // that both serve
	Findings  []Finding   `json:"findings"`
	Unchecked []Unchecked `json:"unchecked"`
	Plan      []Step      `json:"plan,omitempty"`
	Done      []string    `json:"done,omitempty"` // steps that were done before
}

// Report puts a scene into words; more are findings that do not follow from its objects.
func (s *Scene) Report(more []Finding) *Report {
	r := &Report{
		From: s.Old.Key(), To: s.New.Key(), Traffic: s.Traffic, Ingresses: len(s.served()),
		Findings: append(append([]Finding{}, more...), s.Findings()...), Unchecked: append([]Unchecked{}, s.Unchecked...), Plan: s.Plan(),
	}
	if s.State != nil {
		for _, record := range s.State.Records {
			if record.Done {
				r.Done = append(r.Done, record.Step)
			}
		}
	}
	return r
}

// Count counts the findings of a severity.
func (r *Report) Count(severity Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == severity {
			n++
		}
	}
	return n
}

// WriteJSON writes the whole report.
func (r *Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// WriteFindings writes what was found for a reader.
func (r *Report) WriteFindings(w io.Writer) error {
	p := &printer{w: w}
	p.line("From %s to %s; %d Ingresses that both serve.", r.From, r.To, r.Ingresses)
	switch r.Traffic {
	case ByService:
		p.line("Traffic: the Service of ingress-nginx will select Hawser's pods; its address stays.")
	case ByAddress:
		p.line("Traffic: Hawser has an address of its own; status, and with it DNS, will change.")
	}
	p.line("")
	for _, f := range r.Findings {
		p.line("%-9s %s [%s]", f.Severity, f.Object, f.Code)
		p.line("          %s", f.Why)
		for _, do := range f.Do {
			p.line("          > %s", do)
		}
	}
	for _, u := range r.Unchecked {
		p.line("%-9s %s: %s", "unchecked", u.What, u.Reason)
	}
	p.line("")
	p.line("%d blocking, %d warnings, %d notes, %d not checked.", r.Count(Blocking), r.Count(Warning), r.Count(Note), len(r.Unchecked))
	return p.err
}

// WritePlan writes the steps with the commands that would do and undo the same.
func (r *Report) WritePlan(w io.Writer) error {
	p := &printer{w: w}
	for n, step := range r.Plan {
		p.line("%d. %s (%s)", n+1, step.Title, step.ID)
		p.line("   %s.", step.Why)
		if len(step.Changes) == 0 {
			p.line("   nothing to do")
		}
		for _, c := range step.Changes {
			p.line("   do    %s", c.Command())
		}
		for _, c := range step.Undo {
			p.line("   undo  %s", c.Command())
		}
		if len(step.Changes) > 0 {
			for _, c := range step.After {
				p.line("   wait  %s", c.Words())
			}
		}
	}
	return p.err
}

// WriteUndo writes what a rollback does, in its order.
func (s *State) WriteUndo(w io.Writer) error {
	p := &printer{w: w}
	p.line("From %s back to %s.", s.To, s.From)
	for n := len(s.Records) - 1; n >= 0; n-- {
		record := s.Records[n]
		if record.Done {
			p.line("undo %s", record.Step)
		} else {
			p.line("undo %s, which was begun and not finished", record.Step)
		}
		for _, c := range record.Undo {
			p.line("   do    %s", c.Command())
		}
		for _, c := range record.Back {
			p.line("   wait  %s", c.Words())
		}
	}
	return p.err
}

// Words say what is waited for.
func (c Check) Words() string {
	switch c.Wait {
	case Rollout:
		return "until all pods of " + c.Kind + " " + c.Workload + " are ready and new"
	case Stopped:
		return "until " + c.Kind + " " + c.Workload + " has no pods"
	case Serves:
		return "until Service " + c.Service + " sends to ready pods of " + c.Kind + " " + c.Workload + ", and to no others"
	case Status:
		if c.Service != "" {
			return "until every Ingress has the addresses of Service " + c.Service + " in its status"
		}
		return "to see that no Ingress lost the addresses in its status"
	default:
		return string(c.Wait)
	}
}

// printer stops at the first failure. Text of the cluster is printed without what steers a terminal.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintln(p.w, strings.Map(printable, fmt.Sprintf(format, args...)))
	}
}

func printable(r rune) rune {
	if r < ' ' || r >= 0x7f && r < 0xa0 {
		return '?'
	}
	return r
}
