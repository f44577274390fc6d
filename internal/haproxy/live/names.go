package live

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// ending is what a plan takes away when everything else is done: lines of crt-lists, then the files that only they named.
//
// HAProxy knows a line by its number, which is asked for. It stays the same while other lines go (2.6 to 3.2, measured).
type ending struct {
	lines map[string][]cfg.CrtEntry // list -> lines that go
	files []runtime.Command
}

func (e *ending) empty() bool { return len(e.lines)+len(e.files) == 0 }

func (e *ending) drop(list string, line cfg.CrtEntry) {
	if e.lines == nil {
		e.lines = map[string][]cfg.CrtEntry{}
	}
	e.lines[list] = append(e.lines[list], line)
}

// run takes everything away; remain has the lines that each list is to have afterwards.
func (e *ending) run(ctx context.Context, c *runtime.Client, remain map[string][]cfg.CrtEntry) error {
	for _, list := range slices.Sorted(maps.Keys(e.lines)) {
		if err := dropLines(ctx, c, list, e.lines[list], remain[list]); err != nil {
			return err
		}
	}
	if len(e.files) == 0 {
		return nil
	}
	return c.Run(ctx, e.files...)
}

// dropLines takes names away. A line that has others beside them is written again without them before it goes: HAProxy
// uses the older of two lines until then (measured).
func dropLines(ctx context.Context, c *runtime.Client, list string, gone, remain []cfg.CrtEntry) error {
	before, err := c.CrtList(ctx, list)
	if err != nil {
		return err
	}
	going := named(gone)
	var add, del []runtime.Command
	found := map[string]bool{}
	for _, line := range before {
		options := strings.Fields(line.Options)
		var stay []string
		for _, name := range line.Filters {
			if k := lineKey(line.Cert, options, name); going[k] {
				found[k] = true
			} else {
				stay = append(stay, name)
			}
		}
		if len(stay) == len(line.Filters) {
			continue
		}
		if len(stay) > 0 {
			add = append(add, runtime.AddCrtList(list, line.Cert, options, stay))
		}
		del = append(del, runtime.DelCrtList(list, line.Cert, line.Line))
	}
	for _, k := range slices.Sorted(maps.Keys(going)) {
		if !found[k] {
			return fmt.Errorf("%w: no line %q in crt-list %s", runtime.ErrDiffers, k, list)
		}
	}
	if err := c.Run(ctx, append(add, del...)...); err != nil {
		return err
	}
	after, err := c.CrtList(ctx, list)
	if err != nil {
		return err
	}
	return sameNames(list, after, remain)
}

// sameNames compares what HAProxy has with what it is to have, in whatever order and on whatever lines.
func sameNames(list string, have []runtime.CrtListEntry, want []cfg.CrtEntry) error {
	wanted := named(want)
	found := make(map[string]bool, len(wanted))
	for _, line := range have {
		for _, name := range line.Filters {
			k := lineKey(line.Cert, strings.Fields(line.Options), name)
			if !wanted[k] {
				return fmt.Errorf("%w: still the line %q in crt-list %s", runtime.ErrDiffers, k, list)
			}
			found[k] = true
		}
	}
	if len(found) != len(wanted) {
		return fmt.Errorf("%w: %d of %d lines in crt-list %s", runtime.ErrDiffers, len(found), len(wanted), list)
	}
	return nil
}

// named are the keys of all names of entries.
func named(entries []cfg.CrtEntry) map[string]bool {
	out := make(map[string]bool, len(entries))
	for _, e := range entries {
		for _, name := range e.Names() {
			out[lineKey(e.File(), e.Options(), name)] = true
		}
	}
	return out
}

// lineKey is equal for a name that is written and for what HAProxy shows of it: options in an order of its own.
func lineKey(file string, options []string, name string) string {
	return file + " [" + strings.Join(slices.Sorted(slices.Values(options)), " ") + "] " + name
}
