// Command controlplane runs the control plane of the cluster tests for a program of another module: the benchmark.
//
//	controlplane DIR
//
// It keeps its files in DIR, prints the path of a kubeconfig when the API server is ready, and ends when its standard
// input does. The network namespace and the addresses in it are the caller's.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 2 {
		return fmt.Errorf("the folder for its files is needed, and nothing else")
	}
	c, err := cluster.Open(os.Args[1])
	if err != nil {
		return err
	}
	defer c.Close()
	kubeconfig, err := c.WriteKubeconfig()
	if err != nil {
		return err
	}
	fmt.Println(kubeconfig)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
