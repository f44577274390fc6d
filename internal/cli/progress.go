package cli

import (
	"fmt"
	"io"
	"os"
	"time"
)

// progress says on a terminal what is being done; elsewhere it is silent. It belongs to one goroutine.
type progress struct {
	out   io.Writer // nil: silent
	start time.Time
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

// end takes the line away.
func (p *progress) end() {
	if p.out != nil {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
	p.out = nil
}
