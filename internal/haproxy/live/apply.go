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
	number, err := p.trust.number(ctx, c)
	if err == nil {
		err = proved(ctx, c, p.trust.close(number), nil)
	}
	if err != nil {
		return fmt.Errorf("close hosts whose client CAs change: %w", err)
	}
	if err := c.Run(ctx, p.Commands...); err != nil {
		return fmt.Errorf("change HAProxy at run time: %w", err)
	}
	if err := p.end.run(ctx, c, p.next.bundle.CrtLists); err != nil {
		return fmt.Errorf("take away what nothing needs: %w", err)
	}
	if err := c.Check(ctx, p.proofs...); err != nil {
		return fmt.Errorf("read back what was changed: %w", err)
	}
	cmds, proofs := p.trust.replace()
	if err := proved(ctx, c, cmds, proofs); err != nil {
		return fmt.Errorf("change client CAs: %w", err)
	}
	if err := c.Run(ctx, p.trust.forget()...); err != nil {
		return fmt.Errorf("make sessions worthless: %w", err)
	}
	if err := proved(ctx, c, p.trust.open(number), nil); err != nil {
		return fmt.Errorf("open hosts whose client CAs have changed: %w", err)
	}
	w.Done(p)
	return nil
}

// proof is what shows that the plan was carried out: each entry of a map and each certificate that changed, whole lists,
// which decide who is let in, and all servers of a backend. All of it is asked at once.
func (p *planner) proof() []runtime.Question {
	out := runtime.Proofs(slices.Concat(p.prepare, p.protect, p.route, p.release))
	var changed []string
	for name, want := range p.next.lists {
		if !sameList(p.old.lists[name], want) {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	for _, name := range changed {
		want := keySet(p.next.lists[name])
		out = append(out, runtime.PatternsOf(name, func(got []string) error { return samePatterns(name, got, want) }))
	}
	for _, seat := range slices.Sorted(maps.Keys(p.servers)) {
		if want := p.servers[seat]; !maps.EqualFunc(p.old.servers[seat], want, sameServer) {
			out = append(out, runtime.ServersOf(seat, func(got []runtime.ServerState) error { return sameStates(seat, got, want) }))
		}
	}
	return out
}

func samePatterns(name string, got []string, want map[string]bool) error {
	if len(got) != len(want) || slices.ContainsFunc(got, func(k string) bool { return !want[k] }) {
		return fmt.Errorf("%w: list %s with %d patterns, and not the %d that it should have", runtime.ErrDiffers, name, len(got), len(want))
	}
	return nil
}

func sameStates(seat string, got []runtime.ServerState, want map[string]haproxy.Server) error {
	up := 0
	for _, s := range got {
		server, wanted := want[s.Name]
		switch {
		case wanted && !s.InMaint() && s.Addr == server.Addr.Addr() && s.Port == int(server.Addr.Port()):
			up++
		case wanted:
			return fmt.Errorf("%w: server %s/%s is not ready at %s", runtime.ErrDiffers, seat, s.Name, server.Addr)
		case !s.InMaint():
			return fmt.Errorf("%w: server %s/%s still takes requests", runtime.ErrDiffers, seat, s.Name)
		}
	}
	if up != len(want) {
		return fmt.Errorf("%w: backend %s with %d of %d servers", runtime.ErrDiffers, seat, up, len(want))
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
