package dir

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The system may have no watcher to give, or none for one more folder.
func TestPollingWhenTheSystemCannotWatch(t *testing.T) {
	none := func(w *watch) error { w.places = nil; return syscall.EMFILE }
	noMore := func(w *watch) error {
		w.places = newFakePlaces(func(string) error { return syscall.ENOSPC })
		return nil
	}
	for name, breakIt := range map[string]func(*watch) error{"no watcher": none, "no more watches": noMore} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.yaml")
			write(t, path, configMap("a", "1"))
			s := open(t, path)
			var log bytes.Buffer
			s.Log = slog.New(slog.NewTextHandler(&log, nil))
			s.Poll, s.Resync = 10*time.Millisecond, forever
			var w *watched
			t.Cleanup(func() { // runs after Watch has ended
				if n := strings.Count(log.String(), "level=WARN"); n != 1 || !strings.Contains(log.String(), "max_user_watches") {
					t.Errorf("%d warnings:\n%s", n, &log)
				}
			})
			w = startWatch(t, s, func(ctx context.Context, dirty func()) error {
				inner := &watch{Source: s, dirty: dirty}
				inner.run(ctx, breakIt(inner))
				return nil
			})
			for n := 2; n < 5; n++ {
				write(t, path, configMap("a", fmt.Sprint(n)))
				w.until(t, fmt.Sprintf("a=%d", n))
			}
			must(t, os.Remove(path))
			must(t, os.Mkdir(path, 0o700))
			write(t, filepath.Join(path, "b.yaml"), configMap("b", "1"))
			w.until(t, "b=1")
		})
	}
}

func newFakePlaces(watch func(string) error) *places {
	return &places{watch: watch, unwatch: func(string) error { return nil }, watched: map[string]inode{}}
}

func TestWatchingResumesWhenTheLimitIsRaised(t *testing.T) {
	folder := t.TempDir()
	limited := true
	s := open(t, folder)
	var log bytes.Buffer
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	w := &watch{Source: s, places: newFakePlaces(func(string) error {
		if limited {
			return syscall.ENOSPC
		}
		return nil
	})}
	w.look()
	if w.interval() != s.Poll {
		t.Error("a folder is neither watched nor polled")
	}
	limited = false
	w.look()
	if w.interval() != s.Resync || !strings.Contains(log.String(), "again") {
		t.Errorf("still polling:\n%s", &log)
	}
}
