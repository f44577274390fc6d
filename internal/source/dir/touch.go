package dir

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// touched is the tree after changes of manifests at some of its paths, found without a walk: ten thousand other files
// are not looked at. It is nil where only a walk tells what the changes mean: links of all kinds, and folders.
func (t *tree) touched(paths []string) *tree {
	if len(t.failures) > 0 || len(t.issues) > 0 {
		return nil
	}
	out := &tree{files: slices.Clone(t.files), dirs: t.dirs, links: t.links, seen: t.seen}
	for _, path := range paths {
		if !out.touch(path) {
			return nil
		}
	}
	if len(out.files) == 0 {
		return nil
	}
	return out
}

// touch looks at one path; false asks for a walk.
func (t *tree) touch(path string) bool {
	at, known := slices.BinarySearchFunc(t.files, path, func(f found, path string) int { return comparePaths(f.path, path) })
	if known && severalNames(t.files[at].info) || slices.Contains(t.links, path) {
		return false // another name may be the first one now
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if known {
			delete(t.seen, inodeOf(t.files[at].info))
			t.files = slices.Delete(t.files, at, at+1)
		}
		return true
	}
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	id := inodeOf(info)
	if known {
		delete(t.seen, inodeOf(t.files[at].info))
	}
	if t.seen[id] {
		return false
	}
	t.seen[id] = true
	if known {
		t.files[at].info = info
	} else {
		t.files = slices.Insert(t.files, at, found{path, info})
	}
	return true
}

// severalNames reports whether a file has hard links.
func severalNames(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return !ok || st.Nlink > 1
}
