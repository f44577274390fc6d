package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hawser-ingress/hawser/internal/takeover"
)

func newShadow(s Streams) *cobra.Command {
	var m move
	c := &cobra.Command{
		Use:   "shadow [--kubeconfig FILE | --context NAME]",
		Short: "See that Hawser runs beside ingress-nginx without a trace, and how to ask it",
		Long: `Shadow tells how to run Hawser beside ingress-nginx, on the same IngressClass, without a client or an object noticing:
hawser run --shadow writes no status, no Events and no Lease, and has no webhook; a Service of its own leads to it.

Is Hawser not in the cluster yet, the command that installs it so is printed, with the flags of the ingress-nginx that is
found. Is it there, shadow sees that it really keeps still (its flags, its webhook, the Service of ingress-nginx), and
prints how to send it the same requests as ingress-nginx. It changes nothing.

The exit status is 0 if Hawser keeps still, or is not there; 3 if it does not keep still; 2 for a wrong command line, 1 for
a failure.`,
		Example: `  hawser shadow
  hawser shadow --from ingress-nginx/ingress-nginx-controller --to ingress-nginx/hawser-controller`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return m.shadow(c.Context(), s) },
	}
	m.register(c)
	return c
}

func (m *move) shadow(ctx context.Context, s Streams) error {
	if err := m.check(); err != nil {
		return usageError{"shadow", err}
	}
	client, err := m.connect()
	if err != nil {
		return err
	}
	reading, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	world, err := takeover.Read(reading, client)
	if err != nil {
		return err
	}
	trial, err := takeover.LookShadow(world, takeover.Options{From: m.from, To: m.to})
	if err != nil {
		return err
	}
	if m.output == "json" {
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		err = e.Encode(trial)
	} else {
		err = trial.WriteText(s.Out)
	}
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	if slices.ContainsFunc(trial.Findings, func(f takeover.Finding) bool { return f.Severity == takeover.Blocking }) {
		return blocked
	}
	return nil
}
