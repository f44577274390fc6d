package model

import (
	"net/netip"
	"slices"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Rules are what a route does line by line. Statements run before everything else that the route asks for; the first
// that answers ends them.
type Rules struct {
	First    []Statement   // of the host
	Then     []Statement   // of the route
	Access   []AddressRule // the first that fits decides; none: the client is let in
	Input    []Change      // of the request, before any access check
	Upstream []Change      // of the request, as servers get it
	Hide     []string      // headers of servers that clients don't get
	Answer   []Change      // of every answer
}

// Statement does one thing: exactly one of its fields is set.
type Statement struct {
	If      *If          `json:",omitempty"`
	Set     *Assign      `json:",omitempty"`
	Answer  *Answer      `json:",omitempty"`
	Rewrite *PathRewrite `json:",omitempty"`
	Stop    bool         `json:",omitempty"` // no later statement of the host, or of the route, runs
}

// If runs statements where a test holds.
type If struct {
	Test  Test
	Then  []Statement
	Block int // changes may be for this block; 0: none are
}

// Test compares a value of the request. What is missing is the empty text.
type Test struct {
	ID     string // unique among the tests of a route: letters and digits
	Of     Part
	Op     TestOp
	Not    bool   // it holds where the comparison doesn't
	Text   string // the text, or the expression
	Fold   bool   // the case of letters does not count
	Groups []int  // of the expression, that templates use
}

// TestOp is a kind of comparison.
type TestOp int

const (
	TestSet     TestOp = iota // neither empty nor "0"
	TestEqual                 // the text
	TestMatches               // the expression, anywhere
)

// String gives "set", "equal" or "matches".
func (o TestOp) String() string { return [...]string{"set", "equal", "matches"}[o] }

// Assign gives a variable of the route (VarOwn) a value.
type Assign struct {
	Name  string
	Value Template
}

// Answer ends the statements: by a redirect, a text, the usual page of the status, nothing but the status, or by closing
// the connection.
type Answer struct {
	Status   int      // 200 to 599
	Location Template `json:",omitempty"` // nil: no redirect
	Body     Template `json:",omitempty"`
	Type     string   `json:",omitempty"` // media type of Body; "": there is none
	Page     bool     `json:",omitempty"`
	Close    bool     `json:",omitempty"` // without an answer
}

// PathRewrite puts another path where one matches. Without a Status the request goes on with it, and no later statement
// runs.
type PathRewrite struct {
	Test   Test     // of the path
	To     Template // the path, before it is percent-encoded; with a Status, the Location
	Query  Template `json:",omitempty"` // in place of the query
	Drop   bool     `json:",omitempty"` // the query is dropped, or replaced by Query
	Status int      `json:",omitempty"`
}

// AddressRule lets clients in, or not.
type AddressRule struct {
	Allow    bool
	Networks []netip.Prefix // empty: everybody
}

// ChangeOp is what is done to a header.
type ChangeOp int

const (
	ChangeSet     ChangeOp = iota // in place of what is there
	ChangeAdd                     // beside what is there
	ChangeClear                   // by its name, or a beginning that ends in "*"
	ChangeReplace                 // only where it is there
)

// String gives "set", "add", "clear" or "replace".
func (o ChangeOp) String() string { return [...]string{"set", "add", "clear", "replace"}[o] }

// Change is one change of a header. An empty value is not added.
type Change struct {
	Op       ChangeOp
	Name     string
	Value    Template `json:",omitempty"`
	Statuses []int    `json:",omitempty"` // of the answer; empty: all
	Types    []string `json:",omitempty"` // media types; empty: all
	In       int      `json:",omitempty"` // only if this block was the last that ran; 0: always
	NotIn    []int    `json:",omitempty"` // blocks that have changes of their own instead
}

// Answers reports whether statements end with an answer, whatever the request is.
func Answers(list []Statement) bool {
	for _, s := range list {
		if s.Answer != nil {
			return true
		}
		if s.Stop || s.Rewrite != nil && s.Rewrite.Status == 0 {
			return false
		}
	}
	return false
}

// Tests lists the tests of statements, those within others included.
func Tests(list []Statement) []Test {
	var out []Test
	for _, s := range list {
		switch {
		case s.If != nil:
			out = append(append(out, s.If.Test), Tests(s.If.Then)...)
		case s.Rewrite != nil:
			out = append(out, s.Rewrite.Test)
		}
	}
	return out
}

// HostRules are what a host says line by line. A compiler uses them to make its routes.
type HostRules struct {
	Rules     *Rules       // that its routes inherit; nil: none
	Locations []*Route     // more routes
	Gzip      *Compression // of routes that have none of their own
	Quiet     bool         // its requests are not logged
	From      issue.Ref    // the Ingress with lines of its own; zero: there is none
	Closed    string       // why no route of the host is served; "": they are
}

// Inherit gives the rules of a place within another. As in nginx, headers that are added and address rules replace those
// outside, and other changes come after them.
func (outer *Rules) Inherit(inner *Rules) *Rules {
	if outer == nil && inner == nil {
		return nil
	}
	out := Rules{}
	if outer != nil {
		out = *outer
		out.First, out.Then = slices.Concat(outer.First, outer.Then), nil
	}
	if inner != nil {
		out.First, out.Then = slices.Concat(out.First, inner.First), inner.Then
		if len(inner.Access) > 0 {
			out.Access = inner.Access
		}
		out.Input, out.Upstream = slices.Concat(out.Input, inner.Input), inner.Upstream
		out.Hide = slices.Concat(out.Hide, inner.Hide)
		out.Answer = inheritAnswer(out.Answer, inner.Answer)
	}
	return &out
}

func inheritAnswer(outer, inner []Change) []Change {
	adds := func(list []Change) (added, others []Change) {
		for _, c := range list {
			if c.Op == ChangeAdd {
				added = append(added, c)
			} else {
				others = append(others, c)
			}
		}
		return added, others
	}
	outerAdds, outerOthers := adds(outer)
	own, others := adds(inner)
	if !slices.ContainsFunc(own, func(c Change) bool { return c.In == 0 }) {
		own = slices.Concat(outerAdds, own)
	}
	var blocks []int
	for _, c := range own {
		if c.In > 0 && !slices.Contains(blocks, c.In) {
			blocks = append(blocks, c.In)
		}
	}
	own = slices.Clone(own)
	for i := range own {
		if own[i].In == 0 {
			own[i].NotIn = blocks
		}
	}
	return slices.Concat(outerOthers, others, own)
}
