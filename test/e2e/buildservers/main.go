// Command buildservers fills the cache with the programs the cluster tests run: etcd, the Kubernetes servers and Helm.
// It does nothing when they are there.
package main

import (
	"fmt"
	"os"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

func main() {
	if err := cluster.Build(); err != nil {
		fmt.Fprintln(os.Stderr, "buildservers:", err)
		os.Exit(1)
	}
}
