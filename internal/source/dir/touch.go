package dir

import (
	"errors"
	"io/fs"
	"os"
	"slices"
)

// touch brings the tree to what changes of manifests at some of its paths have made of it, without a walk: ten thousand other
// files are not looked at. It is false where only a walk tells what the changes mean: links of all kinds, and folders.
func (t *tree) touch(paths []string) bool {
	if len(t.failures) > 0 || len(t.issues) > 0 {
		return false
	}
	for _, path := range paths {
		if !t.touchOne(path) {
			return false
		}
	}
	return len(t.files) > 0
}

// find is the place of a path among the files.
func (t *tree) find(path string) (int, bool) {
	return slices.BinarySearchFunc(t.files, path, func(f found, path string) int { return comparePaths(f.path, path) })
}

// touchOne looks at one path; false asks for a walk.
func (t *tree) touchOne(path string) bool {
	at, known := t.find(path)
	if known && t.files[at].stamp.names || slices.Contains(t.links, path) {
		return false // another name may be the first one now
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if known {
			delete(t.seen, t.files[at].stamp.inode)
			t.files = slices.Delete(t.files, at, at+1)
		}
		return true
	}
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	id := inodeOf(info)
	if known {
		delete(t.seen, t.files[at].stamp.inode)
	}
	if t.seen[id] {
		return false
	}
	t.seen[id] = true
	if known {
		t.files[at].stamp = stampOf(info)
	} else {
		t.files = slices.Insert(t.files, at, found{path, stampOf(info)})
	}
	return true
}
