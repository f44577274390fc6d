package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hawser-ingress/hawser/internal/takeover"
)

// act are the flags of the commands that change a cluster.
type act struct {
	yes, dryRun bool
	limit       time.Duration
}

func (a *act) register(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&a.yes, "yes", false, "do it")
	f.BoolVar(&a.dryRun, "dry-run", false, "only tell what would be done: the default")
	f.DurationVar(&a.limit, "timeout", 10*time.Minute, "how long to wait for each thing that a step brings about, such as a rollout")
	c.MarkFlagsMutuallyExclusive("yes", "dry-run")
}

type takeoverCommand struct {
	move
	act
	accept  []string
	through string
}

func newTakeover(s Streams) *cobra.Command {
	var t takeoverCommand
	c := &cobra.Command{
		Use:   "takeover [--yes]",
		Short: "Move the traffic from ingress-nginx to Hawser, step by step",
		Long: `Takeover makes Hawser serve what ingress-nginx serves. Without --yes it changes nothing: it tells what the pre-flight
found, and the steps in their order, each with the kubectl commands that would do the same and those that undo it.

  keep           marks IngressClass and Service, so that an upgrade of the old chart leaves them in the cluster
  old-status     keeps ingress-nginx from writing status, and from emptying it when it ends
  grant          gives Hawser the right to write status, if its chart left it out
  hawser-writes  lets Hawser write the status that ingress-nginx wrote
  webhook        removes the admission webhook of ingress-nginx
  traffic        points the Service of ingress-nginx at Hawser's pods (with --traffic service)
  stop           ends the pods of ingress-nginx (with --traffic address only with --dns-moved)

IngressClasses stay as they are: Hawser serves those of the controller k8s.io/ingress-nginx. At every moment a ready
controller serves, and no Ingress is without an address. Each step is verified before the next begins. The first that fails
ends the takeover: what was done stays, doing the command again goes on there, and rollback goes back. What undoes each
step is in the ConfigMap hawser-takeover in Hawser's namespace before the step begins.

Blocking findings keep it from beginning; --accept CODE says that you know better.

The exit status is 0 if all went well, or if nothing would stand in its way, 3 if a blocking finding does, 2 for a wrong
command line, 1 for a failure.`,
		Example: `  hawser takeover                           # what would be done
  hawser takeover --yes --through traffic   # all but the end of ingress-nginx; look at your figures, then
  hawser takeover --yes                     # the rest
  hawser rollback --yes                     # back`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return t.run(c.Context(), s) },
	}
	t.move.register(c)
	t.act.register(c)
	t.flags(c.Flags())
	return c
}

func (t *takeoverCommand) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&t.accept, "accept", nil, "code of blocking findings that are to be accepted; may be given several times")
	f.StringVar(&t.through, "through", "", "last step to do: "+strings.Join(takeover.Steps(), ", "))
	f.BoolVar(&t.dnsMoved, "dns-moved", false, "with --traffic address: no client uses the old address any more, so ingress-nginx may end")
}

func (t *takeoverCommand) run(ctx context.Context, s Streams) error {
	if err := t.check(); err != nil {
		return usageError{"takeover", err}
	}
	if t.through != "" && !slices.Contains(takeover.Steps(), t.through) {
		return usageError{"takeover", fmt.Errorf("--through %s is none of %s", t.through, strings.Join(takeover.Steps(), ", "))}
	}
	client, err := t.connect()
	if err != nil {
		return err
	}
	scene, report, err := t.look(ctx, client)
	if err != nil {
		return err
	}
	blocking := slices.ContainsFunc(report.Findings, func(f takeover.Finding) bool {
		return f.Severity == takeover.Blocking && !slices.Contains(t.accept, f.Code)
	})
	if err := t.print(s, report, blocking); err != nil {
		return err
	}
	if blocking {
		return blocked
	}
	if !t.yes {
		return nil
	}
	runner := takeover.Runner{Client: client, Accept: t.accept, Through: t.through, Limit: t.limit, Say: func(format string, args ...any) { fmt.Fprintf(s.Err, format+"\n", args...) }}
	if err := runner.Apply(ctx, scene); err != nil {
		return fmt.Errorf("%w\nNothing after this was done. Do the same again to go on from here, or `hawser rollback` to go back", err)
	}
	return t.afterwards(s, scene)
}

// print shows the findings always, and the plan if nothing of it is done now. As JSON this is one object.
func (t *takeoverCommand) print(s Streams, report *takeover.Report, blocking bool) error {
	if t.output == "json" {
		return report.WriteJSON(s.Out)
	}
	if t.yes && !blocking {
		return nil
	}
	if err := report.WriteFindings(s.Out); err != nil {
		return err
	}
	fmt.Fprintln(s.Out)
	if err := report.WritePlan(s.Out); err != nil {
		return err
	}
	if blocking {
		fmt.Fprintln(s.Out, "\nNothing was changed, and nothing will be as long as there is a blocking finding.")
	} else {
		fmt.Fprintln(s.Out, "\nNothing was changed. --yes does it.")
	}
	return nil
}

func (t *takeoverCommand) afterwards(s Streams, scene *takeover.Scene) error {
	if t.through != "" && t.through != "stop" {
		fmt.Fprintf(s.Err, "\nDone through %s. Look at your figures; `hawser takeover --yes` goes on, `hawser rollback --yes` goes back.\n", t.through)
		return nil
	}
	fmt.Fprintln(s.Err, "\nHawser has taken over. `hawser rollback --yes` goes back for as long as ingress-nginx is installed.")
	if traffic := scene.Traffic; traffic == takeover.ByAddress && !t.dnsMoved {
		fmt.Fprintln(s.Err, "ingress-nginx goes on serving clients that know its address. When there are none: hawser takeover --yes --dns-moved")
	}
	if commands := append(scene.Settle(), scene.Uninstall()...); len(commands) > 0 {
		fmt.Fprintln(s.Err, "For good, once nobody wants to go back (--force-conflicts is for Helm 4; Helm 3 needs and knows no such flag):")
		fmt.Fprintln(s.Err, "  "+strings.Join(commands, "\n  "))
	}
	return nil
}

// errNothing is a rollback without anything to go back from.
var errNothing = errors.New("there is nothing to go back from: no takeover has left its ConfigMap hawser-takeover")
