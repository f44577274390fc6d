// Package dir reads Kubernetes manifests from files, folders and standard input, and watches them.
//
// It hands over what an API server would: strictly decoded, named, namespaced and defaulted objects with their
// file and line, in an order that follows from the paths alone. What can't be read is an issue, never a gap: the
// last good version of its objects stays. It never writes to a manifest and never invents an object or an address.
package dir

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// Stdin is the path that stands for standard input, and stdinName the file name its issues carry.
const (
	Stdin     = "-"
	stdinName = "<stdin>"
)

// Source is a set of manifest paths with the last good version of every file.
// Load is for one goroutine at a time; Watch may run beside it. Set the fields before Watch is called.
type Source struct {
	Debounce time.Duration // silence after a change before it is announced
	MaxDelay time.Duration // longest wait of an announcement while changes go on
	Poll     time.Duration // interval of looking when the system can't watch
	Resync   time.Duration // interval of looking although the system watches: network file systems send no events
	Log      *slog.Logger  // told when watching falls back to polling

	roots  []string // clean, sorted, without duplicates
	stdin  *file
	files  map[string]*file // what the last Load knew, by path
	loaded map[string]bool  // roots that were read at least once
}

// Open prepares the paths, which must exist, and reads standard input to its end if "-" is one of them.
func Open(paths []string, stdin io.Reader) (*Source, error) {
	s := &Source{
		Debounce: 50 * time.Millisecond,
		MaxDelay: 500 * time.Millisecond,
		Poll:     time.Second,
		Resync:   30 * time.Second,
		Log:      slog.Default(),
		files:    map[string]*file{},
		loaded:   map[string]bool{},
	}
	for _, p := range paths {
		switch {
		case p == "":
			return nil, errors.New("a manifest path is empty")
		case p != Stdin:
			if _, err := os.Stat(p); err != nil {
				return nil, fmt.Errorf("open manifests: %w", err)
			}
			s.roots = append(s.roots, filepath.Clean(p))
		case s.stdin == nil:
			f, err := readStdin(stdin)
			if err != nil {
				return nil, err
			}
			s.stdin = f
		}
	}
	slices.Sort(s.roots)
	s.roots = slices.Compact(s.roots)
	if len(s.roots) == 0 && s.stdin == nil {
		return nil, errors.New("no manifest path is given")
	}
	return s, nil
}

// Load reads what changed since the last Load and returns every object.
// It fails only if a path can't be read that was never read before; everything else is an issue.
func (s *Source) Load() (*snapshot.Objects, issue.List, error) {
	t := walk(s.roots)
	issues := t.issues
	next := make(map[string]*file, len(t.files))
	for _, failed := range t.failures {
		if failed.root && !s.loaded[failed.path] {
			return nil, nil, fmt.Errorf("read manifests: %w", failed.err)
		}
		known := false
		for path, f := range s.files {
			if failed.covers(path) {
				next[path], known = f.keepAll(), true
			}
		}
		issues = append(issues, failed.issue(known))
	}
	for _, r := range s.roots {
		s.loaded[r] = true
	}
	for path, f := range s.refresh(t.files) {
		next[path] = f
	}
	s.files = next

	objects, more := assemble(s.sorted())
	return objects, append(issues, more...).Sorted(), nil
}

// refresh reads the files that changed, on every core; a file that did not change is passed on.
func (s *Source) refresh(found []found) map[string]*file {
	fresh := make([]*file, len(found))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for n, f := range found {
		old := s.files[f.path]
		if old.current(f) {
			fresh[n] = old
			continue
		}
		g.Go(func() error {
			fresh[n] = readFile(f.path, old)
			return nil
		})
	}
	_ = g.Wait() // no function of the group fails
	out := make(map[string]*file, len(found))
	for n, f := range found {
		out[f.path] = fresh[n]
	}
	return out
}

// sorted lists the files in the order of their paths, which is the order of precedence; standard input comes first.
func (s *Source) sorted() []*file {
	out := make([]*file, 0, len(s.files)+1)
	for _, f := range s.files {
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b *file) int { return comparePaths(a.path, b.path) })
	if s.stdin != nil {
		out = slices.Insert(out, 0, s.stdin)
	}
	return out
}
