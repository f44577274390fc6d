package kube

import (
	"context"
	"math"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
)

// Waiting times between attempts to list and watch: short, because an Ingress that was changed during an outage waits
// for them.
const (
	firstRetry = 200 * time.Millisecond
	lastRetry  = 3 * time.Second
)

// feed is one list-and-watch.
type feed struct {
	client    cache.Getter
	resource  string
	namespace string // "" for all
	fields    string // selector
	labels    string // selector
	example   runtime.Object
	failed    func(error) bool // told of failures; true: it is expected and not noted. May be nil
}

// follow keeps a table up to date until ctx ends. After a loss of the connection the table stays as it is until the
// next list is in.
func (s *Source) follow(ctx context.Context, f feed, into cache.ReflectorStore) {
	lists := cache.NewFilteredListWatchFromClient(f.client, f.resource, f.namespace, func(o *metav1.ListOptions) {
		o.FieldSelector, o.LabelSelector = f.fields, f.labels
	})
	watched := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			list, err := lists.ListWithContext(ctx, o)
			s.note(ctx, f, err)
			return list, err
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			w, err := lists.WatchWithContext(ctx, o)
			s.note(ctx, f, err)
			return w, err
		},
	}
	// What goes wrong is noted above, once; the reflector would log each attempt.
	quiet := klog.Logger{}
	cache.NewReflectorWithOptions(watched, f.example, into, cache.ReflectorOptions{
		Name: f.resource, Logger: &quiet,
		Backoff: &wait.Backoff{
			Duration: firstRetry, Cap: lastRetry, Factor: 2, Jitter: 0.5,
			Steps: int(math.Ceil(math.Log2(float64(lastRetry) / float64(firstRetry)))),
		},
	}).RunWithContext(klog.NewContext(ctx, quiet))
}

// note logs the first failure of a row, every change of it, and its end.
func (s *Source) note(ctx context.Context, f feed, err error) {
	if ctx.Err() != nil || apierrors.IsResourceExpired(err) || apierrors.IsGone(err) || apierrors.IsInvalid(err) {
		return // asked again at once, with another version or without streaming
	}
	if f.failed != nil && err != nil && f.failed(err) {
		return
	}
	id, text := f.resource+" "+f.namespace+" "+f.fields, ""
	if err != nil {
		text = string(apierrors.ReasonForError(err))
		if text == "" {
			text = "unreachable"
		}
	}
	s.troubleMu.Lock()
	was := s.trouble[id]
	if text == "" {
		delete(s.trouble, id)
	} else {
		s.trouble[id] = text
	}
	s.troubleMu.Unlock()
	switch {
	case text == was:
	case text == "":
		s.Log.Info("Watching again", "resource", f.resource, "namespace", f.namespace)
	default:
		s.Log.Warn("Can't watch; what is known stays", "resource", f.resource, "namespace", f.namespace, "error", err)
	}
}
