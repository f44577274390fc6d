package cli

import (
	"context"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/hawser-ingress/hawser/internal/haproxy/binary"
)

// Version is set by the linker.
var Version = "dev"

func newVersion(s Streams) *cobra.Command {
	var haproxy string
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the version of Hawser, and what a HAProxy can do",
		Example: `  hawser version
  hawser version --haproxy /usr/sbin/haproxy`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := printVersion(s); err != nil || haproxy == "" {
				return err
			}
			return printHAProxy(c.Context(), s, haproxy)
		},
	}
	c.Flags().StringVar(&haproxy, "haproxy", "", "start this HAProxy for a moment, and tell what it can do")
	return c
}

func printVersion(s Streams) error {
	_, err := fmt.Fprintf(s.Out, "hawser %s (%s, %s/%s)\n", Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func printHAProxy(ctx context.Context, s Streams, path string) error {
	info, err := binary.Inspect(ctx, path)
	if err != nil {
		return err
	}
	found, err := binary.Probe(ctx, path)
	if err != nil {
		return err
	}
	isolated := "count for the host they were made on"
	if !found.Isolated {
		isolated = "count for other hosts, too, which Hawser's rules prevent"
	}
	_, err = fmt.Fprintf(s.Out, "haproxy %s (%s, PCRE2 %s)\n  without a reload it changes: %s\n  TLS sessions with a client certificate %s\n",
		info.Version, info.TLSRunning, info.PCRE2, found.Abilities, isolated)
	return err
}
