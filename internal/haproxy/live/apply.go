package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// Apply runs the commands of a plan and reads back what it changed. After an error the worker's memory is unknown:
// only a reload helps.
func (w *Worker) Apply(ctx context.Context, c *runtime.Client, p Plan) error {
	if p.Reload {
		return errors.New("the plan needs a reload")
	}
	if err := c.Run(ctx, p.Commands...); err != nil {
		return fmt.Errorf("change HAProxy at run time: %w", err)
	}
	if err := p.end.run(ctx, c, p.next.bundle.CrtLists); err != nil {
		return fmt.Errorf("take away what nothing needs: %w", err)
	}
	if err := p.verify(ctx, c, w); err != nil {
		return fmt.Errorf("read back what was changed: %w", err)
	}
	w.Done(p)
	return nil
}

// verify asks HAProxy for what the plan touched.
func (p Plan) verify(ctx context.Context, c *runtime.Client, before *Worker) error {
	if err := p.verifyLists(ctx, c, before); err != nil {
		return err
	}
	return p.verifyServers(ctx, c, before)
}

// verifyLists compares lists, which decide who is let in.
func (p Plan) verifyLists(ctx context.Context, c *runtime.Client, before *Worker) error {
	for _, name := range slices.Sorted(maps.Keys(p.next.lists)) {
		if sameList(before.lists[name], p.next.lists[name]) {
			continue
		}
		want := keySet(p.next.lists[name])
		got, err := c.Patterns(ctx, name)
		if err != nil {
			return err
		}
		if len(got) != len(want) || slices.ContainsFunc(got, func(k string) bool { return !want[k] }) {
			return fmt.Errorf("%w: list %s with %d patterns, and not the %d that it should have", errDiffers, name, len(got), len(want))
		}
	}
	return nil
}

func (p Plan) verifyServers(ctx context.Context, c *runtime.Client, before *Worker) error {
	for _, seat := range slices.Sorted(maps.Keys(p.servers)) {
		want := p.servers[seat]
		if maps.EqualFunc(before.servers[seat], want, sameServer) {
			continue
		}
		states, err := c.ServerStates(ctx, seat)
		if err != nil {
			return err
		}
		up := 0
		for _, s := range states {
			server, wanted := want[s.Name]
			switch {
			case wanted && !s.InMaint() && s.Addr == server.Addr.Addr() && s.Port == int(server.Addr.Port()):
				up++
			case wanted:
				return fmt.Errorf("%w: server %s/%s is not ready at %s", errDiffers, seat, s.Name, server.Addr)
			case !s.InMaint():
				return fmt.Errorf("%w: server %s/%s still takes requests", errDiffers, seat, s.Name)
			}
		}
		if up != len(want) {
			return fmt.Errorf("%w: backend %s with %d of %d servers", errDiffers, seat, up, len(want))
		}
	}
	return nil
}

func sameServer(a, b haproxy.Server) bool { return bytes.Equal(a.Text.Bytes, b.Text.Bytes) }

// Sweep deletes the servers whose last connection has ended; others are tried again the next time.
func (w *Worker) Sweep(ctx context.Context, c *runtime.Client) error {
	if w.unsure != "" {
		return nil // the worker is about to be replaced
	}
	for _, seat := range slices.Sorted(maps.Keys(w.fading)) {
		for _, name := range slices.Sorted(maps.Keys(w.fading[seat])) {
			err := c.Run(ctx, runtime.DelServer(seat, name))
			if errors.Is(err, runtime.ErrInUse) {
				continue
			}
			if err != nil && !errors.Is(err, runtime.ErrNotFound) {
				return fmt.Errorf("delete server %s/%s: %w", seat, name, err)
			}
			delete(w.fading[seat], name)
		}
		if len(w.fading[seat]) == 0 {
			delete(w.fading, seat)
		}
	}
	w.reclaim()
	return nil
}
