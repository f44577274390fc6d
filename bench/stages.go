package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/hawser-ingress/hawser/bench/machine"
	"github.com/hawser-ingress/hawser/bench/measure"
	"github.com/hawser-ingress/hawser/bench/profile"
	"github.com/hawser-ingress/hawser/bench/report"
	"github.com/hawser-ingress/hawser/bench/stand"
)

// stage is a controller with a number of Ingresses: it is started, and what is measured at this size is measured.
type stage struct {
	*bench
	c            *stand.Controller
	certificates [][]byte // by group
	started      measure.Started
	point        report.Size
}

// measure takes a controller through all sizes. What requests cost the data plane does not depend on where the objects
// come from, so it is measured with one profile only.
func (b *bench) measure(p *profile.Profile, cost bool) error {
	objects, err := b.place.World(p.Objects)
	if err != nil {
		return err
	}
	var failed error // of a stage; the others are run all the same
	for _, at := range []struct {
		count int
		rows  []string
		run   func(*stage) error
	}{
		{b.tiny, []string{growth}, func(s *stage) error { return s.costs(cost, growth, "") }},
		{b.small, []string{startSmall, newIngress, newService, deleted, endpoints, burst, costSmall, costLog, growth}, func(s *stage) error {
			return errors.Join(s.first(startSmall), s.changesLive(), s.burst(), s.costs(cost, costSmall, costSmall))
		}},
		{b.middle, []string{startMiddle, startCPU, memory, dataPlane, growth}, (*stage).middleSized},
		{b.large, []string{change, endpointsLarge, costLarge, growth}, func(s *stage) error {
			return errors.Join(s.change(), s.endpoints(endpointsLarge), s.costs(cost, costLarge, costLarge))
		}},
	} {
		if !b.wanted.any(at.rows...) {
			continue
		}
		if err := b.stage(p, objects, at.count, at.run); err != nil {
			failed = errors.Join(failed, fmt.Errorf("%d Ingresses: %w", at.count, err))
		}
	}
	if cost && b.wanted.any(costLog) {
		failed = errors.Join(failed, b.costWithLog())
	}
	return failed
}

// stage starts the controller for count sites, runs what is to be measured, and stops it.
func (b *bench) stage(p *profile.Profile, objects *stand.Objects, count int, run func(*stage) error) (err error) {
	if err := objects.Grow(count); err != nil {
		return err
	}
	certificates, err := measure.Certificates(count)
	if err != nil {
		return err
	}
	c, err := b.place.Start(p, objects)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	profiled := c.Record(fmt.Sprintf("%s-start-%d", p.Name, count), 10*time.Second)
	s := &stage{bench: b, c: c, certificates: certificates}
	if s.started, err = measure.Start(c, certificates); err != nil {
		return err
	}
	say("%s: %d Ingresses after %.2f s (first answer of the last host %.2f s), %.2f s of CPU", p.Name, objects.Count(),
		s.started.All.Seconds(), s.started.First.Seconds(), s.started.CPU.Seconds())
	if err := errors.Join(measure.Settle(c), profiled()); err != nil {
		return err
	}
	if err := s.weigh(); err != nil {
		return err
	}
	if err := run(s); err != nil {
		return err
	}
	if s.point.Source != "" {
		b.report.Growth = append(b.report.Growth, s.point)
	}
	return nil
}

func (s *stage) weigh() error {
	own, err := s.c.Memory()
	if err != nil {
		return err
	}
	workers, err := s.c.WorkersMemory()
	s.point = report.Size{
		Source: s.source(), Ingresses: s.c.Count(), Start: s.started.All.Seconds(), CPU: s.started.CPU.Seconds(),
		Controller: mib(own.Resident), DataPlane: mib(workers.Resident),
	}
	say("%s: controller %.0f MiB (at most %.0f), data plane %.0f MiB", s.c.Name, mib(own.Resident), mib(own.Peak), mib(workers.Resident))
	return err
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// source is the column of the table.
func (s *stage) source() string {
	switch s.c.Objects.Kind {
	case profile.Cluster:
		return "kube-apiserver"
	default:
		return s.c.Objects.Kind
	}
}

func (s *stage) cell(row, text string, values map[string]float64) {
	say("%s: %s: %s", s.c.Name, row, text)
	s.report.Cells = append(s.report.Cells, report.Cell{Row: row, Source: s.source(), Text: text, Values: values})
}

// first tells of the start, and what of it is the asking: all hosts are asked once more, of a controller at rest.
func (s *stage) first(row string) error {
	began := time.Now()
	if err := measure.Sweep(s.c, s.certificates); err != nil {
		return err
	}
	all, first, asking := s.started.All.Seconds(), s.started.First.Seconds(), time.Since(began).Seconds()
	s.cell(row, fmt.Sprintf("%.2f s; live after %.2f s, to ask all takes %.2f s", all, first, asking),
		map[string]float64{"seconds": all, "answering": first, "asking": asking})
	return nil
}

func (s *stage) middleSized() error {
	if err := s.first(startMiddle); err != nil {
		return err
	}
	cpu := s.started.CPU.Seconds()
	s.cell(startCPU, fmt.Sprintf("%.2f s", cpu), map[string]float64{"seconds": cpu, "children": s.started.Children.Seconds()})
	own, err := s.c.Memory()
	if err != nil {
		return err
	}
	s.cell(memory, fmt.Sprintf("%.0f MiB", s.point.Controller), map[string]float64{"MiB": s.point.Controller, "peak": mib(own.Peak)})
	return s.dataPlane()
}

func (s *stage) dataPlane() error {
	pids, err := s.c.Workers()
	if err != nil {
		return err
	}
	values := map[string]float64{"MiB": s.point.DataPlane}
	for n, pid := range pids {
		if m, err := machine.MemoryOf(pid); err == nil {
			values[fmt.Sprintf("process%d", n+1)] = mib(m.Resident)
		}
	}
	s.cell(dataPlane, fmt.Sprintf("%.0f MiB", s.point.DataPlane), values)
	return nil
}
