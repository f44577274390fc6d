// Package chart tests the Helm chart as Helm and a real API server see it: every values file of testdata/values is
// linted, rendered, applied with strict validation, and its pods are put before the restricted pod security.
package chart_test

import (
	"os"
	"testing"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

func TestMain(m *testing.M) { os.Exit(cluster.Main(m)) }
