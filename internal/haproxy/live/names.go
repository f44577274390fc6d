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

func dropLines(ctx context.Context, c *runtime.Client, list string, gone, remain []cfg.CrtEntry) error {
	before, err := c.CrtList(ctx, list)
	if err != nil {
		return err
	}
	numbers := map[string][]runtime.CrtListEntry{}
	for _, line := range before {
		k := shown(line)
		numbers[k] = append(numbers[k], line)
	}
	var cmds []runtime.Command
	for _, line := range gone {
		k := written(line)
		if len(numbers[k]) == 0 {
			return fmt.Errorf("%w: no line %q in crt-list %s", runtime.ErrDiffers, line, list)
		}
		for _, at := range numbers[k] {
			cmds = append(cmds, runtime.DelCrtList(list, at.Cert, at.Line))
		}
		delete(numbers, k)
	}
	if err := c.Run(ctx, cmds...); err != nil {
		return err
	}
	after, err := c.CrtList(ctx, list)
	if err != nil {
		return err
	}
	return sameLines(list, after, remain)
}

// sameLines compares what HAProxy has with what it is to have, in whatever order.
func sameLines(list string, have []runtime.CrtListEntry, want []cfg.CrtEntry) error {
	wanted := make(map[string]bool, len(want))
	for _, line := range want {
		wanted[written(line)] = true
	}
	found := make(map[string]bool, len(have))
	for _, line := range have {
		k := shown(line)
		if !wanted[k] {
			return fmt.Errorf("%w: still the line %q in crt-list %s", runtime.ErrDiffers, k, list)
		}
		found[k] = true
	}
	if len(found) != len(wanted) {
		return fmt.Errorf("%w: %d of %d lines in crt-list %s", runtime.ErrDiffers, len(found), len(wanted), list)
	}
	return nil
}

// written and shown are equal for a line and for what HAProxy shows of it: options in an order of its own.
func written(e cfg.CrtEntry) string { return lineKey(e.File(), e.Options(), e.Names()) }

func shown(e runtime.CrtListEntry) string {
	return lineKey(e.Cert, strings.Fields(e.Options), e.Filters)
}

func lineKey(file string, options, names []string) string {
	return file + " [" + strings.Join(slices.Sorted(slices.Values(options)), " ") + "] " + strings.Join(names, " ")
}
