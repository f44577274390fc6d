package measure

import (
	"fmt"
	"time"

	"github.com/hawser-ingress/hawser/bench/gen"
	"github.com/hawser-ingress/hawser/bench/load"
	"github.com/hawser-ingress/hawser/bench/stand"
)

const (
	liveLimit = 30 * time.Second       // until a change counts as lost
	pause     = 150 * time.Millisecond // between two changes, so that each is one by itself
	pollEvery = time.Millisecond
)

// counting measures the reloads of what f does.
func counting(c *stand.Controller, f func() (Times, error)) (Times, error) {
	before, err := c.Reloaded()
	if err != nil {
		return Times{}, err
	}
	t, err := f()
	if err != nil {
		return t, err
	}
	time.Sleep(time.Second) // a reload may come after
	after, err := c.Reloaded()
	t.Reloads = after - before
	return t, err
}

// each makes a change several times, and waits for its effect.
func each(times int, change func(n int) error, done func(n int) bool) (Times, error) {
	var t Times
	for n := range times {
		time.Sleep(pause)
		begin := time.Now()
		if err := change(n); err != nil {
			return t, err
		}
		for !done(n) {
			if time.Since(begin) > liveLimit {
				return t, fmt.Errorf("change %d has no effect after %s", n, liveLimit)
			}
			time.Sleep(pollEvery)
		}
		t.All = append(t.All, time.Since(begin))
	}
	return t, nil
}

// NewIngresses makes Ingresses on Services that are there, from the spare site first on, until each answers on TLS.
func NewIngresses(c *stand.Controller, first, times int) (Times, error) {
	return counting(c, func() (Times, error) {
		return each(times, func(n int) error {
			site := first + n
			service := gen.Group(site) % 10 * gen.PerSecret // in the same namespace
			c.Borrow(site, service)
			return c.PutIngress(site, service)
		}, func(n int) bool { return answers(c, first+n, nil) })
	})
}

// NewSites makes Services and Ingresses, from the spare site first on, until each answers on TLS.
func NewSites(c *stand.Controller, first, times int) (Times, error) {
	return counting(c, func() (Times, error) {
		return each(times, func(n int) error { return gen.PutSite(c, first+n) },
			func(n int) bool { return answers(c, first+n, nil) })
	})
}

// Deleted removes what NewSites has made, until each is not found.
func Deleted(c *stand.Controller, first, times int) (Times, error) {
	return counting(c, func() (Times, error) {
		return each(times, func(n int) error { return gen.DeleteSite(c, first+n) }, func(n int) bool {
			conn, err := load.Dial(c.Plain(first + n))
			if err != nil {
				return false
			}
			defer conn.Close()
			a, err := conn.Do()
			return err == nil && a.Status == 404
		})
	})
}

// calm is how many answers in a row have to come from new endpoints.
const calm = 6

// Replaced gives sites other endpoints, all at once, until only the new ones answer: the time ends with the first answer
// of a row without an old one. Requests go over one connection, one after the other.
func Replaced(c *stand.Controller, times int) (Times, error) {
	return counting(c, func() (Times, error) {
		var t Times
		for n := range times {
			time.Sleep(pause)
			took, bad, err := replace(c, n*7%c.Count())
			if err != nil {
				return t, err
			}
			t.All, t.Bad = append(t.All, took), t.Bad+bad
		}
		return t, nil
	})
}

func replace(c *stand.Controller, site int) (took time.Duration, bad int, err error) {
	conn, err := load.Dial(c.Secure(site))
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Do(); err != nil {
		return 0, 0, err
	}
	generation := c.NextGeneration(site)
	fresh := map[string]bool{}
	for _, a := range gen.Endpoints(site, generation) {
		fresh[a.String()] = true
	}
	begin := time.Now()
	if err := c.Replace(site, generation); err != nil {
		return 0, 0, err
	}
	for row := 0; row < calm; {
		a, err := conn.Do()
		now := time.Since(begin)
		switch {
		case err != nil || a.Status != 200:
			bad, row = bad+1, 0
			_ = conn.Close()
			if conn, err = load.Dial(c.Secure(site)); err != nil {
				return 0, bad, err
			}
		case !fresh[a.Endpoint]:
			row = 0
		default:
			if row == 0 {
				took = now
			}
			row++
		}
		if now > liveLimit {
			return 0, bad, fmt.Errorf("%s is answered by old endpoints after %s", gen.Host(site), liveLimit)
		}
	}
	return took, bad, nil
}
