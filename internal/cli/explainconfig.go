package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hawser-ingress/hawser/internal/haproxy/origin"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
)

// configFlags ask for the lines of the configuration in place of a request.
type configFlags struct {
	wanted bool
	file   string
	line   int
	object string
}

func (f *configFlags) register(c *cobra.Command) {
	flags := c.Flags()
	flags.BoolVar(&f.wanted, "config", false, "no URL: list every line that HAProxy would read, and the objects it was made of")
	flags.StringVar(&f.file, "file", "", "with --config: only this file, such as haproxy.cfg or maps/route.map")
	flags.IntVar(&f.line, "line", 0, "with --config: only this line, of haproxy.cfg if no --file is given")
	flags.StringVar(&f.object, "object", "", "with --config: only lines made of this object, Kind/namespace/name")
}

func (f *configFlags) filter() (origin.Filter, error) {
	out := origin.Filter{File: f.file, Number: f.line}
	if !f.wanted {
		if f.file != "" || f.line != 0 || f.object != "" {
			return out, errors.New("--file, --line and --object are for --config")
		}
		return out, nil
	}
	if f.line < 0 {
		return out, fmt.Errorf("--line %d is no line", f.line)
	}
	if f.line > 0 && f.file == "" {
		out.File = "haproxy.cfg"
	}
	if f.object == "" {
		return out, nil
	}
	var err error
	if out.Object, err = origin.Object(f.object); err != nil {
		return out, fmt.Errorf("--object %w", err)
	}
	return out, nil
}

// arguments: a URL, or --config.
func (e *explainCommand) arguments(_ *cobra.Command, args []string) error {
	switch {
	case e.config.wanted && len(args) > 0:
		return usageError{"explain", errors.New("--config and a URL exclude each other")}
	case !e.config.wanted && len(args) != 1:
		return usageError{"explain", errors.New("which request? Give one URL, or --config")}
	default:
		return nil
	}
}

// lines lists what render would write.
func (e *explainCommand) lines(s Streams, filter origin.Filter) error {
	world, err := e.compile(s)
	if err != nil {
		return err
	}
	any4 := netip.IPv4Unspecified()
	b, err := render.Render(world.Model, render.Options{
		HTTP: []netip.AddrPort{netip.AddrPortFrom(any4, e.httpPort)}, HTTPS: []netip.AddrPort{netip.AddrPortFrom(any4, e.httpsPort)},
	})
	if err != nil {
		return err
	}
	all := origin.Of(b, world.Model)
	if filter.File != "" && !slices.ContainsFunc(all, func(l origin.Line) bool { return l.File == filter.File }) {
		return fmt.Errorf("HAProxy reads no file %s", filter.File)
	}
	chosen := filter.Choose(all)
	if e.output == "json" {
		return origin.WriteJSON(s.Out, chosen)
	}
	return origin.WriteText(s.Out, chosen)
}
