package process

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
)

// File is the content of a file in the state directory.
type File struct {
	Data []byte
	Mode fs.FileMode // 0: 0600

	// Last makes it the last to be put in place: a configuration that refers to the others.
	Last bool
}

const tempSuffix = ".hawser-new"

// WriteFiles makes the files under dir have these contents and returns the names of those it wrote, sorted. Names are
// slash-separated and relative; folders are created with mode 0700. A file that is right already isn't touched, a
// reader sees the old content or the new one, and files that aren't named stay: RemoveStale is for these, once nothing
// refers to them.
//
// All contents are on disk under temporary names before the first file is put in place, so a full disk changes
// nothing. There is no fsync: what a power failure leaves is compared and written anew at the next start.
func WriteFiles(dir string, files map[string]File) ([]string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("write files: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("write files: %w", err)
	}
	defer root.Close()

	var changed []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := validName(name); err != nil {
			return nil, err
		}
		f := files[name]
		if same(root, name, f) {
			continue
		}
		if err := writeTemp(root, name, f); err != nil {
			removeTemps(root, append(changed, name))
			return nil, fmt.Errorf("write %s: %w", path.Join(dir, name), err)
		}
		changed = append(changed, name)
	}
	order := slices.Clone(changed)
	slices.SortStableFunc(order, func(a, b string) int {
		switch {
		case files[a].Last == files[b].Last:
			return 0
		case files[b].Last:
			return -1
		default:
			return 1
		}
	})
	for i, name := range order {
		if err := root.Rename(name+tempSuffix, name); err != nil {
			removeTemps(root, order[i:])
			return order[:i], fmt.Errorf("put %s in place: %w", path.Join(dir, name), err)
		}
	}
	return changed, nil
}

// RemoveStale removes the regular files under dir that keep doesn't name, and the folders that are empty then, and
// returns the names of the files, sorted. Sockets and links stay.
func RemoveStale(dir string, keep map[string]File) ([]string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("remove stale files: %w", err)
	}
	defer root.Close()
	var stale, folders []string
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		_, kept := keep[name]
		switch {
		case d.IsDir() && name != ".":
			folders = append(folders, name)
		case d.Type().IsRegular() && !kept:
			stale = append(stale, name)
		}
		return nil
	})
	for _, name := range stale {
		err = errors.Join(err, root.Remove(name))
	}
	for _, name := range slices.Backward(folders) {
		root.Remove(name) // fails, as it should, for a folder that isn't empty
	}
	if err != nil {
		return stale, fmt.Errorf("remove stale files: %w", err)
	}
	return stale, nil
}

func validName(name string) error {
	if !fs.ValidPath(name) || name == "." || strings.HasSuffix(name, tempSuffix) {
		return fmt.Errorf("write files: %q is no name inside the folder", name)
	}
	return nil
}

func (f File) mode() fs.FileMode {
	if f.Mode == 0 {
		return 0o600
	}
	return f.Mode.Perm()
}

func same(root *os.Root, name string, f File) bool {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != f.mode() || info.Size() != int64(len(f.Data)) {
		return false
	}
	data, err := root.ReadFile(name)
	return err == nil && bytes.Equal(data, f.Data)
}

func writeTemp(root *os.Root, name string, f File) error {
	if folder := path.Dir(name); folder != "." {
		if err := root.MkdirAll(folder, 0o700); err != nil {
			return err
		}
	}
	temp := name + tempSuffix
	if err := root.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	// Created without any right for others, whatever the file's own mode: nobody reads a key before it is complete.
	out, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(f.Data)
	return errors.Join(err, out.Chmod(f.mode()), out.Close())
}

func removeTemps(root *os.Root, names []string) {
	for _, name := range names {
		root.Remove(name + tempSuffix)
	}
}
