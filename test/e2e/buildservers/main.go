// Command buildservers fills the cache with the programs the cluster tests run: etcd, the Kubernetes servers and Helm.
// It does nothing when they are there. With -check it builds nothing: its exit status is 3 if something is missing.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

func main() {
	check := flag.Bool("check", false, "only tell whether everything is built, by the exit status")
	flag.Parse()
	if err := run(*check); err != nil {
		fmt.Fprintln(os.Stderr, "buildservers:", err)
		os.Exit(1)
	}
}

func run(check bool) error {
	if !check {
		return cluster.Build()
	}
	built, err := cluster.Built()
	if err == nil && !built {
		os.Exit(3)
	}
	return err
}
