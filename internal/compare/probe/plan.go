package probe

import (
	"cmp"
	"slices"
)

// Plan is what is sent.
type Plan struct {
	Requests []Request `json:"requests"`
	LeftOut  []LeftOut `json:"leftOut"`
}

// LeftOut is what is not asked, and why.
type LeftOut struct {
	Reason  string `json:"reason"`
	Count   int    `json:"count"`
	Example string `json:"example"`
}

// Options say what can be asked.
type Options struct {
	HTTP, HTTPS bool              // the ports that both sides have
	Given       bool              // there is a client certificate
	Post        bool              // bodies are sent by POST, not by GET
	MaxBody     int64             // bytes; larger bodies are left out
	Proxy       bool              // connections begin with the PROXY protocol
	Quick       bool              // one request for each path and port
	Wanted      func(string) bool // hosts; nil: all
}

// planner collects requests.
type planner struct {
	options Options
	plan    Plan
	seen    map[string]int // digest -> index
	names   map[string]bool
	left    map[string]*LeftOut
	common  map[int64]bool // body limits of everybody that were tried
}

func newPlanner(o Options) *planner {
	return &planner{options: o, seen: map[string]int{}, names: map[string]bool{}, left: map[string]*LeftOut{}, common: map[int64]bool{}}
}

// add takes a request unless the same was taken before.
func (p *planner) add(r Request) {
	r.Method = cmp.Or(r.Method, "GET")
	switch {
	case !r.sendable():
		p.leave("it can't be sent as a request", r.String())
		return
	case r.Secure && !p.options.HTTPS:
		p.leave("no HTTPS address is given for both sides", r.String())
		return
	case !r.Secure && !p.options.HTTP:
		p.leave("no HTTP address is given for both sides", r.String())
		return
	case r.Body > p.options.MaxBody:
		p.leave("the body is larger than --max-body", r.String())
		return
	}
	r.ID = r.digest()
	if at, ok := p.seen[r.ID]; ok {
		p.plan.Requests[at].Count += r.Count
		return
	}
	if r.Secure && !p.names[r.SNI] {
		p.names[r.SNI] = true
		r.Handshake = true
	}
	p.seen[r.ID] = len(p.plan.Requests)
	p.plan.Requests = append(p.plan.Requests, r)
}

func (p *planner) leave(reason, example string) {
	l := p.left[reason]
	if l == nil {
		l = &LeftOut{Reason: reason, Example: example}
		p.left[reason] = l
	}
	l.Count++
}

func (p *planner) finish() Plan {
	for _, l := range p.left {
		p.plan.LeftOut = append(p.plan.LeftOut, *l)
	}
	slices.SortFunc(p.plan.LeftOut, func(a, b LeftOut) int { return cmp.Compare(a.Reason, b.Reason) })
	return p.plan
}
