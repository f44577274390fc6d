package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The commands that `make run` prints are run as printed, so that neither they nor the examples can go stale.
func TestPrintedCommandsAnswerAsPromised(t *testing.T) {
	// See main: the child lives as long as the thread that starts it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	t.Chdir("../..")
	c := config{
		state:    t.TempDir(),
		examples: "examples/demo",
		hawser:   hawserBinary(t),
		haproxy:  os.Getenv("HAWSER_HAPROXY"),
		bind:     "127.0.0.1",
		check:    true,
	}
	var out strings.Builder
	if err := run(t.Context(), c, &out); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if got := strings.Count(out.String(), "ok  "); got != 5 {
		t.Errorf("%d of 5 steps:\n%s", got, out.String())
	}
}

func TestAWrongAnswerFailsTheCheck(t *testing.T) {
	for line, want := range map[string]string{
		"echo 200":         "403\n",
		"echo 403; exit 7": "403\n",
	} {
		wrong := []step{{"wrong", []command{{line: line, want: []string{want}}}}}
		if err := check(t.Context(), wrong, &strings.Builder{}); err == nil {
			t.Errorf("%s passes for %q", line, want)
		}
	}
}

// hawserBinary is HAWSER_BINARY, or built from the working directory.
func hawserBinary(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("HAWSER_BINARY"); path != "" {
		return path
	}
	path := filepath.Join(t.TempDir(), "hawser")
	if out, err := exec.Command("go", "build", "-o", path, "./cmd/hawser").CombinedOutput(); err != nil {
		t.Fatalf("build hawser: %v\n%s", err, out)
	}
	return path
}
