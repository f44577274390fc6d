// Package statuspage shows what is served: a page for people, and the same as JSON.
//
// It only reads. Nothing is worked out before somebody asks: a round of the loop costs a copy of a few words, however
// many Ingresses there are. No private key, no password and no content of a Secret is in what it shows, certificates
// of servers and of authorities aside, which are public.
package statuspage

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/hawser-ingress/hawser/internal/control"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
	"github.com/hawser-ingress/hawser/internal/issue"
)

// HAProxy is what is asked how backends are.
type HAProxy interface {
	State() process.State
	OldWorkers(ctx context.Context) (int, error)
	Stats(ctx context.Context, kinds runtime.StatKind) ([]runtime.Stat, error)
}

// Options say whose status it is.
type Options struct {
	HAProxy HAProxy
	Version string
	Now     func() time.Time
}

// Status keeps the last rounds of the loop. Its methods may be called from any goroutine.
type Status struct {
	options Options

	mu      sync.Mutex // guards what follows
	last    control.Step
	live    control.Step // the last that went live
	since   time.Time    // when it did
	failed  *Change      // the change that is not live, because of an error
	changes []Change     // the newest first

	building sync.Mutex // guards what follows, and lets one client at a time do the work
	built    *built     // of the live step
	asked    time.Time  // when HAProxy was
	stats    []runtime.Stat
	statsErr error
}

// New returns a status of nothing.
func New(o Options) *Status { return &Status{options: o} }

// kept is how many changes are remembered.
const kept = 200

// Observe takes over what a round of the loop did.
func (s *Status) Observe(step control.Step) {
	now := s.options.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = step
	change := Change{
		At: now, Reload: step.Reload, Reasons: step.Reasons, Commands: step.Commands,
		CompileMillis: millis(step.Compile), ApplyMillis: millis(step.Apply),
	}
	if step.Reload && len(step.Reasons) == 0 {
		change.Reasons = []string{"start"}
	}
	switch {
	case step.Err != nil:
		change.Error = shorten(step.Err.Error())
		s.failed = &change
	case !step.Waits && step.Model != nil:
		s.live, s.failed = step, nil
		if step.Reload || step.Commands > 0 {
			s.since = now
		}
	}
	if step.Reload || step.Commands > 0 || step.Err != nil {
		s.changes = slices.Insert(s.changes, 0, change)
		s.changes = s.changes[:min(len(s.changes), kept)]
	}
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// shorten bounds a message of HAProxy, which may repeat itself for each of many lines.
func shorten(s string) string {
	const most = 2000
	if len(s) <= most {
		return s
	}
	return s[:most] + " …"
}

// moment is a consistent copy of what is remembered.
type moment struct {
	last, live control.Step
	since      time.Time
	failed     *Change
	changes    []Change
}

// issues are those of the last round that found all of them.
func (m moment) issues() issue.List {
	if m.last.Model == nil || m.last.Waits {
		return m.live.Issues
	}
	return m.last.Issues
}

func (s *Status) moment() moment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return moment{s.last, s.live, s.since, s.failed, slices.Clone(s.changes)}
}

// patience bounds one question to HAProxy.
const patience = 5 * time.Second

// fresh is how long an answer of HAProxy serves all who look.
const fresh = 2 * time.Second

// traffic asks HAProxy, at most every few seconds. The caller holds building.
func (s *Status) traffic() ([]runtime.Stat, error) {
	now := s.options.Now()
	if s.asked.IsZero() || now.Sub(s.asked) >= fresh || now.Before(s.asked) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		s.stats, s.statsErr = s.options.HAProxy.Stats(ctx, runtime.BackendStat|runtime.ServerStat)
		s.asked = now
	}
	return s.stats, s.statsErr
}
