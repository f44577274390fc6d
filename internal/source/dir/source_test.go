package dir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// configMap is a manifest of one ConfigMap.
func configMap(name, value string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\ndata: {v: %q}\n", name, value)
}

func open(t *testing.T, paths ...string) *Source {
	t.Helper()
	s, err := Open(paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func load(t *testing.T, s *Source) (*snapshot.Objects, issue.List) {
	t.Helper()
	o, l, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	return o, l
}

// values is the content of the ConfigMaps as "name=value …" in the order of their files.
func values(o *snapshot.Objects) string {
	var out []string
	for _, c := range o.ConfigMaps {
		out = append(out, c.Name+"="+c.Data["v"])
	}
	return strings.Join(out, " ")
}

func expect(t *testing.T, s *Source, want string, issues int) issue.List {
	t.Helper()
	o, l := load(t, s)
	if got := values(o); got != want || len(l) != issues {
		t.Fatalf("got %q, want %q; %d issues, want %d:\n%s", got, want, len(l), issues, printed(t, l))
	}
	return l
}

func TestOpenRefusesWhatCannotBeRead(t *testing.T) {
	broken := func() io.Reader { return iotestErr{} }
	for name, c := range map[string]struct {
		paths []string
		stdin io.Reader
	}{
		"nothing":      {},
		"empty path":   {paths: []string{""}},
		"missing":      {paths: []string{filepath.Join(t.TempDir(), "missing")}},
		"no stdin":     {paths: []string{Stdin}},
		"broken stdin": {paths: []string{Stdin}, stdin: broken()},
		"large stdin":  {paths: []string{Stdin}, stdin: io.LimitReader(zeros{}, maxFile+1)},
	} {
		if _, err := Open(c.paths, c.stdin); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, errors.New("broken pipe") }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestStandardInputComesFirst(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "a.yaml"), configMap("x", "file"))
	s, err := Open([]string{folder, Stdin, Stdin}, strings.NewReader(configMap("x", "stdin")+"---\nkind: [\n"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		l := expect(t, s, "x=stdin", 2)
		if got := l[0].Object.String(); got != "<stdin>:6" {
			t.Error(got)
		}
	}
}

func TestFilesGivenDirectlyMayHaveAnyName(t *testing.T) {
	folder := t.TempDir()
	for _, n := range []string{"b.txt", ".hidden", "a.yaml"} {
		write(t, filepath.Join(folder, n), configMap("x", n))
	}
	expect(t, open(t, filepath.Join(folder, "b.txt"), filepath.Join(folder, ".hidden")), "x=.hidden", 1)
	expect(t, open(t, folder, filepath.Join(folder, "a.yaml")), "x=a.yaml", 0)
}

func TestAnEmptyFolderIsReported(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	if l := expect(t, s, "", 1); l[0].Severity != issue.Warning {
		t.Error(l)
	}
	write(t, filepath.Join(folder, "a.yaml"), configMap("x", "1"))
	expect(t, s, "x=1", 0)
}

// The times of a file are put back after the edit, so that only the bytes tell.
func TestAnEditWithinTheSameTimestampIsSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	write(t, path, configMap("x", "1"))
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	for n := range 50 {
		write(t, path, configMap("x", fmt.Sprint(n%10)))
		if err := os.Chtimes(path, before.ModTime(), before.ModTime()); err != nil {
			t.Fatal(err)
		}
		expect(t, s, fmt.Sprintf("x=%d", n%10), 0)
	}
}

func TestSettledFilesAreNotReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	write(t, path, configMap("x", "1"))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := stampOf(info)
	const fine, seconds = 123_456_789, 0 // what the time of a change is beside whole seconds
	for _, c := range []struct {
		name    string
		written time.Duration // before now
		changed time.Duration
		part    int64
		want    bool
	}{
		{"just written", 0, 0, fine, false},
		{"write time set back", time.Hour, 400 * time.Millisecond, fine, false},
		{"a second ago", time.Second, time.Second, fine, true},
		{"a second ago, where only seconds are kept", time.Second, time.Second, seconds, false},
		{"old", time.Hour, time.Hour, fine, true},
		{"old, where only seconds are kept", time.Hour, time.Hour, seconds, true},
		{"clock of the disk ahead", -400 * time.Millisecond, -400 * time.Millisecond, fine, false},
	} {
		changed := time.Unix(1_900_000_000, c.part)
		now := changed.Add(c.changed)
		st.written, st.changed = now.Add(-c.written).UnixNano(), changed.UnixNano()
		if got := st.settled(now); got != c.want {
			t.Errorf("%s: settled %v", c.name, got)
		}
	}
	f := &file{path: path, stamp: stampOf(info), settled: true}
	if !f.current(found{path, stampOf(info)}) {
		t.Error("an unchanged file is read again")
	}
	if (&file{path: path, stamp: stampOf(info)}).current(found{path, stampOf(info)}) {
		t.Error("a young file counts as unchanged")
	}
	write(t, path, configMap("x", "22"))
	if info, err = os.Stat(path); err != nil || f.current(found{path, stampOf(info)}) {
		t.Error("a changed file is not read again", err)
	}
}

func TestUnchangedBytesKeepTheirObjects(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	write(t, path, configMap("x", "1"))
	s := open(t, path)
	first, _ := load(t, s)
	write(t, path, configMap("x", "1"))
	second, _ := load(t, s)
	if first.ConfigMaps[0] != second.ConfigMaps[0] {
		t.Error("the file was parsed again")
	}
}

func TestARootThatIsGoneKeepsItsObjects(t *testing.T) {
	parent := t.TempDir()
	folder, path := filepath.Join(parent, "in"), filepath.Join(parent, "one.yaml")
	if err := os.MkdirAll(filepath.Join(folder, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(folder, "sub", "a.yaml"), configMap("a", "1"))
	write(t, path, configMap("b", "1"))
	s := open(t, folder, path)
	expect(t, s, "a=1 b=1", 0)
	for _, p := range []string{folder, path} {
		if err := os.Rename(p, p+".away"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		for _, i := range expect(t, s, "a=1 b=1", 2) {
			if i.Severity != issue.Error || i.Effect != issue.Ignored || !strings.Contains(i.Message, "no such file") {
				t.Error(i)
			}
		}
	}
	for _, p := range []string{folder, path} {
		if err := os.Rename(p+".away", p); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(folder, "sub", "a.yaml")); err != nil {
		t.Fatal(err)
	}
	expect(t, s, "b=1", 1)
}

func TestARootThatWasNeverReadIsAnError(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "in")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	s := open(t, folder)
	if err := os.Remove(folder); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Load(); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestWhatIsNoRegularFileIsReported(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "a.yaml")
	write(t, path, configMap("x", "1"))
	s := open(t, folder)
	expect(t, s, "x=1", 0)

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if l := expect(t, s, "x=1", 1); !strings.Contains(l[0].Message, "no regular file") || l[0].Effect != issue.Ignored {
		t.Error(l)
	}

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(t, path, "")
	if err := os.Truncate(path, maxFile+1); err != nil {
		t.Fatal(err)
	}
	if l := expect(t, s, "x=1", 1); !strings.Contains(l[0].Message, "larger than 64 MiB") {
		t.Error(l)
	}

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", path); err != nil {
		t.Fatal(err)
	}
	if l := expect(t, s, "x=1", 1); !strings.Contains(l[0].Message, "no such file") {
		t.Error(l)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect(t, s, "", 1)
}

func count(o *snapshot.Objects) int {
	n := 0
	for range o.Positions.All() {
		n++
	}
	return n
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(configMap("a", "1")), []byte(configMap("a", "2")))
	f.Add([]byte(configMap("a", "1")), []byte("kind: ["))
	f.Add([]byte("\x00"), []byte("{"))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		folder := t.TempDir()
		path := filepath.Join(folder, "a.yaml")
		s := open(t, folder)
		var last *snapshot.Objects
		for _, data := range [][]byte{first, second, first} {
			write(t, path, string(data))
			o, issues := load(t, s)
			again, repeated := load(t, s)
			if listing(o) != listing(again) || printed(t, issues) != printed(t, repeated) {
				t.Error("two loads of one state differ")
			}
			if s.files[0].broken && last != nil && count(o) < count(last) {
				t.Error("a broken file lost objects")
			}
			last = o
		}
		if !bytes.Equal(first, second) && len(s.files) != 1 {
			t.Error("the file is not known by its path")
		}
	})
}
