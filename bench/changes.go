package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/bench/measure"
	"github.com/hawser-ingress/hawser/bench/profile"
	"github.com/hawser-ingress/hawser/bench/stand"
)

func (s *stage) times(row string, t measure.Times) {
	median, p99, worst := t.Quantile(0.5), t.Quantile(0.99), t.Quantile(1)
	text := fmt.Sprintf("%s median, p99 %s, %.0f reloads", milliseconds(median), milliseconds(p99), t.Reloads)
	if t.Bad > 0 {
		text += fmt.Sprintf(", %d failed requests", t.Bad)
	}
	s.cell(row, text, map[string]float64{
		"median": ms(median), "p99": ms(p99), "worst": ms(worst), "reloads": t.Reloads, "bad": float64(t.Bad), "times": float64(len(t.All)),
	})
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func milliseconds(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1f ms", ms(d))
	}
	return fmt.Sprintf("%.0f ms", ms(d))
}

// missed notes a row that could not be measured, which fails it; the others are measured all the same, unless the
// controller has ended.
func (s *stage) missed(row string, err error) error {
	if ended := s.c.Ended(); ended != nil {
		return fmt.Errorf("%s: %w: %w", row, err, ended)
	}
	s.cell(row, "not measured: "+strings.ReplaceAll(err.Error(), "\n", " "), nil)
	return nil
}

// changesLive measures new and deleted Ingresses, and new endpoints.
func (s *stage) changesLive() error {
	if s.wanted.any(newIngress) {
		t, err := measure.NewIngresses(s.c, stand.Spare, s.changes)
		if err != nil {
			return s.missed(newIngress, err)
		}
		s.times(newIngress, t)
		for n := range s.changes {
			if err := s.c.DeleteIngress(stand.Spare + n); err != nil {
				return fmt.Errorf("delete again: %w", err)
			}
		}
	}
	if s.wanted.any(newService, deleted) {
		t, err := measure.NewSites(s.c, stand.Spare+100, s.changes)
		if err != nil {
			return s.missed(newService, err)
		}
		s.times(newService, t)
		if t, err = measure.Deleted(s.c, stand.Spare+100, min(s.changes, 20)); err != nil {
			return s.missed(deleted, err)
		}
		s.times(deleted, t)
	}
	return s.endpoints(endpoints)
}

func (s *stage) endpoints(row string) error {
	if !s.wanted.any(row) {
		return nil
	}
	t, err := measure.Replaced(s.c, 2*s.changes)
	if err != nil {
		return s.missed(row, err)
	}
	s.times(row, t)
	return nil
}

func (s *stage) burst() error {
	if !s.wanted.any(burst) {
		return nil
	}
	b, err := measure.Burst(s.c, stand.Spare+200, s.sizes.burst, 100*time.Millisecond)
	if err != nil {
		return s.missed(burst, err)
	}
	say("%s: %s", s.c.Name, b.Load)
	text := fmt.Sprintf("%.0f reloads, %d failed of %d, %d closed; live after %s (median), %s (worst)",
		b.Reloads, b.Load.Bad(), b.Load.OK+b.Load.Bad(), b.Load.Closed, milliseconds(b.Quantile(0.5)), milliseconds(b.Quantile(1)))
	s.cell(burst, text, map[string]float64{
		"reloads": b.Reloads, "bad": float64(b.Load.Bad()), "failed": float64(b.Load.Failed), "reset": float64(b.Load.Reset),
		"stale": float64(b.Load.Stale), "closed": float64(b.Load.Closed), "requests": float64(b.Load.OK + b.Load.Bad()),
		"median": ms(b.Quantile(0.5)), "worst": ms(b.Quantile(1)),
	})
	return nil
}

func (s *stage) change() error {
	if !s.wanted.any(change) {
		return nil
	}
	c, err := measure.Change(s.c, 20)
	if err != nil {
		return s.missed(change, err)
	}
	s.cell(change, fmt.Sprintf("%s, %.0f reloads", milliseconds(c.CPU), c.Reloads),
		map[string]float64{"milliseconds": ms(c.CPU), "idlePerSecond": ms(c.Idle), "reloads": c.Reloads})
	return nil
}

// costs compares with the hand-written configuration, for the row or for the plot.
func (s *stage) costs(measured bool, id, row string) error {
	if !measured || !s.wanted.any(id, growth) {
		return nil
	}
	c, err := s.compare("haproxy-cfg")
	if err != nil {
		return s.missed(cmp.Or(row, id), err)
	}
	s.point.Request = micros(c.Last)
	if row != "" {
		s.ratio(row, c)
	}
	return nil
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

func (s *stage) ratio(row string, c measure.Costs) {
	s.cell(row, fmt.Sprintf("%.2f / %.2f", c.FirstRatio, c.LastRatio), map[string]float64{
		"first": c.FirstRatio, "last": c.LastRatio, "yardstickMicroseconds": micros(c.Yardstick),
		"firstMicroseconds": micros(c.First), "lastMicroseconds": micros(c.Last),
	})
}

func (s *stage) compare(yardstick string) (costs measure.Costs, err error) {
	p, err := profile.Read(s.profile(yardstick))
	if err != nil {
		return costs, err
	}
	objects, err := s.place.World(profile.None)
	if err != nil {
		return costs, err
	}
	y, err := s.place.Start(p, objects)
	if err != nil {
		return costs, err
	}
	defer func() { err = errors.Join(err, y.Stop()) }()
	if err := measure.Answering(y); err != nil {
		return costs, err
	}
	return measure.Cost(y, s.c, s.rounds, s.requests)
}

// costWithLog is the same with an access log on both sides, in a run of its own.
func (b *bench) costWithLog() error {
	p, err := profile.Read(b.profile("hawser-folder-log"))
	if err != nil {
		return err
	}
	objects, err := b.place.World(p.Objects)
	if err != nil {
		return err
	}
	return b.stage(p, objects, b.small, func(s *stage) error {
		s.point.Source = "" // no point of the plot
		c, err := s.compare("haproxy-cfg-log")
		if err == nil {
			s.ratio(costLog, c)
		}
		return err
	})
}
