// Package kube reads the objects of a cluster through client-go's list-and-watch and says when they changed.
//
// What it keeps is trimmed to what is read, and Ingresses that are not served are not kept at all. It hands out the
// kept objects themselves, which nobody ever writes. Without the API server the last known objects stay; a change that
// nothing served refers to wakes nobody.
package kube

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// Options say what is watched. Client, Settings and Log are needed.
type Options struct {
	Client    kubernetes.Interface
	Settings  snapshot.Settings
	Namespace string          // "" for all
	Selector  labels.Selector // of namespaces; nil: none. Not together with Namespace
	Named     Named
	Resync    time.Duration // 0: never; else dirty is called at least this often
	Debounce  time.Duration // silence that ends a series of changes, whose first is announced at once; 0: 20 ms
	MaxDelay  time.Duration // longest wait of an announcement in a series; 0: 200 ms
	Log       *slog.Logger
}

// Source is what is known of a cluster. Watch fills it, everything else reads.
type Source struct {
	Options
	trim    trimmer
	classes *classes
	serves  atomic.Pointer[func(*netv1.Ingress) bool]
	visible atomic.Pointer[[]*set] // whose first lists are in
	refs    atomic.Pointer[refs]   // of what the last Load gave; nil before the first

	referring referring
	collected references // of which refs were made; belongs to Load

	synced chan struct{} // closed when everything was listed once
	ended  chan struct{} // closed when Watch returns

	// Signals; each holds at most one.
	woken, status, reclass, renamespace, settings chan struct{}

	troubleMu sync.Mutex        // guards trouble
	trouble   map[string]string // watches that fail, with the reason
}

// New returns a source that knows nothing until Watch runs.
func New(o Options) *Source {
	if o.Debounce == 0 {
		o.Debounce = 20 * time.Millisecond
	}
	if o.MaxDelay == 0 {
		o.MaxDelay = 200 * time.Millisecond
	}
	signal := func() chan struct{} { return make(chan struct{}, 1) }
	s := &Source{
		Options: o, trim: newTrimmer(o.Settings.AnnotationsPrefix),
		synced: make(chan struct{}), ended: make(chan struct{}),
		woken: signal(), status: signal(), reclass: signal(), renamespace: signal(), settings: signal(),
		trouble: map[string]string{},
	}
	s.classes = newClasses(s)
	s.visible.Store(&[]*set{})
	s.reserve()
	return s
}

func (s *Source) reserve() {
	serves := snapshot.Served(s.classes.list(), s.Settings)
	s.serves.Store(&serves)
}

// Load gives every kept object. It waits until Watch has listed everything once, and never for the API server after.
func (s *Source) Load() (*snapshot.Objects, issue.List, error) {
	select {
	case <-s.synced:
	case <-s.ended:
		return nil, nil, fmt.Errorf("the cluster was not read to the end: %w", context.Canceled)
	}
	if s.refs.Load() == nil {
		s.refs.Store(&refs{}) // from here on no change may be missed
	}
	// A number is read before the lists: what changes in between is looked at once more.
	references := s.referring.now()
	sets := *s.visible.Load()
	out := &snapshot.Objects{IngressClasses: s.classes.list()}
	out.Ingresses = join(sets, func(w *set) *table[*netv1.Ingress] { return w.ingresses })
	// What may be referred to has to be known before the objects are listed that only wake when they are.
	if references != s.collected {
		s.refs.Store(s.collect(out.Ingresses, join(sets, func(w *set) *table[*corev1.Service] { return w.services })))
		s.collected = references
	}
	out.EndpointSlices = join(sets, func(w *set) *table[*discoveryv1.EndpointSlice] { return w.slices })
	out.Secrets = join(sets, func(w *set) *table[*corev1.Secret] { return w.secrets })
	out.Services = join(sets, func(w *set) *table[*corev1.Service] { return w.services })
	out.ConfigMaps = join(sets, func(w *set) *table[*corev1.ConfigMap] { return w.configMaps })
	return out, nil, nil
}

// join puts the lists of all sets together; that of a single one is handed over as it is.
func join[T object](sets []*set, of func(*set) *table[T]) []T {
	var out []T
	for _, w := range sets {
		if list := of(w).objects(); len(out) == 0 {
			out = list[:len(list):len(list)]
		} else {
			out = append(out, list...)
		}
	}
	return out
}

func (s *Source) collect(ingresses []*netv1.Ingress, services []*corev1.Service) *refs {
	r := make(refs, 3*len(ingresses))
	r[s.Settings.ConfigMap], r[s.Settings.DefaultCert] = struct{}{}, struct{}{}
	for _, list := range [][]types.NamespacedName{s.Named.Services, s.Named.Secrets, s.Named.ConfigMaps} {
		for _, n := range list {
			r[n] = struct{}{}
		}
	}
	for _, i := range ingresses {
		r.addIngress(i)
	}
	r.addServices(services)
	for _, n := range append([]types.NamespacedName{s.Settings.ConfigMap}, s.Named.ConfigMaps...) {
		if c := s.configMap(n); c != nil {
			r.addConfigMap(c)
		}
	}
	return &r
}

// Ingresses are those that are served in their latest version, in no order.
func (s *Source) Ingresses() []*netv1.Ingress {
	var out []*netv1.Ingress
	for _, w := range *s.visible.Load() {
		out = append(out, w.ingresses.latest()...)
	}
	return out
}

// StatusChanged holds a signal when the status of a served Ingress or one of the named Services changed.
func (s *Source) StatusChanged() <-chan struct{} { return s.status }

// Service finds a kept Service; nil if there is none.
func (s *Source) Service(n types.NamespacedName) *corev1.Service {
	for _, w := range *s.visible.Load() {
		if o := w.services.find(n); o != nil {
			return o
		}
	}
	return nil
}

func (s *Source) configMap(n types.NamespacedName) *corev1.ConfigMap {
	for _, w := range *s.visible.Load() {
		if o := w.configMaps.find(n); o != nil {
			return o
		}
	}
	return nil
}

// Object finds the kept object that an issue is about; nil if there is none.
func (s *Source) Object(ref issue.Ref) metav1.Object {
	n := types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}
	for _, w := range *s.visible.Load() {
		switch ref.Kind {
		case "Ingress":
			if o := w.ingresses.find(n); o != nil {
				return o
			}
		case "Service":
			if o := w.services.find(n); o != nil {
				return o
			}
		case "Secret":
			if o := w.secrets.find(n); o != nil {
				return o
			}
		case "ConfigMap":
			if o := w.configMaps.find(n); o != nil {
				return o
			}
		}
	}
	if ref.Kind == "IngressClass" {
		if o := s.classes.find(n); o != nil {
			return o
		}
	}
	return nil
}

// until returns false when ctx ends before c is closed.
func until(ctx context.Context, c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	case <-ctx.Done():
		return false
	}
}
