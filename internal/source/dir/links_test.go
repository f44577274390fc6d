package dir

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSymlinksAreFollowedOnce(t *testing.T) {
	parent := t.TempDir()
	folder := filepath.Join(parent, "in")
	for _, d := range []string{"in/sub/deep", "outside"} {
		if err := os.MkdirAll(filepath.Join(parent, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(folder, "sub", "a.yaml"), configMap("a", "1"))
	write(t, filepath.Join(parent, "outside", "b.yaml"), configMap("b", "1"))
	write(t, filepath.Join(parent, "c.txt"), configMap("c", "1"))
	for name, target := range map[string]string{
		"in/sub/deep/loop": "../..",
		"in/sub/self":      ".",
		"in/again.yaml":    "sub/a.yaml",
		"in/away":          "../outside",
		"in/c.yaml":        "../c.txt",
		"in/dangling":      "nowhere",
		"in/round.txt":     "round.txt",
	} {
		if err := os.Symlink(target, filepath.Join(parent, name)); err != nil {
			t.Fatal(err)
		}
	}
	l := expect(t, open(t, folder), "a=1 b=1 c=1", 1)
	if !strings.Contains(l[0].Object.File, "round.txt") {
		t.Error(l)
	}
}

// A mounted ConfigMap: visible links into ..data, which is a link that the kubelet swaps.
func TestAMountedConfigMapIsReadOnce(t *testing.T) {
	folder := t.TempDir()
	mount(t, folder, "1", map[string]string{"a.yaml": configMap("a", "1"), "b.yaml": configMap("b", "1")})
	s := open(t, folder)
	expect(t, s, "a=1 b=1", 0)
	mount(t, folder, "2", map[string]string{"a.yaml": configMap("a", "2")})
	expect(t, s, "a=2", 0)
}

// mount does what the kubelet's atomic writer does.
func mount(t *testing.T, folder, version string, files map[string]string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(folder, "..data")
	old, _ := os.Readlink(data)
	must(os.Mkdir(filepath.Join(folder, "..v"+version), 0o700))
	for name, text := range files {
		write(t, filepath.Join(folder, "..v"+version, name), text)
	}
	must(os.Symlink("..v"+version, data+"_tmp"))
	must(os.Rename(data+"_tmp", data))
	for name := range files {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(folder, name)); !errors.Is(err, os.ErrExist) {
			must(err)
		}
	}
	entries, err := os.ReadDir(folder)
	must(err)
	for _, e := range entries {
		if _, ok := files[e.Name()]; !ok && !hidden(e.Name()) {
			must(os.Remove(filepath.Join(folder, e.Name())))
		}
	}
	if old != "" {
		must(os.RemoveAll(filepath.Join(folder, old)))
	}
}
