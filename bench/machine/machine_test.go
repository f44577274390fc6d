package machine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	text := "42 (a ) b (c) S 7 42 42 0 -1 4194560 100 5 0 0 120 30 40 10 20 0 4 0 12345 1000 200 1844"
	got, err := parseStat([]byte(text))
	want := Usage{CPU: 1500 * time.Millisecond, Reaped: 500 * time.Millisecond, Parent: 7, Command: "a ) b (c"}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, bad := range []string{"", "42", "42 (a", "42 (a) S 7", strings.Replace(text, " 120 ", " x ", 1)} {
		if got, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
}

func TestParseStatus(t *testing.T) {
	got, err := parseStatus("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n")
	if err != nil || got != (Memory{1 << 20, 2 << 20}) {
		t.Error(got, err)
	}
	for _, bad := range []string{"", "Name:\tx\n", "VmRSS:\tmuch\n"} {
		if got, err := parseStatus(bad); err == nil {
			t.Errorf("%q is read as %+v", bad, got)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("42 (a) S 7 42 42 0 -1 4194560 100 5 0 0 120 30 40 10 20 0 4 0"))
	f.Add([]byte(")("))
	f.Fuzz(func(_ *testing.T, text []byte) {
		_, _ = parseStat(text)
		_, _ = parseStatus(string(text))
	})
}

func TestWorkIsSeenInTheUsage(t *testing.T) {
	before, err := UsageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for begin := time.Now(); time.Since(begin) < 300*time.Millisecond; {
	}
	after, err := UsageOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if used := after.CPU - before.CPU; used < 50*time.Millisecond || used > 3*time.Second {
		t.Errorf("300 ms of work count as %s", used)
	}
	if m, err := MemoryOf(os.Getpid()); err != nil || m.Resident < 1<<20 || m.Peak < m.Resident {
		t.Error(m, err)
	}
}

// TestProcessesAreFoundBelow a shell, whose child waits with it.
func TestProcessesAreFoundBelow(t *testing.T) {
	p, err := Start(filepath.Join(t.TempDir(), "log"), []string{"WORD=found"}, "/bin/sh", "-c", "sleep 30 & echo $WORD; wait")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	var all, sleeping []int
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline) && len(sleeping) == 0; time.Sleep(10 * time.Millisecond) {
		if sleeping, err = Below(p.PID(), "sleep"); err != nil {
			t.Fatal(err)
		}
	}
	if all, err = Below(p.PID(), ""); err != nil || len(sleeping) != 1 || !slices.Equal(all, sleeping) {
		t.Errorf("%v, %v, %v", all, sleeping, err)
	}
	if err := p.Ended(); err != nil {
		t.Error(err)
	}
	if ours, err := Below(os.Getpid(), "sleep"); err != nil || !slices.Equal(ours, sleeping) {
		t.Error(ours, err)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	if err := p.Ended(); err == nil || !strings.Contains(err.Error(), "found") {
		t.Error("a program that was stopped runs, or its output is lost:", err)
	}
	for _, id := range sleeping {
		if left, err := os.FindProcess(id); err == nil {
			_ = left.Kill()
		}
	}
}
