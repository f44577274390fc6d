package soak

import (
	"fmt"
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/bench/gen"
	"github.com/hawser-ingress/hawser/bench/stand"
)

// rate says how often something changes.
type rate struct {
	what  string
	every time.Duration
	do    func(*churn, int) error
}

// rates are those of a busy day, pressed into half an hour: some ten thousand new endpoints, two thousand Ingresses that
// come and go, six hundred renewals, ninety reloads.
func rates() []rate {
	return []rate{
		{"endpoints replaced", 200 * time.Millisecond, (*churn).endpoints},
		{"one endpoint replaced", 333 * time.Millisecond, (*churn).endpoint},
		{"new or deleted Ingress", 500 * time.Millisecond, (*churn).site},
		{"certificate renewed", 3 * time.Second, (*churn).certificate},
		{"setting changed, which reloads", 20 * time.Second, (*churn).setting},
	}
}

// churn makes the changes; it belongs to one goroutine.
type churn struct {
	*stand.Controller
	live    []int // sites that come and go and are there
	renewal int
}

// spares is how many sites come and go.
const spares = 100

// Sites below untouched keep their endpoints.
const untouched = 20

func (c *churn) endpoints(n int) error {
	site := c.pick(n)
	return c.Replace(site, c.NextGeneration(site))
}

func (c *churn) endpoint(n int) error { return c.ReplaceOne(c.pick(n)) }

// pick goes over the sites that change in steps that meet all of them.
func (c *churn) pick(n int) int { return untouched + n*37%(c.Count()-untouched) }

// site makes one until there are spares, then it removes the oldest and makes a new one in turns.
func (c *churn) site(n int) error {
	if len(c.live) >= spares/2 && n%2 == 0 {
		oldest := c.live[0]
		c.live = c.live[1:]
		return gen.DeleteSite(c, oldest)
	}
	next := stand.Spare + n%spares
	if slices.Contains(c.live, next) {
		return nil
	}
	c.Forget(next)
	c.live = append(c.live, next)
	return gen.PutSite(c, next)
}

func (c *churn) certificate(n int) error {
	c.renewal++
	return c.PutSecret(n%gen.Groups(c.Count()), c.renewal)
}

// setting changes one that is in the frame of the configuration, so that only a reload brings it.
func (c *churn) setting(n int) error {
	data := gen.Plain()
	data["keep-alive"] = fmt.Sprint(75 + n%2)
	return c.PutSettings(data)
}
