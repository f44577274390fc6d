package dir

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// tree is what a walk over the roots found.
type tree struct {
	files    []found   // sorted by path, each file of the disk once
	dirs     []string  // every folder that was listed
	links    []string  // every symlink that was followed
	failures []failure // what could not be listed or looked at
	issues   issue.List
	seen     map[inode]bool
	enter    func(path string) // only while walking; may be nil
}

// found is a manifest file, with what Stat said of it.
type found struct {
	path  string
	stamp stamp
}

// gone is a file that a change took away.
func (f found) gone() bool { return f.stamp == stamp{} }

// failure is a path below which nothing is known this time.
type failure struct {
	path string
	root bool
	err  error
}

// issue reports the failure; known says whether an older version of what is below the path stays.
func (f failure) issue(known bool) issue.Issue {
	i := issue.Issue{
		Code: issue.ManifestParse, Severity: issue.Error, Effect: issue.Withheld,
		Object:  issue.Ref{File: f.path},
		Message: "The path can't be read: " + reason(f.err) + ".",
	}
	if known {
		i.Effect = issue.Ignored
		i.Message += lastStays
	}
	return i
}

// covers reports whether nothing is known about path because of the failure.
func (f failure) covers(path string) bool {
	return path == f.path || strings.HasPrefix(path, strings.TrimSuffix(f.path, "/")+"/")
}

// reason is an error of the file system without the path, which the issue names already.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}

// walk lists the manifests of all roots. A folder or file that several paths lead to is visited once, which also
// ends symlink loops.
func walk(roots []string) *tree { return walkTelling(roots, nil) }

// walkTelling calls enter before it lists a folder, so that a file that comes meanwhile is listed or seen to come.
func walkTelling(roots []string, enter func(path string)) *tree {
	t := &tree{seen: map[inode]bool{}, enter: enter}
	defer func() { t.enter = nil }()
	for _, r := range roots {
		info, err := os.Stat(r)
		switch {
		case err != nil:
			t.failures = append(t.failures, failure{r, true, err})
		case info.IsDir():
			before := len(t.files) + len(t.failures)
			if t.dir(r, info, true) && len(t.files)+len(t.failures) == before {
				t.issues = append(t.issues, empty(r))
			}
		default:
			t.file(r, info)
		}
	}
	slices.SortFunc(t.files, func(a, b found) int { return comparePaths(a.path, b.path) })
	return t
}

// dir lists one folder; false if it was visited before or can't be listed.
func (t *tree) dir(path string, info fs.FileInfo, root bool) bool {
	id := inodeOf(info)
	if t.seen[id] {
		return false
	}
	t.seen[id] = true
	t.dirs = append(t.dirs, path)
	if t.enter != nil {
		t.enter(path)
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		t.failures = append(t.failures, failure{path, root, err})
		return false
	}
	for _, e := range entries {
		t.entry(filepath.Join(path, e.Name()), e)
	}
	return true
}

func (t *tree) entry(path string, e fs.DirEntry) {
	if hidden(e.Name()) {
		return
	}
	link := e.Type()&fs.ModeSymlink != 0
	if !link && !e.IsDir() && !manifest(e.Name()) {
		return
	}
	if link {
		t.links = append(t.links, path)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil && (manifest(e.Name()) || !errors.Is(err, fs.ErrNotExist)):
		t.failures = append(t.failures, failure{path, false, err})
	case err != nil: // a dangling link that names no manifest
	case info.IsDir():
		t.dir(path, info, false)
	case manifest(e.Name()):
		t.file(path, info)
	}
}

func (t *tree) file(path string, info fs.FileInfo) {
	id := inodeOf(info)
	if t.seen[id] {
		return
	}
	t.seen[id] = true
	t.files = append(t.files, found{path, stampOf(info)})
}

// hidden names are skipped; the "..data" of a mounted ConfigMap is reached through the links beside it.
func hidden(name string) bool { return strings.HasPrefix(name, ".") }

func manifest(name string) bool {
	switch filepath.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}

func comparePaths(a, b string) int { return cmp.Compare(a, b) }

func empty(root string) issue.Issue {
	return issue.Issue{
		Code: issue.ManifestUnknown, Severity: issue.Warning, Effect: issue.None,
		Object:  issue.Ref{File: root},
		Message: "The folder holds no manifest: only *.yaml, *.yml and *.json are read, and nothing that is hidden.",
	}
}
