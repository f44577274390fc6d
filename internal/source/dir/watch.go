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
	w := &watch{Source: s, dirty: dirty}
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
	at       time.Time // when seen was taken
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
			if !w.settle(ctx) {
				return
			}
		case <-w.places.errorChannel(): // events were lost
		}
		if w.look() {
			w.dirty()
		}
		idle.Reset(w.interval())
	}
}

// settle waits until nothing happened for Debounce, at most MaxDelay; false if ctx ended.
func (w *watch) settle(ctx context.Context) bool {
	limit := time.NewTimer(w.MaxDelay)
	quiet := time.NewTimer(w.Debounce)
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
				quiet.Reset(w.Debounce)
			}
		case <-w.places.errorChannel():
		}
	}
}

func (w *watch) interval() time.Duration {
	if w.degraded || w.missing {
		return w.Poll
	}
	return w.Resync
}

// look walks the roots, watches what is new there, and reports whether a manifest may have changed.
func (w *watch) look() bool {
	now := time.Now()
	t := w.watchAll()
	seen := make(map[string]stamp, len(t.files)+len(t.failures))
	unsettled := false
	for _, f := range t.files {
		s := stampOf(f.info)
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
	return changed
}

// watchAll walks until every folder of the walk was watched before it was listed, so that no file slips in unseen.
// A tree that grows faster than that is watched by the next event.
func (w *watch) watchAll() *tree {
	t := walk(w.roots)
	if w.places == nil {
		return t
	}
	for range 10 {
		added, err := w.places.set(w.roots, t)
		w.degrade(err)
		if !added {
			break
		}
		t = walk(w.roots)
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
