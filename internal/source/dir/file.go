package dir

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/hawser-ingress/hawser/internal/ingressnginx"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// maxFile bounds a manifest file: 64 MiB hold about 100,000 Ingresses.
const maxFile = 64 << 20

// file is what is known of one manifest file. It is not written after it was made.
type file struct {
	path    string
	stamp   stamp
	settled bool // stamp alone tells whether the file changed
	sum     [sha256.Size]byte
	content
	kept []object // last good version of objects that content lacks because it is broken
}

// content is what the bytes of a file hold.
type content struct {
	objects     []object                  // in the order of the file
	controllers []ingressnginx.Controller // workloads that run ingress-nginx
	issues      issue.List
	broken      bool // something was not read, so an object that is absent may still be meant
}

// object is one decoded object; value is a pointer to one of the kinds of snapshot.Objects, or to v1 Endpoints.
type object struct {
	key   snapshot.Key
	line  int
	value any
}

// current reports whether f is sure to be what is on disk.
func (f *file) current(now found) bool {
	return f != nil && f.settled && f.stamp == now.stamp
}

// keepAll is f for a time in which its path can't be looked at.
func (f *file) keepAll() *file { return &file{path: f.path, kept: f.known()} }

// known lists the last good version of every object of the file.
func (f *file) known() []object {
	if f == nil {
		return nil
	}
	return append(f.objects[:len(f.objects):len(f.objects)], f.kept...)
}

// readFile reads and parses a file; old is its last version or nil.
func readFile(path string, old *file) *file {
	now := time.Now()
	data, st, err := readAll(path)
	if err != nil {
		f := &file{path: path, content: broken(path, "The file can't be read: "+reason(err)+".")}
		f.kept = old.known()
		return f
	}
	sum := sha256.Sum256(data)
	f := &file{path: path, stamp: st, settled: st.settled(now), sum: sum}
	if old != nil && old.sum == sum {
		f.content, f.kept = old.content, old.kept
		return f
	}
	f.content = parse(path, data)
	f.keep(old)
	return f
}

// keep takes over from old what f no longer holds, if f may have lost it to a mistake.
func (f *file) keep(old *file) {
	if !f.broken {
		return
	}
	have := make(map[snapshot.Key]bool, len(f.objects))
	for _, o := range f.objects {
		have[o.key] = true
	}
	for _, o := range old.known() {
		if !have[o.key] {
			f.kept = append(f.kept, o)
		}
	}
}

// readAll reads a regular file. The stamp is from before the reading, so a write meanwhile makes it stale.
func readAll(path string) ([]byte, stamp, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a named pipe must not block
	if err != nil {
		return nil, stamp{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, stamp{}, err
	}
	if !info.Mode().IsRegular() {
		return nil, stamp{}, errors.New("it is no regular file")
	}
	data, err := readLimited(f, info.Size())
	return data, stampOf(info), err
}

// readLimited reads to the end, but not past maxFile.
func readLimited(r io.Reader, size int64) ([]byte, error) {
	tooLarge := fmt.Errorf("it is larger than %d MiB", maxFile>>20)
	if size > maxFile {
		return nil, tooLarge
	}
	data, err := readRest(r, size)
	if err == nil && len(data) > maxFile {
		err = tooLarge
	}
	return data, err
}

// readRest reads to the end; size is how much that will probably be.
func readRest(r io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(size) + bytes.MinRead) // the last read finds the end
	_, err := b.ReadFrom(io.LimitReader(r, maxFile+1))
	return b.Bytes(), err
}

func readStdin(r io.Reader) (*file, error) {
	if r == nil {
		return nil, errors.New("read standard input: there is none")
	}
	data, err := readLimited(r, 0)
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	return &file{path: stdinName, content: parse(stdinName, data)}, nil
}

// broken is the content of a file of which nothing could be read.
func broken(path, message string) content {
	return content{broken: true, issues: issue.List{{
		Code: issue.ManifestParse, Severity: issue.Error, Effect: issue.Withheld,
		Object: issue.Ref{File: path}, Message: message,
	}}}
}
