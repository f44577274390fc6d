// Package controller tests hawser against a real API server: what it reads, what it writes back, and what happens when
// the API server is away. The binary runs as in a cluster, with a kubeconfig in place of a pod's credentials.
package controller_test

import (
	"os"
	"testing"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

func TestMain(m *testing.M) { os.Exit(cluster.Main(m)) }
