package process

import (
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestRuns(t *testing.T) {
	if !runs(os.Getpid()) {
		t.Error("this process does not run")
	}
	cmd := exec.Command("cat")
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	if !runs(pid) {
		t.Error("a child does not run")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(10 * time.Second); runs(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it runs when it was killed, and nobody has waited for it")
		}
	}
	_ = cmd.Wait() // that it was killed
	if runs(pid) {
		t.Error("it runs when it was waited for")
	}
}
