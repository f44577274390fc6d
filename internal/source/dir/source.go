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
	"sync"
	"sync/atomic"
	"time"

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
	Renamed  time.Duration // the same, where files came by a rename
	MaxDelay time.Duration // longest wait of an announcement while changes go on
	Poll     time.Duration // interval of looking when the system can't watch
	Resync   time.Duration // interval of looking although the system watches: network file systems send no events
	Log      *slog.Logger  // told when watching falls back to polling

	roots  []string // clean, sorted, without duplicates
	stdin  *file
	files  []*file         // what the last Load knew, in the order of their paths
	loaded map[string]bool // roots that were read at least once
	issues issue.List      // of the last walk
	whole  *assembly       // of files; nil: nothing was loaded
	known  knowledge
}

// Open prepares the paths, which must exist, and reads standard input to its end if "-" is one of them.
func Open(paths []string, stdin io.Reader) (*Source, error) {
	s := &Source{
		Debounce: 50 * time.Millisecond,
		Renamed:  5 * time.Millisecond,
		MaxDelay: 500 * time.Millisecond,
		Poll:     time.Second,
		Resync:   30 * time.Second,
		Log:      slog.Default(),
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
	t, changed, ok := s.known.take()
	var swaps []swap
	switch {
	case ok:
		swaps = s.reread(changed)
	case t == nil:
		t = walk(s.roots)
		fallthrough
	default:
		var err error
		if swaps, err = s.readTree(t); err != nil {
			s.known.again()
			return nil, nil, err
		}
	}
	if s.whole == nil || !s.whole.swap(s.sorted(), swaps) {
		s.whole = assemble(s.sorted())
	}
	return s.whole.out, slices.Concat(s.issues, s.whole.issues).Sorted(), nil
}

// swap is a file that came (old is nil), went (is is nil) or was read again.
type swap struct{ old, is *file }

// readTree reads what changed in a whole tree.
func (s *Source) readTree(t *tree) ([]swap, error) {
	issues := slices.Clone(t.issues)
	var stay []*file
	for _, failed := range t.failures {
		if failed.root && !s.loaded[failed.path] {
			return nil, fmt.Errorf("read manifests: %w", failed.err)
		}
		below := s.below(failed, t)
		stay = append(stay, below...)
		issues = append(issues, failed.issue(len(below) > 0))
	}
	for _, r := range s.roots {
		s.loaded[r] = true
	}
	before := s.files
	s.files, s.issues = s.refresh(t.files), issues
	if len(stay) > 0 {
		s.files = append(s.files, stay...)
		slices.SortFunc(s.files, func(a, b *file) int { return comparePaths(a.path, b.path) })
		s.files = slices.CompactFunc(s.files, func(a, b *file) bool { return a.path == b.path })
	}
	return swapsOf(before, s.files), nil
}

// swapsOf compares two lists of files.
func swapsOf(before, after []*file) []swap {
	var out []swap
	for len(before) > 0 || len(after) > 0 {
		if len(before) > 0 && len(after) > 0 && before[0] == after[0] { // as nearly all are
			before, after = before[1:], after[1:]
			continue
		}
		var s swap
		order := 0
		switch {
		case len(before) == 0:
			order = 1
		case len(after) == 0:
			order = -1
		default:
			order = comparePaths(before[0].path, after[0].path)
		}
		if order <= 0 {
			s.old, before = before[0], before[1:]
		}
		if order >= 0 {
			s.is, after = after[0], after[1:]
		}
		out = append(out, s)
	}
	return out
}

// reread reads files of which Watch says that they changed; all others are as they were.
func (s *Source) reread(changed []found) []swap {
	var out []swap
	for _, f := range changed {
		at, known := slices.BinarySearchFunc(s.files, f.path, func(f *file, path string) int { return comparePaths(f.path, path) })
		var old *file
		if known {
			old = s.files[at]
		}
		switch {
		case f.gone() && !known, !f.gone() && old.current(f):
			continue
		case f.gone():
			s.files = slices.Delete(s.files, at, at+1)
			out = append(out, swap{old: old})
			continue
		case known:
			s.files[at] = readFile(f.path, old)
		default:
			s.files = slices.Insert(s.files, at, readFile(f.path, nil))
		}
		out = append(out, swap{old, s.files[at]})
	}
	return out
}

// sorted lists the files in the order of precedence: that of their paths; standard input comes first.
func (s *Source) sorted() []*file {
	if s.stdin == nil {
		return s.files
	}
	return slices.Insert(slices.Clone(s.files), 0, s.stdin)
}

// below is what was known of the files that can't be looked at because of a failure.
func (s *Source) below(failed failure, t *tree) []*file {
	var out []*file
	for _, f := range s.files {
		_, found := slices.BinarySearchFunc(t.files, f.path, func(f found, path string) int { return comparePaths(f.path, path) })
		if failed.covers(f.path) && !found {
			out = append(out, f.keepAll())
		}
	}
	return out
}

// refresh reads the files that changed, on every core; a file that did not change is passed on. Both lists are in the
// order of their paths, which is the order of precedence.
func (s *Source) refresh(found []found) []*file {
	fresh := make([]*file, len(found))
	var read []int  // places of the files to read
	var old []*file // their last versions, in the same order
	at := 0
	for n, f := range found {
		for at < len(s.files) && comparePaths(s.files[at].path, f.path) < 0 {
			at++
		}
		var last *file
		if at < len(s.files) && s.files[at].path == f.path {
			last = s.files[at]
		}
		if last.current(f) {
			fresh[n] = last
			continue
		}
		read, old = append(read, n), append(old, last)
	}
	// The stack of a goroutine grows while it parses; one for each file would let it grow anew each time.
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(read)) {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(read)); i = next.Add(1) - 1 {
				fresh[read[i]] = readFile(found[read[i]].path, old[i])
			}
		})
	}
	wait.Wait()
	return fresh
}
