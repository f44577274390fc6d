package process

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	pipeSize    = 1 << 20 // what HAProxy may be ahead of us before it drops lines of the access log
	keptLines   = 500     // of the alerts, for the error of a start or reload
	longestLine = 64 << 10
	setPipeSize = 1031 // F_SETPIPE_SZ and F_GETPIPE_SZ, not among syscall's constants
	getPipeSize = 1032
)

// output takes what HAProxy and all its workers write, through restarts and reloads. HAProxy gets pipes and not our
// own standard output, since it makes what it logs to non-blocking, for us too.
type output struct {
	stdout, stderr *pipe
	journal        *journal
	readers        sync.WaitGroup
}

type pipe struct {
	r reader
	w *os.File
}

type reader interface {
	io.ReadCloser
	SetReadDeadline(time.Time) error
}

func openPipe() (*pipe, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("pipe for HAProxy's output: %w", err)
	}
	if c, err := w.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { syscall.Syscall(syscall.SYS_FCNTL, fd, setPipeSize, pipeSize) }) // smaller is no failure
	}
	return &pipe{r, w}, nil
}

func openOutput(access io.Writer, log *slog.Logger) (*output, error) {
	stdout, err := openPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := openPipe()
	if err != nil {
		stdout.r.Close()
		stdout.w.Close()
		return nil, err
	}
	if slow, err := newPaced(stdout.r.(*os.File)); err != nil {
		slog.New(log.Handler()).Debug("The access log is read as it comes", "error", err)
	} else if slow != nil {
		stdout.r = slow
	}
	o := &output{stdout: stdout, stderr: stderr, journal: newJournal(log)}
	o.readers.Add(2)
	go func() { defer o.readers.Done(); copyLines(access, stdout.r) }()
	go func() { defer o.readers.Done(); copyLines(o.journal, stderr.r) }()
	return o, nil
}

// close waits for what is still in the pipes; all processes that write there are gone.
func (o *output) close() {
	o.stdout.w.Close()
	o.stderr.w.Close()
	o.stdout.r.SetReadDeadline(time.Now().Add(time.Second))
	o.stderr.r.SetReadDeadline(time.Now().Add(time.Second))
	o.readers.Wait()
	o.stdout.r.Close()
	o.stderr.r.Close()
}

func (o *output) mark() int { return o.journal.mark() }

// since returns the alerts written after the mark and before this call: a line of our own goes through the same pipe.
func (o *output) since(mark int) []Diagnostic {
	if seen := o.journal.expect(); seen != nil {
		if _, err := o.stderr.w.WriteString("\n" + marker + "\n"); err == nil {
			select {
			case <-seen:
			case <-time.After(time.Second):
			}
		}
	}
	return o.journal.after(mark)
}

// copyLines passes on whole lines, many at a time, so that writers of the same target don't cut them.
func copyLines(to io.Writer, from io.Reader) {
	buf := make([]byte, 0, longestLine)
	for {
		n, err := from.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		end := bytes.LastIndexByte(buf, '\n') + 1
		if err != nil || end == 0 && len(buf) == cap(buf) {
			end = len(buf)
		}
		if end > 0 {
			to.Write(buf[:end]) // a target that fails must not stop HAProxy
			buf = buf[:copy(buf, buf[end:])]
		}
		if err != nil {
			return
		}
	}
}

// marker can't come from HAProxy: it prints no control characters.
const marker = "\x00mark"

// journal turns HAProxy's messages into log records and keeps the latest alerts for the errors.
type journal struct {
	log *slog.Logger

	mu    sync.Mutex // guards what follows: written by the reader of the pipe, read by who reports an error
	lines []Diagnostic
	first int // number of lines[0], counted from the start
	wait  []chan struct{}
}

func newJournal(log *slog.Logger) *journal { return &journal{log: log} }

// Write takes whole lines.
func (j *journal) Write(text []byte) (int, error) {
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if string(line) == marker {
			j.passed()
			continue
		}
		d, ok := parseLine(string(line))
		if !ok {
			continue
		}
		if d.Level == Alert {
			j.add(d)
		}
		if level := d.severity(); j.log.Enabled(context.Background(), level) {
			j.log.LogAttrs(context.Background(), level, d.Text, d.attrs()...)
		}
	}
	return len(text), nil
}

func (j *journal) add(d Diagnostic) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, d)
	if over := len(j.lines) - keptLines; over > 0 {
		j.lines = append(j.lines[:0:0], j.lines[over:]...)
		j.first += over
	}
}

func (j *journal) mark() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.first + len(j.lines)
}

func (j *journal) after(mark int) []Diagnostic {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Diagnostic(nil), j.lines[min(max(0, mark-j.first), len(j.lines)):]...)
}

func (j *journal) expect() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	c := make(chan struct{})
	j.wait = append(j.wait, c)
	return c
}

func (j *journal) passed() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, c := range j.wait[:min(1, len(j.wait))] {
		close(c)
	}
	j.wait = j.wait[min(1, len(j.wait)):]
}
