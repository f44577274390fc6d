package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hawser-ingress/hawser/internal/takeover"
)

type rollbackCommand struct {
	move
	act
}

func newRollback(s Streams) *cobra.Command {
	var r rollbackCommand
	c := &cobra.Command{
		Use:   "rollback [--yes]",
		Short: "Undo a takeover, the last step first",
		Long: `Rollback undoes what takeover did, in the reverse order: ingress-nginx is started and ready before clients are sent to it,
clients are sent to it before Hawser stops writing status, and its webhook is back. Without --yes it only tells what it
would do.

What it undoes is in the ConfigMap hawser-takeover, so it works from any machine that reaches the cluster, also after a
takeover that failed half-way. Each step is verified; doing the command again after a failure goes on there. Flags that
somebody else changed meanwhile stay as they are; only those that takeover set get their old values.`,
		Example: `  hawser rollback         # what would be undone
  hawser rollback --yes`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return r.run(c.Context(), s) },
	}
	f := c.Flags()
	r.reach(f)
	f.StringVar(&r.to, "to", "", "Deployment or DaemonSet of Hawser, namespace/name, if there are several takeovers")
	outputFlag(c, &r.output)
	r.act.register(c)
	return c
}

func (r *rollbackCommand) run(ctx context.Context, s Streams) error {
	if err := r.check(); err != nil {
		return usageError{"rollback", err}
	}
	client, err := r.connect()
	if err != nil {
		return err
	}
	state, err := r.state(ctx, client)
	if err != nil {
		return err
	}
	if state == nil {
		return errNothing
	}
	if r.output == "json" {
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		if err := e.Encode(state); err != nil {
			return err
		}
	} else if !r.yes {
		if err := state.WriteUndo(s.Out); err != nil {
			return err
		}
	}
	if !r.yes {
		fmt.Fprintln(s.Err, "Nothing was changed. --yes does it.")
		return nil
	}
	runner := takeover.Runner{Client: client, Limit: r.limit, Say: func(format string, args ...any) { fmt.Fprintf(s.Err, format+"\n", args...) }}
	if err := runner.Undo(ctx, state); err != nil {
		return fmt.Errorf("%w\nNothing after this was undone. Do the same again to go on from here", err)
	}
	fmt.Fprintln(s.Err, "ingress-nginx serves again, and Hawser is beside it.")
	return nil
}
