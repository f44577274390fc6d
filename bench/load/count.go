package load

import (
	"errors"
	"fmt"
	"time"
)

// Counts are what became of requests. OK, Failed, Reset and Stale exclude one another; Closed counts connections.
type Counts struct {
	OK     int `json:"ok"`
	Failed int `json:"failed"` // no connection, no answer in time, another status, the endpoint of another site
	Reset  int `json:"reset"`  // the connection ended after the request and before the end of its answer
	Stale  int `json:"stale"`  // answered by an endpoint that was gone when the request was sent
	Closed int `json:"closed"` // keep-alive connections that the server ended
	// First is the first thing that went wrong, for the reader.
	First string `json:"first,omitempty"`
}

// Bad is the number of requests that a user would have noticed.
func (c Counts) Bad() int { return c.Failed + c.Reset + c.Stale }

// Add sums up.
func (c *Counts) Add(o Counts) {
	c.OK += o.OK
	c.Failed += o.Failed
	c.Reset += o.Reset
	c.Stale += o.Stale
	c.Closed += o.Closed
	if c.First == "" {
		c.First = o.First
	}
}

func (c Counts) String() string {
	s := fmt.Sprintf("%d ok, %d failed, %d reset, %d stale, %d closed", c.OK, c.Failed, c.Reset, c.Stale, c.Closed)
	if c.First != "" {
		s += " (" + c.First + ")"
	}
	return s
}

// Verdict is what an endpoint's answer is worth.
type Verdict int

const (
	Right Verdict = iota
	Gone          // an endpoint of the host, but no longer
	Wrong         // never one of the host
)

// Judge tells whether the endpoint may answer a request for the host that was sent at a time.
type Judge func(host, endpoint string, sent time.Time) Verdict

// count takes in an answer or an error of a request to a target.
func (c *Counts) count(t Target, a Answer, err error, sent time.Time, judge Judge) {
	switch {
	case errors.Is(err, errNoAnswer) || errors.Is(err, errCut):
		c.Reset++
		c.note(t, err.Error())
	case err != nil:
		c.Failed++
		c.note(t, err.Error())
	case a.Status != 200:
		c.Failed++
		c.note(t, fmt.Sprintf("status %d", a.Status))
	default:
		switch judge(t.Host, a.Endpoint, sent) {
		case Right:
			c.OK++
		case Gone:
			c.Stale++
			c.note(t, "answered by "+a.Endpoint+", which is gone")
		case Wrong:
			c.Failed++
			c.note(t, "answered by "+a.Endpoint+", which is not its endpoint")
		default:
			panic("a verdict that is none")
		}
	}
}

func (c *Counts) note(t Target, what string) {
	if c.First == "" {
		c.First = fmt.Sprintf("%s %s%s: %s", time.Now().Format("15:04:05.000"), t.Host, t.Path, what)
	}
}
