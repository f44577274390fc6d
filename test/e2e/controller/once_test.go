package controller_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestOnce has render and explain read a cluster once.
func TestOnce(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.create(t, ingress(ns, "web", "web.example", "web"), ingress(ns, "foreign", "foreign.example", "web", ofClass("other")))
	dir, binary := t.TempDir(), buildHawser(t)
	config := "--kubeconfig=" + w.Kubeconfig(t, w.Admin())
	run := func(args ...string) string {
		t.Helper()
		out, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("hawser %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	run("render", config, "--out="+filepath.Join(dir, "out"))
	rendered, err := os.ReadFile(filepath.Join(dir, "out", "haproxy.cfg"))
	if err != nil || !strings.Contains(string(rendered), ns) {
		t.Errorf("the configuration lacks the Ingress: %v\n%s", err, rendered)
	}
	if strings.Contains(string(rendered), "foreign") {
		t.Error("the configuration has an Ingress of another class")
	}
	if out := run("explain", config, "http://web.example/"); !strings.Contains(out, ns+"/web") {
		t.Errorf("explain prints:\n%s", out)
	}
	if out := run("explain", config, "--config", "--object", "Ingress/"+ns+"/web"); !strings.Contains(out, "web.example web.example | Ingress "+ns+"/web") {
		t.Errorf("explain --config prints:\n%s", out)
	}
}

// buildHawser builds the program for commands that run once, and returns its path.
func buildHawser(t *testing.T) string {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(t.TempDir(), "hawser")
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-o", binary, "./cmd/hawser")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build hawser: %v\n%s", err, out)
	}
	return binary
}
