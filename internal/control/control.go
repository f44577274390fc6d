// Package control is the loop: load, compile, render, check, apply, publish.
//
// One goroutine owns all state; the source only says that something changed. What HAProxy runs is replaced only by
// something that HAProxy accepted, and an object that it refuses is closed while everything else goes live.
package control

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/live"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// Source hands over objects and says when to ask for them again.
type Source interface {
	Load() (*snapshot.Objects, issue.List, error)
	Watch(ctx context.Context, dirty func()) error
}

// Options are what the loop needs. Every field but Publish is required.
type Options struct {
	Source      Source
	Settings    snapshot.Settings
	Render      render.Options
	DefaultCert *model.Cert
	LogFormat   model.LogFormat
	Binary      string // of HAProxy
	StateDir    string
	Process     *process.Process
	Log         *slog.Logger
	Interval    time.Duration // the least time between two reloads
	DrainTime   time.Duration // how long connections may end when the loop does
	// Publish is told of the issues after each change that was taken or refused.
	Publish func(issue.List)
	// Loaded is called when objects were read for the first time; nil: nobody asks.
	Loaded func()
	// Users is told of the users that routes ask for, before HAProxy is; nil: nobody.
	Users func(map[string]*model.UserList)
	// Abilities are what the binary was found to be capable of; each worker is asked for its commands besides.
	Abilities runtime.Abilities
	// Observe is told what each round of the loop did; nil: nobody asks.
	Observe func(Step)
}

// Step is one round of the loop.
type Step struct {
	Compile, Apply time.Duration // to a bundle; to traffic
	Reload         bool
	Reasons        []string // of the reload
	Commands       int      // that were sent instead
	Err            error    // the last good configuration stays
	Issues         issue.List
	Snapshot       *snapshot.Snapshot
	Model          *model.Model      // what the objects mean; nil if that is not known, because of Err
	Waits          bool              // for the time of the next reload: the configuration before it stays until then
	Seats          map[string]string // backend -> spare that serves for it
	Abilities      runtime.Abilities // of the worker
}

// Controller is the loop. Its state belongs to the goroutine of Run, the channels aside.
type Controller struct {
	Options
	worker     *live.Worker // what HAProxy has in memory; nil before the first start
	files      files
	compiler   *compile.Compiler
	renderer   *render.Renderer
	model      *model.Model // whose users were told
	published  issues
	refused    map[issue.Ref]verdict
	nextReload time.Time
	unknown    []string // commands that turned out to be unknown to HAProxy, whatever its help says

	latest    atomic.Pointer[snapshot.Snapshot]
	ready     chan struct{} // closed when the first configuration is live
	dirty     chan struct{} // holds at most one signal
	restarted chan struct{} // holds at most one signal
}

// verdict is why HAProxy refuses an object, as long as it is the same object.
type verdict struct {
	object any
	reason string
}

// New returns a loop that does not run yet.
func New(o Options) *Controller {
	if o.Publish == nil {
		o.Publish = func(issue.List) {}
	}
	if o.Loaded == nil {
		o.Loaded = func() {}
	}
	if o.Users == nil {
		o.Users = func(map[string]*model.UserList) {}
	}
	return &Controller{
		Options: o, refused: map[issue.Ref]verdict{}, files: files{dir: filepath.Join(o.StateDir, liveDir)},
		compiler: compile.New(), renderer: render.New(o.Render),
		ready: make(chan struct{}), dirty: make(chan struct{}, 1), restarted: make(chan struct{}, 1),
	}
}

// Ready is closed when the first configuration is live.
func (c *Controller) Ready() <-chan struct{} { return c.ready }

// Snapshot is what the loop looked at last; nil before the first look. It may be called from any goroutine.
func (c *Controller) Snapshot() *snapshot.Snapshot { return c.latest.Load() }

// Dirty asks for another look at the source. It never blocks.
func (c *Controller) Dirty() { signal(c.dirty) }

// Restarted says that HAProxy was started anew and has read its files: what was changed at run time is in them. It
// never blocks.
func (c *Controller) Restarted() { signal(c.restarted) }

func signal(to chan struct{}) {
	select {
	case to <- struct{}{}:
	default:
	}
}

// Run serves until ctx ends, then drains HAProxy. It fails if the first configuration can't be brought up.
func (c *Controller) Run(ctx context.Context) error {
	group, watching := errgroup.WithContext(ctx)
	group.Go(func() error { return c.Source.Watch(watching, c.Dirty) })
	group.Go(func() error { return c.loop(watching) })
	err := group.Wait()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.DrainTime)
	defer cancel()
	if stopErr := c.Process.Stop(drain); stopErr != nil && !errors.Is(stopErr, process.ErrCut) {
		err = errors.Join(err, fmt.Errorf("stop HAProxy: %w", stopErr))
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (c *Controller) loop(ctx context.Context) error {
	if err := c.step(ctx); err != nil {
		return err
	}
	c.openPorts(ctx)
	close(c.ready)
	sweep := time.NewTicker(sweepInterval)
	defer sweep.Stop()
	rest := time.NewTimer(restTime)
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.restarted:
			c.worker = live.Loaded(c.files.last(), c.abilities(ctx))
			continue
		case <-sweep.C:
			c.sweep(ctx)
			continue
		case <-rest.C:
			giveBack()
			rest.Reset(restAgain)
			continue
		case <-c.dirty:
		}
		if err := c.step(ctx); err != nil && ctx.Err() == nil {
			c.Log.Error("The last good configuration stays", "error", err)
			time.AfterFunc(retryInterval, c.Dirty)
		}
		rest.Reset(restTime)
	}
}

// retryInterval is when a change that failed is tried again, if nothing else makes the loop look before: why a worker did
// not come up may be over then.
const retryInterval = 30 * time.Second

// sweepInterval is how often servers that were removed are asked for their last connections.
const sweepInterval = 2 * time.Second

func (c *Controller) sweep(ctx context.Context) {
	client, err := c.Process.Runtime()
	if err != nil {
		return // HAProxy is down, and has no servers
	}
	if err := c.worker.Sweep(ctx, client); err != nil && ctx.Err() == nil {
		c.Log.Warn("Servers that were removed stay in HAProxy's memory", "error", err)
	}
}

// step brings HAProxy to what the source says now: at run time if that can be done, by a reload otherwise.
func (c *Controller) step(ctx context.Context) error {
	objects, issues, err := c.Source.Load()
	if err != nil {
		return fmt.Errorf("load the objects: %w", err)
	}
	last := c.latest.Load()
	if last == nil {
		c.Loaded()
		last = &snapshot.Snapshot{}
	}
	snap, more := last.Next(*objects, c.Settings)
	c.latest.Store(snap)
	round := Step{Snapshot: snap, Issues: slices.Concat(issues, more)}
	defer func() { c.observe(round) }()
	refused := c.stillRefused(snap)
	if c.worker != nil {
		done, err := c.atRunTime(ctx, &round, refused)
		if done || err != nil {
			round.Err = err
			return err
		}
	}
	round.Err = c.replace(ctx, &round, refused)
	return round.Err
}

// replace makes a new worker read what is served now. A TCP port that it can't listen on is closed, which is tried anew.
func (c *Controller) replace(ctx context.Context, round *Step, refused map[issue.Ref]string) error {
	found := round.Issues
	if c.worker == nil && c.startUnchecked(ctx, round, refused) {
		return nil
	}
	for {
		begin := time.Now()
		a, err := c.settle(ctx, round.Snapshot, refused)
		round.Compile += time.Since(begin)
		if err != nil {
			return err
		}
		round.Issues, round.Model = c.publish(found, a), a.model
		begin = time.Now()
		round.Reload = true
		err = c.load(ctx, a.bundle)
		round.Apply += time.Since(begin)
		unbound := unbound(a.bundle, err)
		if len(unbound) == 0 {
			return err
		}
		maps.Copy(refused, unbound)
	}
}

// startUnchecked starts HAProxy with what was compiled: there is nothing yet that a refusal could harm, and a check reads
// everything twice. It is false if HAProxy does not come up, which settle looks into.
func (c *Controller) startUnchecked(ctx context.Context, round *Step, refused map[issue.Ref]string) bool {
	begin := time.Now()
	a, err := c.compile(round.Snapshot, refused)
	if err != nil || len(c.taken(ctx, a.bundle, nil)) > 0 {
		return false
	}
	round.Compile = time.Since(begin)
	begin = time.Now()
	if err := c.load(ctx, a.bundle); err != nil {
		c.Log.Debug("HAProxy does not start; the objects behind that are looked for", "error", err)
		return false
	}
	round.Apply, round.Reload = time.Since(begin), true
	c.remember(round.Snapshot, refused)
	round.Issues, round.Model = c.publish(round.Issues, a), a.model
	return true
}

func (c *Controller) observe(round Step) {
	if c.Observe == nil {
		return
	}
	if c.worker != nil {
		round.Seats, round.Abilities = c.worker.Seats(), c.worker.Abilities()
	}
	c.Observe(round)
}

// atRunTime changes the worker without a reload; done is false if only a reload helps. It is true, too, when the
// reload has to wait: then the loop is woken at its time.
func (c *Controller) atRunTime(ctx context.Context, round *Step, refused map[issue.Ref]string) (done bool, err error) {
	begin := time.Now()
	a, err := c.compile(round.Snapshot, refused)
	if err != nil {
		return false, nil // an object is at fault, which settle finds
	}
	plan := c.worker.Plan(a.bundle)
	round.Compile = time.Since(begin)
	if plan.Reload {
		return !c.due(ctx, round, a, plan.Reasons), nil
	}
	round.Issues, round.Model = c.publish(round.Issues, a), a.model
	if plan.Empty() {
		return true, nil
	}
	begin = time.Now()
	defer func() { round.Apply = time.Since(begin) }()
	c.files.want(a.bundle)
	client, err := c.Process.Runtime()
	if err == nil {
		err = c.worker.Apply(ctx, client, plan)
	}
	if err != nil {
		reason := c.doubt(err)
		c.Log.Warn("A change at run time failed; HAProxy is reloaded", "reason", reason, "error", err)
		return !c.due(ctx, round, a, []string{reason}), nil
	}
	round.Commands = len(plan.Commands)
	return true, nil
}

// due reports whether a reload may be made now. One that has to wait wakes the loop at its time.
func (c *Controller) due(ctx context.Context, round *Step, a attempt, reasons []string) bool {
	if wait := time.Until(c.nextReload); wait > 0 {
		time.AfterFunc(wait, c.Dirty)
		c.meanwhile(ctx, a.bundle)
		round.Waits, round.Model = true, a.model
		return false
	}
	c.Log.Info("Reload", "reasons", reasons)
	round.Reasons = reasons
	return true
}

// issues are those that were published last, with what they were made of.
type issues struct {
	found, compiled, refused, all issue.List
}

// publish tells of the issues of a round, unless they are those of the round before.
func (c *Controller) publish(found issue.List, a attempt) issue.List {
	p := &c.published
	same := slices.Equal(p.found, found) && sameIssues(p.compiled, a.issues) && slices.Equal(p.refused, a.refused)
	if !same || p.all == nil {
		*p = issues{found, a.issues, a.refused, append(issue.List{}, slices.Concat(found, a.issues, a.refused).Sorted()...)}
		c.Publish(p.all)
	}
	return p.all
}

// sameIssues compares the lists themselves first: compiles share them.
func sameIssues(a, b issue.List) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.Equal(a, b))
}

// load makes a new worker read the bundle. After an error the files of what runs are back, so that a restart of
// HAProxy finds what was live.
func (c *Controller) load(ctx context.Context, b *haproxy.Bundle) error {
	if err := c.files.replace(b); err != nil {
		return err
	}
	begin := time.Now()
	// a start or reload that has begun is finished, so that what it has accepted meanwhile is drained, not cut
	ctx = context.WithoutCancel(ctx)
	if c.worker == nil {
		if err := c.Process.Start(ctx, slices.Concat(c.Render.HTTP, c.Render.HTTPS)...); err != nil {
			return err
		}
	} else if err := c.Process.Reload(ctx); err != nil {
		return errors.Join(fmt.Errorf("reload HAProxy: %w", err), c.files.replace(c.worker.Bundle()))
	}
	c.worker = live.Loaded(b, c.abilities(ctx))
	c.nextReload = time.Now().Add(c.Interval)
	c.Log.Info("Configuration is live", "took", time.Since(begin).Round(time.Millisecond))
	if err := c.files.clean(); err != nil {
		c.Log.Warn("Files of an earlier configuration stay", "error", err)
	}
	return nil
}

// FlushFiles writes what a worker that is started anew has to read. It may be called from any goroutine.
func (c *Controller) FlushFiles() error { return c.files.flush() }
