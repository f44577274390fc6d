package dir

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// forever is longer than any test: what is seen before was announced by the system.
const forever = time.Hour

// watched is a source that is being watched.
type watched struct {
	*Source
	dirty chan struct{}
}

// startWatch watches and waits for the first announcement, after which nothing may be missed.
func startWatch(t *testing.T, s *Source, watch func(context.Context, func()) error) *watched {
	t.Helper()
	w := &watched{s, make(chan struct{}, 10000)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- watch(ctx, func() { w.dirty <- struct{}{} }) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Error("Watch did not end with its context")
		}
	})
	w.wait(t)
	return w
}

func follow(t *testing.T, paths ...string) *watched {
	t.Helper()
	s := open(t, paths...)
	s.Debounce, s.MaxDelay, s.Poll, s.Resync = 5*time.Millisecond, 50*time.Millisecond, forever, forever
	return startWatch(t, s, s.Watch)
}

func (w *watched) wait(t *testing.T) {
	t.Helper()
	select {
	case <-w.dirty:
	case <-time.After(10 * time.Second):
		t.Fatal("the change was not announced")
	}
}

// until waits for announcements until a load gives what is wanted: an edit may be announced half-way.
func (w *watched) until(t *testing.T, want string) {
	t.Helper()
	for {
		w.wait(t)
		o, _ := load(t, w.Source)
		if values(o) == want {
			return
		}
	}
}

// calm waits until no announcement of earlier edits can be on its way.
func (w *watched) calm() {
	for {
		select {
		case <-w.dirty:
		case <-time.After(10 * w.MaxDelay):
			return
		}
	}
}

func (w *watched) silent(t *testing.T) {
	t.Helper()
	select {
	case <-w.dirty:
		t.Error("announced without a reason")
	case <-time.After(10 * w.MaxDelay):
	}
}

func TestEveryWayToEditIsSeen(t *testing.T) {
	type edit struct {
		name string
		do   func(t *testing.T, folder, path string)
		want string
	}
	one, two := configMap("x", "1"), configMap("x", "2")
	for _, c := range []edit{
		{"write in place", func(t *testing.T, _, path string) { write(t, path, two) }, "x=2"},
		{"append", func(t *testing.T, _, path string) {
			f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteString("---\n" + configMap("b", "1"))
			must(t, err)
			must(t, f.Close())
		}, "x=1 b=1"},
		{"write in pieces", func(t *testing.T, _, path string) {
			f, err := os.Create(path)
			must(t, err)
			for _, b := range []byte(two) {
				_, err := f.Write([]byte{b})
				must(t, err)
				time.Sleep(time.Millisecond)
			}
			must(t, f.Close())
		}, "x=2"},
		{"rename over", func(t *testing.T, folder, path string) {
			write(t, filepath.Join(folder, ".a.yaml.swp"), two)
			must(t, os.Rename(filepath.Join(folder, ".a.yaml.swp"), path))
		}, "x=2"},
		{"backup and new file", func(t *testing.T, folder, path string) {
			write(t, filepath.Join(folder, "4913"), "")
			must(t, os.Remove(filepath.Join(folder, "4913")))
			must(t, os.Rename(path, path+"~"))
			write(t, path, two)
			must(t, os.Remove(path+"~"))
		}, "x=2"},
		{"remove", func(t *testing.T, _, path string) { must(t, os.Remove(path)) }, ""},
		{"another name", func(t *testing.T, folder, path string) {
			must(t, os.Rename(path, filepath.Join(folder, "off.txt")))
		}, ""},
		{"new file", func(t *testing.T, folder, _ string) {
			write(t, filepath.Join(folder, "b.json"), `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"}}`)
		}, "x=1 b="},
		{"new folders", func(t *testing.T, folder, _ string) {
			deep := filepath.Join(folder, "b", "c", "d")
			must(t, os.MkdirAll(deep, 0o700))
			write(t, filepath.Join(deep, "b.yaml"), configMap("b", "1"))
		}, "x=1 b=1"},
		{"folder moved in", func(t *testing.T, folder, _ string) {
			away := t.TempDir()
			must(t, os.MkdirAll(filepath.Join(away, "b", "c"), 0o700))
			write(t, filepath.Join(away, "b", "c", "b.yaml"), configMap("b", "1"))
			must(t, os.Rename(filepath.Join(away, "b"), filepath.Join(folder, "b")))
		}, "x=1 b=1"},
		{"folder moved away", func(t *testing.T, folder, _ string) {
			must(t, os.Rename(filepath.Join(folder, "sub"), filepath.Join(t.TempDir(), "sub")))
		}, "x=1"},
		{"link to a file", func(t *testing.T, folder, _ string) {
			target := filepath.Join(t.TempDir(), "b.txt")
			write(t, target, configMap("b", "1"))
			must(t, os.Symlink(target, filepath.Join(folder, "b.yaml")))
		}, "x=1 b=1"},
		{"link to a folder", func(t *testing.T, folder, _ string) {
			target := t.TempDir()
			write(t, filepath.Join(target, "b.yaml"), configMap("b", "1"))
			must(t, os.Symlink(target, filepath.Join(folder, "b")))
		}, "x=1 b=1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			folder := t.TempDir()
			path := filepath.Join(folder, "a.yaml")
			write(t, path, one)
			must(t, os.MkdirAll(filepath.Join(folder, "sub"), 0o700))
			if c.name == "folder moved away" {
				write(t, filepath.Join(folder, "sub", "z.yaml"), configMap("z", "1"))
			}
			w := follow(t, folder)
			load(t, w.Source)
			c.do(t, folder, path)
			w.until(t, c.want)
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Every edit goes through what an earlier one put in place: a watch on the old file or folder would see nothing.
func TestSecondEditIsSeenToo(t *testing.T) {
	parent := t.TempDir()
	file, folder := filepath.Join(parent, "one.yaml"), filepath.Join(parent, "in")
	must(t, os.Mkdir(folder, 0o700))
	write(t, file, configMap("f", "0"))
	write(t, filepath.Join(folder, "a.yaml"), configMap("a", "0"))
	w := follow(t, file, folder)
	for n := 1; n < 4; n++ {
		v := fmt.Sprint(n)
		write(t, file+".new", configMap("f", v))
		must(t, os.Rename(file+".new", file))
		w.until(t, fmt.Sprintf("a=%d f=%d", n-1, n))

		must(t, os.RemoveAll(folder))
		must(t, os.Mkdir(folder, 0o700))
		write(t, filepath.Join(folder, "a.yaml"), configMap("a", v))
		w.until(t, fmt.Sprintf("a=%d f=%d", n, n))
	}
}

// Between two looks the folder is another one under the same name.
func TestAFolderThatWasReplacedIsWatchedAnew(t *testing.T) {
	parent := t.TempDir()
	sub := filepath.Join(parent, "in", "sub")
	for _, d := range []string{sub, filepath.Join(parent, "next")} {
		must(t, os.MkdirAll(d, 0o700))
		write(t, filepath.Join(d, "a.yaml"), configMap("a", filepath.Base(d)))
	}
	s := open(t, filepath.Join(parent, "in"))
	s.Debounce, s.MaxDelay, s.Poll, s.Resync = 200*time.Millisecond, forever, forever, forever
	w := startWatch(t, s, s.Watch)
	must(t, os.Rename(sub, filepath.Join(parent, "old")))
	must(t, os.Rename(filepath.Join(parent, "next"), sub))
	w.until(t, "a=next")
	write(t, filepath.Join(sub, "a.yaml"), configMap("a", "edited"))
	w.until(t, "a=edited")
}

// What comes after a folder was listed and before it is watched causes no event.
func TestFilesThatSlipInAreFound(t *testing.T) {
	folder := t.TempDir()
	late := filepath.Join(folder, "late")
	w := &watch{Source: open(t, folder), places: newFakePlaces(func(d string) error {
		if d == folder {
			must(t, os.Mkdir(late, 0o700))
			write(t, filepath.Join(late, "a.yaml"), configMap("a", "1"))
		}
		return nil
	})}
	w.look()
	if _, ok := w.seen[filepath.Join(late, "a.yaml")]; !ok {
		t.Error("the file was not seen")
	}
	if _, ok := w.places.watched[late]; !ok {
		t.Error("the folder is not watched")
	}
}

// Shortly after a change a second one may leave the same times and size behind.
func TestLookingTwiceAtAYoungFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	write(t, path, configMap("a", "1"))
	w := &watch{Source: open(t, path)}
	if !w.look() || !w.look() {
		t.Error("a young file counts as unchanged")
	}
	w.at = time.Now().Add(time.Minute)
	if w.look() {
		t.Error("an old file counts as changed")
	}
}

func TestMountedConfigMapSwapsAreSeen(t *testing.T) {
	for _, how := range []string{"folder", "file"} {
		t.Run(how, func(t *testing.T) {
			folder := t.TempDir()
			mount(t, folder, "0", map[string]string{"a.yaml": configMap("a", "0")})
			path := folder
			if how == "file" {
				path = filepath.Join(folder, "a.yaml")
			}
			w := follow(t, path)
			for n := 1; n < 4; n++ {
				v := fmt.Sprint(n)
				mount(t, folder, v, map[string]string{"a.yaml": configMap("a", v)})
				w.until(t, "a="+v)
			}
		})
	}
}

// A release is switched by one link, and the folder below it is the root.
func TestLinksAboveTheRootAreSeen(t *testing.T) {
	parent := t.TempDir()
	current := filepath.Join(parent, "current")
	for n := range 3 {
		release := filepath.Join(parent, fmt.Sprint("release", n))
		must(t, os.MkdirAll(filepath.Join(release, "in"), 0o700))
		write(t, filepath.Join(release, "in", "a.yaml"), configMap("a", fmt.Sprint(n)))
	}
	must(t, os.Symlink("release0", current))
	w := follow(t, filepath.Join(current, "in"))
	for n := 1; n < 3; n++ {
		must(t, os.Symlink(fmt.Sprint("release", n), current+".new"))
		must(t, os.Rename(current+".new", current))
		w.until(t, fmt.Sprintf("a=%d", n))
	}
	write(t, filepath.Join(parent, "release2", "in", "a.yaml"), configMap("a", "edited"))
	w.until(t, "a=edited")
}

func TestFilesBehindLinksAreSeen(t *testing.T) {
	folder, away := t.TempDir(), t.TempDir()
	write(t, filepath.Join(away, "a.txt"), configMap("a", "1"))
	must(t, os.Symlink(filepath.Join(away, "a.txt"), filepath.Join(away, "hop")))
	must(t, os.Symlink(filepath.Join(away, "hop"), filepath.Join(folder, "a.yaml")))
	w := follow(t, folder)
	write(t, filepath.Join(away, "a.txt"), configMap("a", "2"))
	w.until(t, "a=2")
	write(t, filepath.Join(away, "b.txt"), configMap("a", "3"))
	must(t, os.Symlink(filepath.Join(away, "b.txt"), filepath.Join(away, "hop.new")))
	must(t, os.Rename(filepath.Join(away, "hop.new"), filepath.Join(away, "hop")))
	w.until(t, "a=3")
}

func TestOtherFilesAreNotAnnounced(t *testing.T) {
	parent := t.TempDir()
	folder := filepath.Join(parent, "in")
	must(t, os.MkdirAll(filepath.Join(folder, ".git"), 0o700))
	write(t, filepath.Join(folder, "a.yaml"), configMap("a", "1"))
	w := follow(t, folder)
	w.calm()
	for _, n := range []string{"in/.a.yaml.swp", "in/.x.yaml", "in/notes.txt", "in/.git/x.yaml", "beside.yaml", "in/4913"} {
		write(t, filepath.Join(parent, n), configMap("x", "1"))
		must(t, os.Remove(filepath.Join(parent, n)))
	}
	w.silent(t)
}

func TestABurstIsAnnouncedOnce(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	s.Debounce, s.MaxDelay, s.Poll, s.Resync = 500*time.Millisecond, forever, forever, forever
	w := startWatch(t, s, s.Watch)
	for n := range 70 {
		write(t, filepath.Join(folder, fmt.Sprintf("%d.yaml", n)), configMap(fmt.Sprint("x", n), "1"))
		time.Sleep(10 * time.Millisecond)
	}
	w.wait(t)
	if o, _ := load(t, s); len(o.ConfigMaps) != 70 {
		t.Errorf("announced after %d of 70 files", len(o.ConfigMaps))
	}
	select {
	case <-w.dirty:
		t.Error("announced twice")
	case <-time.After(2 * s.Debounce):
	}
}

func TestEndlessEditsAreAnnouncedInTime(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	s.Debounce, s.MaxDelay, s.Poll, s.Resync = forever, 100*time.Millisecond, forever, forever
	w := startWatch(t, s, s.Watch)
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				_ = os.WriteFile(filepath.Join(folder, "a.yaml"), []byte(configMap("a", fmt.Sprint(n))), 0o600)
			}
		}
	})
	w.wait(t)
	w.wait(t)
	close(stop)
	writer.Wait()
}

func TestStandardInputAloneIsNotWatched(t *testing.T) {
	s, err := Open([]string{Stdin}, strings.NewReader(configMap("a", "1")))
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	must(t, s.Watch(ctx, func() { t.Error("standard input can't change") }))
}

func TestWatchLeavesNothingBehind(t *testing.T) {
	folder := t.TempDir()
	before := runtime.NumGoroutine()
	for range 20 {
		ctx, cancel := context.WithCancel(context.Background())
		s := open(t, folder)
		load(t, s)
		must(t, s.Watch(ctx, cancel))
	}
	for range 500 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}
