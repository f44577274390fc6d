package process

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestWriteFilesTouchesOnlyWhatDiffers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	files := map[string]File{
		"haproxy.cfg": {Data: []byte("a"), Last: true}, "certs/x.pem": {Data: []byte("key")},
		"maps/m": {Data: []byte("1"), Mode: 0o644}, "maps/empty": {},
	}
	wantNames(t, write(t, dir, files), "certs/x.pem", "haproxy.cfg", "maps/empty", "maps/m")
	for name, mode := range map[string]fs.FileMode{
		".": 0o700, "certs": 0o700, "certs/x.pem": 0o600, "maps/m": 0o644, "haproxy.cfg": 0o600,
	} {
		if got := stat(t, dir, name).Mode().Perm(); got != mode {
			t.Errorf("%s: mode %v, want %v", name, got, mode)
		}
	}
	before := stat(t, dir, "certs/x.pem").ModTime()
	time.Sleep(5 * time.Millisecond)
	wantNames(t, write(t, dir, files))
	files["haproxy.cfg"] = File{Data: []byte("b"), Last: true}
	wantNames(t, write(t, dir, files), "haproxy.cfg")
	if after := stat(t, dir, "certs/x.pem").ModTime(); !after.Equal(before) {
		t.Error("an unchanged file was written")
	}
	if data, err := os.ReadFile(filepath.Join(dir, "haproxy.cfg")); err != nil || string(data) != "b" {
		t.Errorf("%q, %v", data, err)
	}
	if err := os.Chmod(filepath.Join(dir, "certs/x.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	wantNames(t, write(t, dir, files), "certs/x.pem")
	if got := stat(t, dir, "certs/x.pem").Mode().Perm(); got != 0o600 {
		t.Errorf("a key stays readable: %v", got)
	}
}

func TestFailedWriteChangesNothing(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]File{"a": {Data: []byte("old")}, "sub": {Data: []byte("a file")}})
	_, err := WriteFiles(dir, map[string]File{"a": {Data: []byte("new")}, "sub/b": {Data: []byte("x")}})
	if err == nil {
		t.Fatal("a file became a folder")
	}
	if data, _ := os.ReadFile(filepath.Join(dir, "a")); string(data) != "old" {
		t.Errorf("a is %q", data)
	}
	wantNames(t, ls(t, dir), "a", "sub")
}

func TestNamesStayInsideTheFolder(t *testing.T) {
	dir := t.TempDir()
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../x", "/x", "", ".", "a//b", "a/../b", "x" + tempSuffix, "link/x"} {
		if _, err := WriteFiles(dir, map[string]File{name: {}}); err == nil {
			t.Errorf("%q was written", name)
		}
	}
	if got := ls(t, outside); len(got) != 0 {
		t.Errorf("outside: %v", got)
	}
}

func TestRemoveStaleKeepsWhatIsNamed(t *testing.T) {
	dir := t.TempDir()
	files := map[string]File{"a": {}, "certs/x": {}, "certs/y": {}, "old/deep/z": {}}
	write(t, dir, files)
	for name, text := range map[string]string{"b" + tempSuffix: "left by a crash"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	delete(files, "certs/y")
	delete(files, "old/deep/z")
	stale, err := RemoveStale(dir, files)
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, stale, "b"+tempSuffix, "certs/y", "old/deep/z")
	wantNames(t, ls(t, dir), "a", "certs", "certs/x", "link")
}

func write(t *testing.T, dir string, files map[string]File) []string {
	t.Helper()
	changed, err := WriteFiles(dir, files)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func stat(t *testing.T, dir, name string) fs.FileInfo {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func ls(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, _ fs.DirEntry, err error) error {
		if name != "." {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func wantNames(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
