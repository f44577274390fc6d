package takeover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/status"
)

// interval between two looks at what is waited for.
const interval = 500 * time.Millisecond

// verify waits for each check, and tells what it waits for when that takes a while.
func (r *Runner) verify(ctx context.Context, state *State, step string, list []Check) error {
	for _, c := range list {
		deadline, told := time.Now().Add(r.Limit), false
		for {
			why, err := r.look(ctx, state, c)
			if err != nil {
				return fmt.Errorf("verify: %w", err)
			}
			if why == "" {
				break
			}
			if time.Now().After(deadline) {
				return fmt.Errorf("not after %s: %s", r.Limit, why)
			}
			if !told {
				r.Say("%-14s waiting: %s", step, why)
				told = true
			}
			timer := time.NewTimer(interval)
			select {
			case <-ctx.Done():
				timer.Stop()
				return ctx.Err()
			case <-timer.C:
			}
		}
	}
	return nil
}

// look says what is not yet as it should be.
func (r *Runner) look(ctx context.Context, state *State, c Check) (why string, err error) {
	switch c.Wait {
	case Status:
		return r.lookStatus(ctx, state, c)
	case Rollout, Stopped, Serves:
	default:
		return "", fmt.Errorf("%q is nothing to wait for", c.Wait)
	}
	namespace, name, _ := strings.Cut(c.Workload, "/")
	w, err := r.workload(ctx, c.Kind, namespace, name)
	switch {
	case err != nil:
		return "", err
	case c.Wait == Stopped && w.Total > 0:
		return fmt.Sprintf("%s still has %d pods", w.Key(), w.Total), nil
	case c.Wait == Rollout && (!w.Settled() || w.Ready == 0 && w.Wanted > 0):
		return fmt.Sprintf("%s has %d of %d pods ready, %d of them new", w.Key(), w.Ready, w.Wanted, w.Updated), nil
	case c.Wait == Serves:
		return r.lookServes(ctx, &w, c.Service)
	}
	return "", nil
}

func (r *Runner) lookServes(ctx context.Context, w *Workload, service string) (string, error) {
	namespace, name, _ := strings.Cut(service, "/")
	slicesOf, err := r.Client.DiscoveryV1().EndpointSlices(namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + name})
	if err != nil {
		return "", fmt.Errorf("read the endpoints of Service %s: %w", service, err)
	}
	pods, err := r.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", fmt.Errorf("read the pods of %s: %w", w.Key(), err)
	}
	own := map[string]bool{}
	for i := range pods.Items {
		if w.owns(&pods.Items[i]) {
			own[pods.Items[i].Name] = true
		}
	}
	ready := 0
	for _, s := range slicesOf.Items {
		for _, e := range s.Endpoints {
			if e.Conditions.Ready != nil && !*e.Conditions.Ready {
				continue
			}
			if e.TargetRef == nil || !own[e.TargetRef.Name] {
				return fmt.Sprintf("Service %s still sends to others than %s", service, w.Key()), nil
			}
			ready++
		}
	}
	if ready == 0 {
		return fmt.Sprintf("Service %s has no ready endpoint", service), nil
	}
	return "", nil
}

func (r *Runner) lookStatus(ctx context.Context, state *State, c Check) (string, error) {
	world, err := Read(ctx, r.Client)
	if err != nil {
		return "", err
	}
	scene, err := Survey(world, Options{State: state})
	if err != nil {
		return "", err
	}
	if n, of := scene.addressed(), min(state.Addressed, len(scene.served())); n < of {
		return fmt.Sprintf("%d of %d Ingresses lost the addresses in their status", of-n, of), nil
	}
	if c.Service == "" {
		return "", nil
	}
	namespace, name, _ := strings.Cut(c.Service, "/")
	wanted, err := status.FromService(types.NamespacedName{Namespace: namespace, Name: name}, func(n types.NamespacedName) *corev1.Service { return world.service(n.String()) })(ctx)
	if err != nil {
		return "", err
	}
	if len(wanted) == 0 {
		return "", errors.New("Service " + c.Service + " has no address to write into status")
	}
	for _, i := range scene.served() {
		if !slices.Equal(addresses(i.Status.LoadBalancer.Ingress), addresses(wanted)) {
			return fmt.Sprintf("the status of Ingress %s/%s is not that of Service %s", i.Namespace, i.Name, c.Service), nil
		}
	}
	return "", nil
}

func addresses(list []netv1.IngressLoadBalancerIngress) []string {
	var out []string
	for _, a := range list {
		out = append(out, a.IP+a.Hostname)
	}
	slices.Sort(out)
	return out
}

// addressed counts the Ingresses that have an address.
func (s *Scene) addressed() int {
	n := 0
	for _, i := range s.served() {
		if len(i.Status.LoadBalancer.Ingress) > 0 {
			n++
		}
	}
	return n
}
