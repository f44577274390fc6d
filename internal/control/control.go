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
	"net/netip"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
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
}

// Controller is the loop. Its state belongs to Run.
type Controller struct {
	Options
	running *haproxy.Bundle // what HAProxy reads; nil before the first start
	ready   chan struct{}   // closed when the first configuration is live
	dirty   chan struct{}   // holds at most one signal
}

// New returns a loop that does not run yet.
func New(o Options) *Controller {
	if o.Publish == nil {
		o.Publish = func(issue.List) {}
	}
	return &Controller{Options: o, ready: make(chan struct{}), dirty: make(chan struct{}, 1)}
}

// Ready is closed when the first configuration is live.
func (c *Controller) Ready() <-chan struct{} { return c.ready }

// Dirty asks for another look at the source. It never blocks.
func (c *Controller) Dirty() {
	select {
	case c.dirty <- struct{}{}:
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
	close(c.ready)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-c.dirty:
		}
		if err := c.step(ctx); err != nil && ctx.Err() == nil {
			c.Log.Error("The last good configuration stays", "error", err)
		}
		if !sleep(ctx, c.Interval) {
			return ctx.Err()
		}
	}
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// step brings HAProxy to what the source says now.
func (c *Controller) step(ctx context.Context) error {
	objects, issues, err := c.Source.Load()
	if err != nil {
		return fmt.Errorf("load the objects: %w", err)
	}
	snap, more := snapshot.Build(*objects, c.Settings)
	attempt, err := c.settle(ctx, snap)
	if err != nil {
		return err
	}
	c.Publish(append(append(issues, more...), attempt.issues...).Sorted())
	if c.running != nil && attempt.bundle.Equal(c.running) {
		return nil
	}
	if err := c.apply(ctx, attempt.bundle); err != nil {
		return err
	}
	c.running = attempt.bundle
	return nil
}

// apply puts the files in place and makes HAProxy read them. After an error the files of the running configuration are
// back, so that a restart of HAProxy finds what was live.
func (c *Controller) apply(ctx context.Context, b *haproxy.Bundle) error {
	live := filepath.Join(c.StateDir, liveDir)
	files := filesOf(b)
	if _, err := process.WriteFiles(live, files); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	begin := time.Now()
	if c.running == nil {
		return c.Process.Start(ctx, append(append([]netip.AddrPort{}, c.Render.HTTP...), c.Render.HTTPS...)...)
	}
	if err := c.Process.Reload(ctx); err != nil {
		_, restoreErr := process.WriteFiles(live, filesOf(c.running))
		return errors.Join(fmt.Errorf("reload HAProxy: %w", err), restoreErr)
	}
	c.Log.Info("Configuration is live", "took", time.Since(begin).Round(time.Millisecond))
	if _, err := process.RemoveStale(live, files); err != nil {
		c.Log.Warn("Files of an earlier configuration stay", "error", err)
	}
	return nil
}

// Names below the state directory.
const (
	liveDir  = "live"
	checkDir = "check"
)

// ConfigPath is where the live configuration is.
func ConfigPath(stateDir string) string { return filepath.Join(stateDir, liveDir, haproxy.ConfigFile) }

func filesOf(b *haproxy.Bundle) map[string]process.File {
	out := map[string]process.File{}
	for name, content := range b.Files() {
		out[name] = process.File{Data: content.Data, Mode: 0o600, Last: name == haproxy.ConfigFile}
	}
	return out
}
