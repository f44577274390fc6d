package cli

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/explain"
	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

type renderCommand struct {
	inputs
	out, output, bind string
}

func newRender(s Streams) *cobra.Command {
	var r renderCommand
	c := &cobra.Command{
		Use:   "render --manifests DIR --out DIR",
		Short: "Write the configuration that HAProxy would read",
		Long: `Render compiles the manifests and writes everything that HAProxy would read: the configuration, maps, certificates.
The same manifests give the same bytes. Issues are printed; the exit status is 1 if something is withheld.

The certificate for hosts that have none is a fixed example, made for this command only.`,
		Example: "  hawser render --manifests ./ingresses --out /tmp/haproxy && cd /tmp/haproxy && haproxy -c -f haproxy.cfg",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return r.run(s) },
	}
	r.register(c)
	outputFlag(c, &r.output)
	c.Flags().StringVar(&r.out, "out", "", "folder to write to; it is made if needed")
	c.Flags().StringVar(&r.bind, "bind-address", "0.0.0.0", "address that HAProxy would listen on")
	return c
}

func (r *renderCommand) run(s Streams) error {
	if err := r.resolve(); err != nil {
		return usageError{"render", err}
	}
	if r.out == "" {
		return usageError{"render", errors.New("where to? Give --out")}
	}
	world, err := r.compile(s)
	if err != nil {
		return err
	}
	addr, err := netip.ParseAddr(r.bind)
	if err != nil {
		return usageError{"render", fmt.Errorf("--bind-address %s is no address", r.bind)}
	}
	b, err := render.Render(world.Model, render.Options{
		HTTP:  []netip.AddrPort{netip.AddrPortFrom(addr, r.httpPort)},
		HTTPS: []netip.AddrPort{netip.AddrPortFrom(addr, r.httpsPort)},
	})
	if err != nil {
		return err
	}
	if err := writeBundle(r.out, b); err != nil {
		return err
	}
	if err := writeIssues(s.Out, r.output, world.Issues); err != nil {
		return err
	}
	if world.Issues.Has(issue.Withheld) {
		return errors.New("something is withheld; everything else is written")
	}
	return nil
}

func writeBundle(dir string, b *haproxy.Bundle) error {
	files := map[string]process.File{}
	for name, content := range b.Files() {
		mode := process.File{Data: content.Data, Mode: 0o644}
		if content.Secret {
			mode.Mode = 0o600
		}
		files[name] = mode
	}
	if _, err := process.WriteFiles(dir, files); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// compile reads the manifests or the cluster once; the default certificate is a fixed example.
func (i *inputs) compile(s Streams) (*explain.World, error) {
	format, err := i.logFormat()
	if err != nil {
		return nil, usageError{"", err}
	}
	objects, issues, err := i.read(s)
	if err != nil {
		return nil, err
	}
	snap, more := snapshot.Build(*objects, i.settings)
	cert, err := pki.Example()
	if err != nil {
		return nil, err
	}
	m, rest := compile.Compile(snap, compile.Options{DefaultCert: cert, LogFormat: format})
	return &explain.World{Snapshot: snap, Model: m, Issues: slices.Concat(issues, more, rest).Sorted()}, nil
}
