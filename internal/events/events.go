// Package events shows issues as Events of the objects that they are about.
//
// It holds what is wrong now, not a log: an issue is sent once, again only after the API server has forgotten it, and
// an Event's name follows from what it says, so that a new leader or a restart adds nothing. Only objects that exist
// get Events. It never waits for the API server while an issue is handed over.
package events

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Options say where Events go. Refresh and Retry have defaults.
type Options struct {
	Client   kubernetes.Interface          // its rate limit is that of Events
	Object   func(issue.Ref) metav1.Object // nil if there is none
	Instance string                        // which replica speaks
	Log      *slog.Logger

	Refresh time.Duration // after which an unchanged issue is shown again; 0: 50 min, API servers keep Events for an hour
	Retry   time.Duration // after a failure; 0: 10 s
}

// Recorder sends Events while Run runs.
type Recorder struct {
	Options
	changed chan struct{}

	mu     sync.Mutex // guards wanted, written by Set and read by Run
	wanted issue.List
}

// New returns a recorder that sends nothing before Run.
func New(o Options) *Recorder {
	if o.Refresh == 0 {
		o.Refresh = 50 * time.Minute
	}
	if o.Retry == 0 {
		o.Retry = 10 * time.Second
	}
	return &Recorder{Options: o, changed: make(chan struct{}, 1)}
}

// Set says what is wrong now. The list is not written.
func (r *Recorder) Set(list issue.List) {
	r.mu.Lock()
	r.wanted = list
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// Run sends until ctx ends. Only one replica should.
func (r *Recorder) Run(ctx context.Context) {
	sent := map[string]time.Time{}
	for {
		wait := r.Refresh / 10
		if err := r.send(ctx, sent); err != nil && ctx.Err() == nil {
			r.Log.Warn("Issues are not shown as Events", "error", err, "retry", r.Retry)
			wait = r.Retry
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		case <-r.changed:
			timer.Stop()
		}
	}
}

// send creates the Events that are not there and forgets those whose issue is gone; sent has the time of each.
func (r *Recorder) send(ctx context.Context, sent map[string]time.Time) error {
	r.mu.Lock()
	list := r.wanted
	r.mu.Unlock()
	wanted := map[string]*eventsv1.Event{}
	for _, i := range limited(list) {
		if e := r.event(i); e != nil {
			wanted[e.Namespace+"/"+e.Name] = e
		}
	}
	maps.DeleteFunc(sent, func(id string, _ time.Time) bool { return wanted[id] == nil })
	for _, id := range slices.Sorted(maps.Keys(wanted)) {
		at, known := sent[id]
		if known && time.Since(at) < r.Refresh {
			continue
		}
		if err := r.put(ctx, wanted[id], known); err != nil {
			return err
		}
		sent[id] = time.Now()
	}
	return nil
}

// put creates an Event, or shows it again: then its series counts on. Where an Event may not be written, because the
// namespace ends or there are no rights, the others go on.
func (r *Recorder) put(ctx context.Context, e *eventsv1.Event, again bool) error {
	events := r.Client.EventsV1().Events(e.Namespace)
	var err error
	if again {
		patch, failure := seriesPatch(time.Now())
		if failure != nil {
			return failure
		}
		_, err = events.Patch(ctx, e.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	}
	if !again || apierrors.IsNotFound(err) {
		_, err = events.Create(ctx, e, metav1.CreateOptions{})
	}
	switch {
	case apierrors.IsAlreadyExists(err):
		return nil
	case apierrors.IsForbidden(err), apierrors.IsNotFound(err), apierrors.IsInvalid(err):
		r.Log.Warn("An issue is not shown as an Event", "object", e.Regarding.Kind+" "+e.Regarding.Namespace+"/"+e.Regarding.Name, "error", err)
		return nil
	}
	return err
}
