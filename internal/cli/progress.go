package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress says on a terminal what is being done; elsewhere it is silent. It belongs to one goroutine.
type progress struct {
	out   io.Writer // nil: silent
	start time.Time
	last  time.Time // that bar drew
}

func newProgress(out io.Writer, quiet bool) *progress {
	p := &progress{start: time.Now()}
	if f, ok := out.(*os.File); ok && !quiet && terminal(f) {
		p.out = out
	}
	return p
}

// terminal reports whether somebody looks at a file.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// step replaces the line.
func (p *progress) step(what string) {
	if p.out != nil {
		fmt.Fprintf(p.out, "\r\x1b[K%5.1f s  %s …", time.Since(p.start).Seconds(), what)
	}
}

// bar replaces the line by how much is done and how long the rest will take, at most ten times a second.
func (p *progress) bar(done, total int, more string) {
	if p.out == nil || total == 0 || done < total && time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last = time.Now()
	const width = 30
	filled := width * done / total
	left := time.Duration(float64(time.Since(p.start)) / float64(max(done, 1)) * float64(total-done)).Round(time.Second)
	fmt.Fprintf(p.out, "\r\x1b[K[%s%s] %d/%d, %s, %s left", strings.Repeat("=", filled), strings.Repeat(" ", width-filled), done, total, more, left)
}

// end takes the line away.
func (p *progress) end() {
	if p.out != nil {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	p.out = nil
}
