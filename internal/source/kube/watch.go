package kube

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"golang.org/x/sync/errgroup"
)

// Watch follows the cluster and calls dirty after changes, until ctx ends. It may be called once.
//
// With a selector every selected namespace has watches of its own: objects of other namespaces, Secrets above all, are
// never read, and a label that changes costs the lists of one namespace. The price is five watches a namespace.
func (s *Source) Watch(ctx context.Context, dirty func()) error {
	defer close(s.ended)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		s.classes.follow(ctx, s)
		return nil
	})
	group.Go(func() error {
		s.announce(ctx, dirty)
		return nil
	})
	group.Go(func() error {
		w := &run{Source: s, byNamespace: map[string]*set{}, secrets: map[types.NamespacedName]*set{}}
		w.main(ctx)
		w.end()
		return nil
	})
	return group.Wait()
}

// run is one run of Watch; its goroutine owns it.
type run struct {
	*Source
	namespaces  *table[*corev1.Namespace] // nil without a selector
	byNamespace map[string]*set
	named       []*set                        // of flags
	secrets     map[types.NamespacedName]*set // that the settings name outside the watched namespaces
	selecting   context.CancelFunc
	selected    chan struct{} // closed when the watch of namespaces has ended
}

// main lists everything, then follows what changes which watches there are.
func (w *run) main(ctx context.Context) {
	if !w.classes.known(ctx) {
		return
	}
	select {
	case <-w.reclass: // by the first list
	default:
	}
	w.reserve()
	if !w.open(ctx) {
		return
	}
	w.show()
	w.followSettings(ctx)
	for _, one := range w.secrets {
		if !one.synced(ctx) {
			return
		}
	}
	w.show()
	close(w.synced)
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.reclass:
			w.reserve()
			for _, one := range w.byNamespace {
				w.listIngresses(one)
			}
			w.wake()
		case <-w.renamespace:
			w.followNamespaces(ctx)
		case <-w.settings:
			w.followSettings(ctx)
		}
		if w.show() {
			w.wake()
		}
	}
}

// open starts the sets that flags ask for and waits for them.
func (w *run) open(ctx context.Context) bool {
	w.named = w.namedSets()
	for _, one := range w.named {
		w.start(ctx, one)
	}
	if w.Selector == nil {
		w.byNamespace[w.Namespace] = w.namespaceSet(w.Namespace)
		w.start(ctx, w.byNamespace[w.Namespace])
	} else if !w.watchNamespaces(ctx) {
		return false
	}
	for _, one := range w.all() {
		if !one.synced(ctx) {
			return false
		}
	}
	return true
}

func (w *run) watchNamespaces(ctx context.Context) bool {
	selecting, cancel := context.WithCancel(ctx)
	w.selecting, w.selected = cancel, make(chan struct{})
	w.namespaces = newTable(kind[*corev1.Namespace]{trim: w.trim.namespace, same: sameNamespace, changed: w.namespaceChanged})
	go func() {
		defer close(w.selected)
		w.follow(selecting, feed{
			client: w.Client.CoreV1().RESTClient(), resource: "namespaces", example: &corev1.Namespace{},
			labels: w.Selector.String(),
		}, w.namespaces)
	}()
	if !until(ctx, w.namespaces.synced) {
		return false
	}
	w.followNamespaces(ctx)
	return true
}

// followNamespaces starts and ends sets. A set that was started shows when all of it is known.
func (w *run) followNamespaces(ctx context.Context) {
	want := map[string]bool{}
	for _, n := range w.namespaces.objects() {
		if w.Selector.Matches(labels.Set(n.Labels)) {
			want[n.Name] = true
		}
	}
	for name, one := range w.byNamespace {
		if !want[name] {
			one.end()
			delete(w.byNamespace, name)
		}
	}
	for name := range want {
		if w.byNamespace[name] == nil {
			w.byNamespace[name] = w.namespaceSet(name)
			w.launch(ctx, w.byNamespace[name], w.renamespace)
		}
	}
}

// followSettings does the same for what the settings name.
func (w *run) followSettings(ctx context.Context) {
	want := w.settingsObjects()
	for n, one := range w.secrets {
		if !want[n] {
			one.end()
			delete(w.secrets, n)
		}
	}
	for n := range want {
		if w.secrets[n] == nil {
			w.secrets[n] = w.settingsSet(n)
			w.launch(ctx, w.secrets[n], w.settings)
		}
	}
}

// launch starts a set and gives the signal when it is synced.
func (w *run) launch(ctx context.Context, one *set, signal chan struct{}) {
	w.start(ctx, one)
	one.running.Go(func() {
		if one.synced(one.ctx) {
			poke(signal)
		}
	})
}

func (w *run) all() []*set {
	out := slices.Clone(w.named)
	for _, one := range w.byNamespace {
		out = append(out, one)
	}
	for _, one := range w.secrets {
		out = append(out, one)
	}
	return out
}

// show makes Load see the sets that are known as a whole; it reports whether they are others than before.
func (w *run) show() bool {
	var next []*set
	for _, one := range w.all() {
		if one.known() {
			next = append(next, one)
		}
	}
	was := *w.visible.Load()
	w.visible.Store(&next)
	w.referring.sets.Add(1)
	if len(was) != len(next) {
		return true
	}
	for _, one := range next {
		if !slices.Contains(was, one) {
			return true
		}
	}
	return false
}

// end joins everything that main started.
func (w *run) end() {
	for _, one := range w.all() {
		one.end()
	}
	if w.selecting != nil {
		w.selecting()
		<-w.selected
	}
}
