package dir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"
)

// places is what is watched: folders only, by their real paths, because a watch on a file or through a symlink
// stays with the old one when it is replaced.
type places struct {
	watch   func(folder string) error
	unwatch func(folder string) error
	events  <-chan fsnotify.Event
	errors  <-chan error
	watched map[string]inode
	listed  map[string]string          // folders that hold manifests, with the paths that led to them
	hops    map[string]map[string]bool // folders with the names in them that lead to a root or through a symlink
}

func newPlaces(notify *fsnotify.Watcher) *places {
	return &places{
		watch: notify.Add, unwatch: notify.Remove,
		events: notify.Events, errors: notify.Errors,
		watched: map[string]inode{},
	}
}

// eventChannel never delivers where nothing can be watched.
func (p *places) eventChannel() <-chan fsnotify.Event {
	if p == nil {
		return nil
	}
	return p.events
}

func (p *places) errorChannel() <-chan error {
	if p == nil {
		return nil
	}
	return p.errors
}

// set watches what a walk found, and nothing else; added reports whether a folder is watched now that was not.
func (p *places) set(roots []string, t *tree) (added bool, err error) {
	p.listed, p.hops = map[string]string{}, map[string]map[string]bool{}
	for _, r := range roots {
		p.hop(r)
	}
	for _, l := range t.links {
		p.hop(l)
	}
	wanted := map[string]bool{}
	for _, d := range t.dirs {
		if r, err := realPath(d); err == nil {
			p.listed[r], wanted[r] = d, true
		}
	}
	for d := range p.hops {
		wanted[d] = true
	}
	for d := range p.watched {
		if !wanted[d] {
			p.forget(d)
		}
	}
	var failed error
	for d := range wanted {
		fresh, err := p.add(d)
		added = added || fresh
		if failed == nil {
			failed = err
		}
	}
	return added, failed
}

// approach watches the folders that decide where the roots are, and enter one that is about to be listed. What fails there
// is tried again by set, which reports it.
func (p *places) approach(roots []string) {
	p.hops = map[string]map[string]bool{}
	for _, r := range roots {
		p.hop(r)
	}
	for d := range p.hops {
		_, _ = p.add(d)
	}
}

func (p *places) enter(path string) {
	if r, err := realPath(path); err == nil {
		_, _ = p.add(r)
	}
}

// add watches a folder; one that was replaced under its name is watched anew, one that is gone is no failure.
func (p *places) add(d string) (bool, error) {
	info, err := os.Stat(d)
	if err != nil {
		p.forget(d)
		return false, nil
	}
	id := inodeOf(info)
	if p.watched[d] == id {
		return false, nil
	}
	p.forget(d)
	if err := p.watch(d); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return false, err
	}
	p.watched[d] = id
	return true, nil
}

func (p *places) forget(d string) {
	if _, ok := p.watched[d]; ok {
		delete(p.watched, d)
		_ = p.unwatch(d) // the system drops the watch of a removed folder itself
	}
}

// relevant reports whether an event at a path can change what a walk finds.
func (p *places) relevant(path string) bool {
	d, name := filepath.Split(path)
	d = filepath.Clean(d)
	_, folder := p.listed[path]
	_, inside := p.listed[d]
	switch {
	case p.hops[d][name] || folder:
		return true
	case !inside || hidden(name):
		return false
	case manifest(name):
		return true
	}
	info, err := os.Lstat(path)
	return err == nil && (info.IsDir() || info.Mode()&fs.ModeSymlink != 0)
}

// manifestAt is the path under which a walk finds what an event is about, if it is a manifest and nothing else: no folder,
// and no part of a link.
func (p *places) manifestAt(path string) (string, bool) {
	d, name := filepath.Split(path)
	walked, inside := p.listed[filepath.Clean(d)]
	_, folder := p.listed[path]
	if !inside || folder || hidden(name) || !manifest(name) || p.hops[filepath.Clean(d)][name] {
		return "", false
	}
	return filepath.Join(walked, name), true
}

// hop notes the folders and names that decide where path leads: those of its symlinks, and the last one.
func (p *places) hop(path string) {
	at, rest, err := start(path)
	if err != nil {
		return
	}
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		next := filepath.Join(at, name)
		info, err := os.Lstat(next)
		if err != nil || len(rest) == 0 {
			p.note(at, name)
		}
		if err != nil {
			return
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			at = next
			continue
		}
		p.note(at, name)
		target, err := os.Readlink(next)
		if links++; err != nil || links > 40 { // as many as the system follows
			return
		}
		if filepath.IsAbs(target) {
			at = "/"
		}
		rest = append(parts(target), rest...)
	}
}

func (p *places) note(d, name string) {
	if p.hops[d] == nil {
		p.hops[d] = map[string]bool{}
	}
	p.hops[d][name] = true
}

func start(path string) (string, []string, error) {
	abs, err := filepath.Abs(path)
	return "/", parts(abs), err
}

func parts(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

func realPath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}
