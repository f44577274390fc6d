// Command hawser is the ingress controller and its tools: see hawser --help.
package main

import (
	"os"

	"github.com/hawser-ingress/hawser/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
