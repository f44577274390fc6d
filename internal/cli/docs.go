package cli

import (
	"github.com/spf13/cobra"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/reference"
)

func newDocs(s Streams) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "docs",
		Short: "Print the reference of annotations, settings, issues and verification errors",
		Long:  "Docs prints the reference from the declarations that the compiler uses, as Markdown. With --out it writes one file per part.",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if dir != "" {
				return reference.WriteFiles(dir, compile.Registry())
			}
			return reference.Write(s.Out, compile.Registry())
		},
	}
	c.Flags().StringVar(&dir, "out", "", "folder for one Markdown file per part")
	return c
}
