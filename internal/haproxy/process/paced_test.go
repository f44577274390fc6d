package process

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"
)

func pacedPipe(t *testing.T) (*paced, *os.File) {
	t.Helper()
	p, err := openPipe()
	if err != nil {
		t.Fatal(err)
	}
	slow, err := newPaced(p.r.(*os.File))
	if err != nil {
		t.Fatal(err)
	}
	if slow == nil {
		t.Fatal("the system gives no pipe that is large enough for a paced reader")
	}
	t.Cleanup(func() { slow.Close(); p.w.Close() })
	return slow, p.w
}

func TestPacedReadsEverythingAndEnds(t *testing.T) {
	r, w := pacedPipe(t)
	line := strings.Repeat("x", 200) + "\n"
	go func() {
		for range 20000 { // more than the pipe holds
			io.WriteString(w, line)
		}
		w.Close()
	}()
	var got strings.Builder
	copyLines(&got, r)
	if got.String() != strings.Repeat(line, 20000) {
		t.Errorf("%d bytes came out, %d went in", got.Len(), 20000*len(line))
	}
}

func TestPacedDoesNotWaitForWritersThatStay(t *testing.T) {
	r, _ := pacedPipe(t)
	r.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if _, err := r.Read(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the read ended with %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := r.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closing twice gives %v", err)
	}
}
