// Package status writes into the status of the served Ingresses where clients find the controller.
//
// Only status.loadBalancer is written, and only where it differs. When the last replica ends, what it wrote is removed;
// addresses that somebody else wrote stay.
package status

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	netv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"golang.org/x/sync/errgroup"
)

// Options say what is written, and when. All fields but Changed are needed.
type Options struct {
	Client    kubernetes.Interface
	Ingresses func() []*netv1.Ingress // that are served
	Addresses Addresses
	Interval  time.Duration   // between two looks
	Changed   <-chan struct{} // asks for a look; nil: never
	Pods      Pods
	Log       *slog.Logger
}

// Writer keeps the status of Ingresses.
type Writer struct {
	Options

	mu   sync.Mutex // guards sent
	sent map[types.NamespacedName]sent
}

// sent is what was written to an Ingress, as long as the Ingresses that are known do not show it yet.
type sent struct {
	object    *netv1.Ingress // as it was known at the time: a later version is another object
	addresses []netv1.IngressLoadBalancerIngress
}

// New returns a writer that writes nothing before Run.
func New(o Options) *Writer { return &Writer{Options: o, sent: map[types.NamespacedName]sent{}} }

// current is the status of an Ingress, counting what was written and has not come back yet.
func (w *Writer) current(i *netv1.Ingress) []netv1.IngressLoadBalancerIngress {
	name := types.NamespacedName{Namespace: i.Namespace, Name: i.Name}
	w.mu.Lock()
	defer w.mu.Unlock()
	if s, ok := w.sent[name]; ok && s.object == i {
		return s.addresses
	}
	return i.Status.LoadBalancer.Ingress
}

// forget drops what is about Ingresses that are gone or known in a later version.
func (w *Writer) forget(list []*netv1.Ingress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.sent
	w.sent = map[types.NamespacedName]sent{}
	for _, i := range list {
		name := types.NamespacedName{Namespace: i.Namespace, Name: i.Name}
		if s, ok := old[name]; ok && s.object == i {
			w.sent[name] = s
		}
	}
}

func (w *Writer) note(i *netv1.Ingress, addresses []netv1.IngressLoadBalancerIngress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent[types.NamespacedName{Namespace: i.Namespace, Name: i.Name}] = sent{i, addresses}
}

// settle is how long changes are collected, so that a thousand new Ingresses are a few looks.
const settle = 500 * time.Millisecond

// writers is how many Ingresses are written at once; the client's own limit bounds the rate.
const writers = 8

// Run writes until ctx ends. Only one replica may run it at a time.
func (w *Writer) Run(ctx context.Context) {
	ticker := time.NewTicker(w.Interval)
	defer ticker.Stop()
	for {
		if err := w.publish(ctx); err != nil && ctx.Err() == nil {
			w.Log.Warn("The status of Ingresses is not up to date", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-w.Changed:
			if !pause(ctx, settle) {
				return
			}
		}
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func (w *Writer) publish(ctx context.Context) error {
	addresses, err := w.Addresses(ctx)
	if err != nil || len(addresses) == 0 {
		return err
	}
	want := addressesOf(addresses)
	return w.write(ctx, addresses, func(current []netv1.IngressLoadBalancerIngress) bool {
		return !slices.Equal(addressesOf(current), want)
	})
}

// Withdraw removes the addresses when no other replica runs that would serve at them.
func (w *Writer) Withdraw(ctx context.Context) error {
	last, err := w.Pods.last(ctx)
	if err != nil || !last {
		return err
	}
	addresses, err := w.Addresses(ctx)
	if err != nil || len(addresses) == 0 {
		return err
	}
	return w.write(ctx, nil, func(current []netv1.IngressLoadBalancerIngress) bool {
		return slices.Equal(addressesOf(current), addressesOf(addresses))
	})
}

// write gives the addresses to every Ingress whose own fit; an Ingress that is gone is no failure.
func (w *Writer) write(ctx context.Context, addresses []netv1.IngressLoadBalancerIngress, fit func([]netv1.IngressLoadBalancerIngress) bool) error {
	patch, err := patchOf(addresses)
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(writers)
	failures := make(chan error, 1)
	list := w.Ingresses()
	w.forget(list)
	for _, i := range list {
		if !fit(w.current(i)) {
			continue
		}
		if ctx.Err() != nil {
			break
		}
		group.Go(func() error {
			_, err := w.Client.NetworkingV1().Ingresses(i.Namespace).Patch(ctx, i.Name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
			switch {
			case err == nil:
				w.note(i, addresses)
			case !apierrors.IsNotFound(err):
				select {
				case failures <- fmt.Errorf("write the status of Ingress %s/%s: %w", i.Namespace, i.Name, err):
				default: // one of them is enough to say why
				}
			}
			return nil
		})
	}
	_ = group.Wait() // no function of the group fails
	select {
	case err := <-failures:
		return errors.Join(err, ctx.Err())
	default:
		return ctx.Err()
	}
}

// patchOf replaces the list as a whole and touches nothing else: whoever writes at the same time, the result is the
// list of one of them, and the next look repairs it.
func patchOf(addresses []netv1.IngressLoadBalancerIngress) ([]byte, error) {
	return json.Marshal(map[string]any{"status": map[string]any{"loadBalancer": map[string]any{"ingress": addresses}}})
}

// addressesOf makes lists comparable: what counts are names and addresses.
func addressesOf(list []netv1.IngressLoadBalancerIngress) []string {
	var out []string
	for _, i := range normal(list) {
		out = append(out, i.Hostname+" "+i.IP)
	}
	return out
}
