package dir

import (
	"context"
	"maps"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Watch calls dirty once when it watches and then after every change of a manifest, until ctx ends; a series of
// changes is announced once. Where the system can't watch, it looks every Poll and says so in the log.
func (s *Source) Watch(ctx context.Context, dirty func()) error {
	if len(s.roots) == 0 {
		<-ctx.Done()
		return nil
	}
	w := &watch{Source: s, dirty: dirty, events: map[string]bool{}}
	defer s.known.set(nil)
	notify, err := fsnotify.NewWatcher()
	if err == nil {
		defer notify.Close()
		w.places = newPlaces(notify)
	}
	w.run(ctx, err)
	return nil
}

// watch is one run of Watch; its goroutine owns it.
type watch struct {
	*Source
	dirty    func()
	places   *places // nil if the system gives none
	degraded bool    // something that ought to be watched is not
	missing  bool    // a root is gone or can't be read
	seen     map[string]stamp
	at       time.Time       // when seen was taken
	events   map[string]bool // paths that something happened at since then
}

// run waits for changes; err is why there are no places. Quiet time and longest delay run from the events; looking
// at the files decides.
func (w *watch) run(ctx context.Context, err error) {
	w.degrade(err)
	w.look()
	w.dirty()
	idle := time.NewTimer(w.interval())
	defer idle.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-idle.C:
		case e := <-w.places.eventChannel():
			if !w.places.relevant(e.Name) {
				continue
			}
			if !w.settle(ctx, e) {
				return
			}
			if w.lookAtEvents() {
				w.dirty()
				continue // the idle time goes on, so that everything is looked at in the end
			}
		case <-w.places.errorChannel(): // events were lost
		}
		if w.look() {
			w.dirty()
		}
		idle.Reset(w.interval())
	}
}

// settle waits until nothing happened for Debounce, at most MaxDelay; false if ctx ended. Files that were renamed into
// place are complete, so that a shorter silence is enough.
func (w *watch) settle(ctx context.Context, e fsnotify.Event) bool {
	limit := time.NewTimer(w.MaxDelay)
	silence := w.silence(e, w.Renamed)
	quiet := time.NewTimer(silence)
	defer limit.Stop()
	defer quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-limit.C:
			return true
		case <-quiet.C:
			return true
		case e := <-w.places.eventChannel():
			if w.places.relevant(e.Name) {
				silence = w.silence(e, silence)
				quiet.Reset(silence)
			}
		case <-w.places.errorChannel():
			w.events[""] = true // some were lost: a path that no walk finds
		}
	}
}

// silence notes an event, and tells how long it has to be quiet after it. A file that is created and then written is one
// of other events at once.
func (w *watch) silence(e fsnotify.Event, so time.Duration) time.Duration {
	w.events[e.Name] = true
	if e.Op == fsnotify.Create {
		return min(so, w.Debounce)
	}
	return w.Debounce
}

func (w *watch) interval() time.Duration {
	if w.degraded || w.missing {
		return w.Poll
	}
	return w.Resync
}

// lookAtEvents looks only where something happened; false if that is not enough.
func (w *watch) lookAtEvents() bool {
	if w.interval() == w.Poll {
		return false
	}
	paths := make([]string, 0, len(w.events))
	for name := range w.events {
		path, ok := w.places.manifestAt(name)
		if !ok {
			return false
		}
		paths = append(paths, path)
	}
	if !w.known.touch(paths) {
		return false
	}
	for _, path := range paths {
		w.seen[path] = stamp{} // the next look at everything announces it once more
	}
	clear(w.events)
	return true
}

// remember hands the tree to Load, as long as it is sure to be complete.
func (w *watch) remember(t *tree) {
	clear(w.events)
	if w.interval() == w.Poll {
		t = nil
	}
	w.known.set(t)
}

// look walks the roots, watches what is new there, and reports whether a manifest may have changed.
func (w *watch) look() bool {
	now := time.Now()
	t := w.watchAll()
	seen := make(map[string]stamp, len(t.files)+len(t.failures))
	unsettled := false
	for _, f := range t.files {
		s := f.stamp
		seen[f.path] = s
		unsettled = unsettled || !s.settled(w.at)
	}
	w.missing = false
	for _, f := range t.failures {
		seen[f.path] = stamp{}
		w.missing = w.missing || f.root
	}
	changed := unsettled || !maps.Equal(seen, w.seen)
	w.seen, w.at = seen, now
	w.remember(t)
	return changed
}

// watchAll walks until every folder of the walk was watched before it was listed, so that no file slips in unseen.
// A tree that grows faster than that is watched by the next event.
func (w *watch) watchAll() *tree {
	if w.places == nil {
		return walk(w.roots)
	}
	w.places.approach(w.roots)
	t := walkTelling(w.roots, w.places.enter)
	for range 10 {
		added, err := w.places.set(w.roots, t)
		w.degrade(err)
		if !added {
			break
		}
		t = walkTelling(w.roots, w.places.enter)
	}
	return t
}

// degrade notes whether the system watches everything, and says so when that changed.
func (w *watch) degrade(err error) {
	switch {
	case err != nil && !w.degraded:
		w.Log.Warn("can't watch the manifests; looking at them at an interval instead. "+
			"Raising fs.inotify.max_user_watches or fs.inotify.max_user_instances may help.",
			"error", err, "interval", w.Poll)
	case err == nil && w.degraded && w.places != nil:
		w.Log.Info("watching the manifests again")
	}
	w.degraded = err != nil || w.places == nil
}
