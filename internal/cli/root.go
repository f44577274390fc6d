// Package cli is the command line: one file per command, and the only package that knows cobra.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Streams are where a command reads and writes; tests give their own.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// Main runs the command line and returns the exit status: 0, 1 for a failure, 2 for a wrong use, or what a command says
// of its result.
func Main(args []string, s Streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if result, ok := errors.AsType[resultError](err); ok {
		return int(result)
	}
	fmt.Fprintln(s.Err, "hawser:", err)
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(s.Err, "Run 'hawser %s --help' for the flags and examples.\n", usage.command)
		return 2
	}
	return 1
}

// usageError is a command line that can't be meant.
type usageError struct {
	command string
	error
}

// resultError is the exit status of a command that did its work, and whose result is not the good one. It is not printed.
type resultError int

func (resultError) Error() string { return "the result is not the good one" }

func newRoot(s Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "hawser",
		Short: "Serve the Ingresses of ingress-nginx with HAProxy",
		Long: `Hawser is a Kubernetes ingress controller that serves the Ingresses of ingress-nginx, unchanged, with HAProxy.

It reads Ingresses and what they name, says what it can't serve as written, and drives one HAProxy. A route whose
protection can't be honoured (client certificate, authentication, allow-list) is closed, never opened.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usageError{c.Name(), err} })
	root.AddCommand(newRun(s), newRender(s), newExplain(s), newAssess(s), newCompare(s),
		newShadow(s), newPreflight(s), newTakeover(s), newRollback(s), newDocs(s), newVersion(s))
	return root
}

// outputFlag is the -o of every command.
func outputFlag(c *cobra.Command, format *string) {
	c.Flags().StringVarP(format, "output", "o", "text", "form of issues and answers: text or json")
}

func writeIssues(w io.Writer, format string, list issue.List) error {
	switch format {
	case "text":
		return issue.WriteText(w, list)
	case "json":
		return issue.WriteJSON(w, list)
	default:
		return usageError{"", fmt.Errorf("-o %s is neither text nor json", format)}
	}
}
