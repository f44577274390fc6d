package chart_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestArgumentsAreKnown gives the arguments of every variant to the program of the source tree. An argument it does
// not know would keep the pod from starting.
func TestArgumentsAreKnown(t *testing.T) {
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "hawser")
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", binary, "./cmd/hawser")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build hawser: %v\n%s", err, out)
	}
	for _, variant := range variants(t) {
		_, container := podOf(t, render(t, variant, "ingress"))
		for _, argument := range container.Args[1:] {
			// The last argument ends the program with success, if the one before it is good.
			out, err := exec.CommandContext(t.Context(), binary, "run", argument, "--help").CombinedOutput()
			if err != nil {
				t.Errorf("%s: %s: %v: %s", variant, argument, err, out)
			}
		}
	}
}
