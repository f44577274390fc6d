package control

import (
	"fmt"
	"path/filepath"
	"sync"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
)

// Names below the state directory.
const (
	liveDir  = "live"
	checkDir = "check"
)

// ConfigPath is where the configuration is that the worker read when it started. What was changed at run time since then
// is written before HAProxy reads it again.
func ConfigPath(stateDir string) string { return filepath.Join(stateDir, liveDir, haproxy.ConfigFile) }

// files are what HAProxy reads when it starts. To write ten thousand routes after each change would cost more than the
// change, so they are written when they are about to be read.
type files struct {
	dir string

	mu      sync.Mutex      // guards the fields below: HAProxy is started anew by another goroutine
	wanted  *haproxy.Bundle // what a worker has to read
	written *haproxy.Bundle
}

// want says what the next worker has to read.
func (f *files) want(b *haproxy.Bundle) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wanted = b
}

// flush writes what is wanted, unless it is there. Keys of TLS tickets are never there: a worker that reads those of the
// one before would take sessions whose proofs went with that one.
func (f *files) flush() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.wanted == nil || f.wanted == f.written && f.wanted.Trust.Tickets == "" {
		return nil
	}
	if _, err := process.WriteFiles(f.dir, filesOf(f.wanted)); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	f.written = f.wanted
	return nil
}

// last is what was written last; nil if nothing was.
func (f *files) last() *haproxy.Bundle {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.written
}

// replace writes what a worker is about to read. The file that lists the others is the last one, and what nobody refers to
// any more stays until clean.
func (f *files) replace(b *haproxy.Bundle) error {
	f.want(b)
	return f.flush()
}

// clean removes the files that nothing refers to.
func (f *files) clean() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.written == nil {
		return nil
	}
	_, err := process.RemoveStale(f.dir, filesOf(f.written))
	return err
}

func filesOf(b *haproxy.Bundle) map[string]process.File {
	out := map[string]process.File{}
	for name, content := range b.Files() {
		out[name] = process.File{Data: content.Data, Mode: 0o600, Last: name == haproxy.ConfigFile}
	}
	return out
}
