package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// bar shows progress on a terminal; elsewhere it writes nothing.
type bar struct {
	out   io.Writer // nil: no terminal
	start time.Time
	last  time.Time
	wrote bool
}

func newBar(w io.Writer) *bar {
	b := &bar{start: time.Now()}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			b.out = w
		}
	}
	return b
}

// show draws the bar, at most ten times a second.
func (b *bar) show(done, total int, more string) {
	if b.out == nil || total == 0 || done < total && time.Since(b.last) < 100*time.Millisecond {
		return
	}
	b.last, b.wrote = time.Now(), true
	const width = 30
	filled := width * done / total
	left := time.Duration(float64(time.Since(b.start)) / float64(max(done, 1)) * float64(total-done)).Round(time.Second)
	fmt.Fprintf(b.out, "\r[%s%s] %d/%d, %s, %s left\x1b[K", strings.Repeat("=", filled), strings.Repeat(" ", width-filled), done, total, more, left)
}

// end leaves the line empty.
func (b *bar) end() {
	if b.wrote {
		fmt.Fprint(b.out, "\r\x1b[K")
	}
}
