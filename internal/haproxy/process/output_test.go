package process

import (
	"io"
	"log/slog"
	"runtime"
	"strings"
	"testing"
)

func lockThread() { runtime.LockOSThread() }

func TestCopyLinesKeepsEveryByte(t *testing.T) {
	long := strings.Repeat("x", 3*longestLine)
	for _, text := range []string{"", "a\n", "a", "a\nb\n", "a\nb", "\n\n", long, long + "\n" + "b\n"} {
		var got strings.Builder
		copyLines(&got, io.MultiReader(strings.NewReader(text[:len(text)/2]), strings.NewReader(text[len(text)/2:])))
		if got.String() != text {
			t.Errorf("%d bytes became %d", len(text), got.Len())
		}
	}
}

func TestJournalKeepsTheLatestAlerts(t *testing.T) {
	j := newJournal(slog.New(slog.DiscardHandler))
	add := func(n int) {
		for range n {
			j.Write([]byte("[ALERT] (1) : x\n[NOTICE] (1) : y\n"))
		}
	}
	add(3)
	mark := j.mark()
	add(2)
	if n := len(j.after(mark)); n != 2 {
		t.Errorf("%d alerts after the mark, want 2", n)
	}
	add(2 * keptLines)
	if n := len(j.after(mark)); n != keptLines {
		t.Errorf("%d alerts, want the %d that are kept", n, keptLines)
	}
	if n := len(j.after(j.mark())); n != 0 {
		t.Errorf("%d alerts after the end", n)
	}
}

func TestSinceWaitsForWhatWasWritten(t *testing.T) {
	o, err := openOutput(io.Discard, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	for range 100 {
		mark := o.mark()
		if _, err := o.stderr.w.WriteString("[ALERT] (1) : x\n"); err != nil {
			t.Fatal(err)
		}
		if got := o.since(mark); len(got) != 1 {
			t.Fatalf("%d alerts", len(got))
		}
	}
}
