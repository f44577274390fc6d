package process

import (
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// A pipe wakes whoever waits for it, and whoever writes pays for that: for HAProxy it is a good part of the cost of a
// line. So the access log is looked at from time to time instead, which wakes nobody.
const (
	shortPause = 5 * time.Millisecond  // while lines come; a pipe of pipeSize holds what 100,000 requests a second write then
	longPause  = 40 * time.Millisecond // once nothing came for a while
)

// paced reads a pipe without ever waiting for it in the kernel.
type paced struct {
	fd   int
	mu   sync.Mutex // guards end: set by who closes, read by who reads
	end  time.Time
	once sync.Once
}

// newPaced takes a pipe over. It is nil if there is not enough room between two looks; the pipe is then left alone.
func newPaced(r *os.File) (*paced, error) {
	c, err := r.SyscallConn()
	if err != nil {
		return nil, err
	}
	p := &paced{fd: -1}
	control := c.Control(func(fd uintptr) {
		size, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, getPipeSize, 0)
		if errno != 0 || size < pipeSize {
			return
		}
		// a copy that Go's poller does not know: a pipe that is polled wakes for every line
		copied, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, syscall.F_DUPFD_CLOEXEC, 0)
		if errno != 0 {
			err = errno
			return
		}
		p.fd = int(copied)
	})
	if err = errors.Join(err, control); err != nil || p.fd < 0 {
		return nil, err
	}
	return p, r.Close()
}

// SetReadDeadline ends the wait for writers that don't go.
func (p *paced) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = t
	return nil
}

func (p *paced) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.end.IsZero() && time.Now().After(p.end)
}

func (p *paced) Read(b []byte) (int, error) {
	pause := shortPause
	for {
		n, err := syscall.Read(p.fd, b)
		switch {
		case n > 0:
			return n, nil
		case err == nil:
			return 0, io.EOF
		case errors.Is(err, syscall.EINTR):
			continue
		case !errors.Is(err, syscall.EAGAIN):
			return 0, os.NewSyscallError("read", err)
		case p.over():
			return 0, os.ErrDeadlineExceeded
		}
		time.Sleep(pause)
		pause = min(2*pause, longPause)
	}
}

func (p *paced) Close() error {
	err := os.ErrClosed
	p.once.Do(func() { err = syscall.Close(p.fd) })
	return err
}
