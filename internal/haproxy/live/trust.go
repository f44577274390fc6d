package live

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// trust is a change of client CAs and revocation lists.
//
// Hosts of an authority that loses something are closed to certificates first, in one command for each authority: what
// counts is a number that no connection has. Then the files change and are read back; TLS tickets that were given until
// then become worthless, so that nobody comes back with one; and last, new connections get the number that counts. A
// connection that was accepted before never does, nor does a session of it, whatever its handshake had begun with.
type trust struct {
	tables haproxy.Trust
	closes []string // authorities
	files  []trustFile
}

// trustChanges finds files whose content changes. Another set of files is another policy of some name, which crtList sees.
func (p *planner) trustChanges() {
	old, next := p.old.bundle, p.next.bundle
	if !slices.Equal(slices.Sorted(maps.Keys(old.CAs)), slices.Sorted(maps.Keys(next.CAs))) {
		p.reload("client CAs or revocation lists")
		return
	}
	closes, stuck := map[string]bool{}, ofFirstLines(old)
	for _, name := range slices.Sorted(maps.Keys(next.CAs)) {
		before, after := old.CAs[name], next.CAs[name]
		if sameFile(before, after) && before.Authority == after.Authority {
			continue
		}
		file, extended, err := trustChange(name, before, after)
		if err != nil || stuck[name] || before.Authority != after.Authority || next.Trust.Since == "" {
			p.reload("client CAs or revocation lists")
			return
		}
		p.trust.files = append(p.trust.files, file)
		if !extended {
			closes[after.Authority] = true
		}
	}
	p.trust.tables = next.Trust
	p.trust.closes = slices.Sorted(maps.Keys(closes))
}

// ofFirstLines are the words of first lines. They are for names that nobody has; what is committed for them does nothing on
// HAProxy 2.6, which says Success and shows it (measured; 3.0 and 3.2 do as they say).
func ofFirstLines(b *haproxy.Bundle) map[string]bool {
	out := map[string]bool{}
	for _, lines := range b.CrtLists {
		if len(lines) > 0 {
			for _, word := range lines[0].Options() {
				out[word] = true
			}
		}
	}
	return out
}

// number is above every number that the worker has given or asked for. HAProxy is asked for them, so that one which was
// started anew, or whose last change failed, is never mistaken for another.
func (t *trust) number(ctx context.Context, c *runtime.Client) (int, error) {
	if len(t.closes) == 0 {
		return 0, nil
	}
	last := haproxy.TrustBegin
	for _, table := range []string{t.tables.Now, t.tables.Since} {
		entries, err := c.MapEntries(ctx, table)
		if err != nil {
			return 0, err
		}
		if len(entries) == 0 {
			return 0, fmt.Errorf("%w: %s is empty", runtime.ErrDiffers, table)
		}
		for _, e := range entries {
			n, err := strconv.Atoi(e.Value)
			if err != nil {
				return 0, fmt.Errorf("%w: %s has %q for %s", runtime.ErrDiffers, table, e.Value, e.Key)
			}
			last = max(last, n)
		}
	}
	return last + 1, nil
}

// close makes the certificates of no connection count, old or new, for hosts of authorities that lose something.
func (t *trust) close(number int) []runtime.Command {
	var out []runtime.Command
	for _, authority := range t.closes {
		out = append(out, runtime.SetMap(t.tables.Since, authority, strconv.Itoa(number)))
	}
	return out
}

// replace brings in the new files.
func (t *trust) replace() (cmds []runtime.Command, proofs []runtime.Question) {
	for _, f := range t.files {
		cmds = append(cmds, f.store.Set(f.name, f.data), f.store.Commit(f.name))
		proofs = append(proofs, f.proof())
	}
	return cmds, proofs
}

// forget makes tickets worthless.
func (t *trust) forget() []runtime.Command {
	if len(t.files) == 0 {
		return nil
	}
	var out []runtime.Command
	for range haproxy.TicketKeys {
		out = append(out, runtime.SetTLSKey(t.tables.Tickets, haproxy.TicketKey()))
	}
	return out
}

// open makes certificates count again, of connections that are accepted from here on.
func (t *trust) open(number int) []runtime.Command {
	if len(t.closes) == 0 {
		return nil
	}
	return []runtime.Command{runtime.SetMap(t.tables.Now, haproxy.TrustNow, strconv.Itoa(number))}
}

// needs is everything that a HAProxy must be able to do for it.
func (t *trust) needs() []runtime.Command {
	cmds, proofs := t.replace()
	for _, q := range proofs {
		cmds = append(cmds, q.Command())
	}
	return slices.Concat(t.close(0), cmds, t.forget(), t.open(0))
}

// proved runs commands that the next ones rely on.
func proved(ctx context.Context, c *runtime.Client, cmds []runtime.Command, proofs []runtime.Question) error {
	if err := c.Run(ctx, cmds...); err != nil {
		return err
	}
	return c.Check(ctx, append(runtime.Proofs(cmds), proofs...)...)
}
