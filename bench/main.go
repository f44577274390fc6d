// Command bench measures an ingress controller against Hawser's targets, in a network namespace of its own.
//
//	go run ./bench                       # the whole table; make bench builds what it needs first
//	go run ./bench -quick                # small numbers, to see that everything runs
//	go run ./bench -only start-1000      # one row; several are separated by commas
//	go run ./bench soak -time 30m        # churn, and a verdict
//	go run ./bench gen -n 1000 -out DIR  # only the manifests
package main

import (
	"fmt"
	"os"
	"runtime/debug"

	"github.com/hawser-ingress/hawser/bench/gen"
	"github.com/hawser-ingress/hawser/bench/machine"
)

// garbage is how much the benchmark keeps, in percent of what it uses: its collector runs on the processors of those that
// it measures.
const garbage = 400

func main() {
	args := os.Args[1:]
	command := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		command, args = args[0], args[1:]
	}
	if command == "gen" {
		exit(generate(args))
	}
	if !machine.Inside() {
		code, err := machine.Again()
		if err != nil {
			exit(err)
		}
		os.Exit(code)
	}
	debug.SetGCPercent(garbage)
	if err := machine.SetUp(gen.Network); err != nil {
		exit(err)
	}
	switch command {
	case "":
		exit(table(args))
	case "soak":
		exit(churn(args))
	default:
		exit(fmt.Errorf("there is no command %q", command))
	}
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
