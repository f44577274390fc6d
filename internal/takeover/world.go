package takeover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	authv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// World is what the cluster holds at one moment.
type World struct {
	Workloads  []Workload
	Pods       []corev1.Pod
	Services   []corev1.Service
	Classes    []netv1.IngressClass
	Ingresses  []netv1.Ingress
	Webhooks   []admissionv1.ValidatingWebhookConfiguration
	Policies   []netv1.NetworkPolicy
	Namespaces []corev1.Namespace
	Budgets    []policyv1.PodDisruptionBudget
	Solvers    []Solver
	Challenges []Challenge
	ConfigMaps map[string]map[string]string // by namespace/name: those that flags name and that exist
	MayWrite   map[string]bool              // by ServiceAccount and namespace: status of Ingresses
	Unchecked  []Unchecked
}

// Unchecked is what could not be read.
type Unchecked struct {
	What   string `json:"what"`
	Reason string `json:"reason"`
}

// because explains an absence by what could not be read.
func (w *World) because(kinds ...string) string {
	for _, u := range w.Unchecked {
		if slices.Contains(kinds, u.What) {
			return fmt.Sprintf(" (%s could not be read: %s)", u.What, u.Reason)
		}
	}
	return ""
}

// each lists a kind page by page. What is forbidden is noted and is no failure.
func each[T any](ctx context.Context, w *World, what string, list func(context.Context, metav1.ListOptions) (next string, items []T, err error), take func(T)) error {
	options := metav1.ListOptions{Limit: 500}
	for {
		next, items, err := list(ctx, options)
		if apierrors.IsNotFound(err) { // a kind of its own that is not installed: there is nothing to check
			return nil
		}
		if apierrors.IsForbidden(err) {
			w.Unchecked = append(w.Unchecked, Unchecked{what, "listing is forbidden"})
			return nil
		}
		if err != nil {
			return fmt.Errorf("list %s: %w", what, err)
		}
		for _, item := range items {
			take(item)
		}
		if options.Continue = next; next == "" {
			return nil
		}
	}
}

// Read reads the cluster once. Only failures of the API server are errors.
func Read(ctx context.Context, k kubernetes.Interface) (*World, error) {
	w := &World{ConfigMaps: map[string]map[string]string{}, MayWrite: map[string]bool{}}
	for _, read := range []func(context.Context, kubernetes.Interface) error{w.readWorkloads, w.readCore, w.readNetworking, w.readPolicy, w.readCertManager, w.readSettings, w.readRights} {
		if err := read(ctx, k); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *World) readSettings(ctx context.Context, k kubernetes.Interface) error {
	for _, name := range w.named() {
		namespace, short, ok := strings.Cut(name, "/")
		if !ok {
			continue
		}
		c, err := k.CoreV1().ConfigMaps(namespace).Get(ctx, short, metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err):
		case apierrors.IsForbidden(err):
			w.Unchecked = append(w.Unchecked, Unchecked{"ConfigMap " + name, "reading it is forbidden"})
		case err != nil:
			return fmt.Errorf("read ConfigMap %s: %w", name, err)
		default:
			w.ConfigMaps[name] = c.Data
		}
	}
	return nil
}

// named are the ConfigMaps that the flags of both controllers name.
func (w *World) named() []string {
	seen := map[string]bool{}
	w.controllers(func(load Workload, words []string) {
		for _, name := range []string{"configmap", "tcp-services-configmap", "udp-services-configmap"} {
			if value, given := flag(words, name, valued); given && value != "" {
				seen[value] = true
			}
		}
	})
	return sorted(seen)
}

func (w *World) controllers(visit func(Workload, []string)) {
	for _, load := range w.Workloads {
		for _, c := range load.Template.Spec.Containers {
			for _, is := range []runs{runsOld, runsNew} {
				if words, ok := is(load.Namespace, c); ok {
					visit(load, words)
				}
			}
		}
	}
}

// readRights asks whether Hawser may write status, which a chart that was told not to write it does not allow.
func (w *World) readRights(ctx context.Context, k kubernetes.Interface) error {
	var err error
	w.controllers(func(load Workload, words []string) {
		namespace, _ := flag(words, "watch-namespace", valued)
		account := accountOf(load)
		key := account + " " + namespace
		if _, known := w.MayWrite[key]; known || err != nil {
			return
		}
		allowed := true
		for _, verb := range []string{"patch", "update"} {
			review := &authv1.SubjectAccessReview{Spec: authv1.SubjectAccessReviewSpec{
				User:   "system:serviceaccount:" + strings.Replace(account, "/", ":", 1),
				Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + load.Namespace, "system:authenticated"},
				ResourceAttributes: &authv1.ResourceAttributes{
					Namespace: namespace, Verb: verb, Group: "networking.k8s.io", Resource: "ingresses", Subresource: "status",
				},
			}}
			answer, failure := k.AuthorizationV1().SubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
			if apierrors.IsForbidden(failure) {
				w.Unchecked = append(w.Unchecked, Unchecked{"rights of ServiceAccount " + account, "asking for them is forbidden"})
				return
			}
			if failure != nil {
				err = fmt.Errorf("ask for the rights of ServiceAccount %s: %w", account, failure)
				return
			}
			allowed = allowed && answer.Status.Allowed
		}
		w.MayWrite[key] = allowed
	})
	return err
}

func accountOf(load Workload) string {
	name := load.Template.Spec.ServiceAccountName
	if name == "" {
		name = "default"
	}
	return load.Namespace + "/" + name
}

// raw lists a kind that this program has no types of.
func raw(ctx context.Context, k kubernetes.Interface, path string, o metav1.ListOptions, into any) error {
	client := k.Discovery().RESTClient()
	if client == nil {
		return errors.New("there is no connection")
	}
	data, err := client.Get().AbsPath(path).SetHeader("Accept", "application/json").
		Param("limit", fmt.Sprint(o.Limit)).Param("continue", o.Continue).DoRaw(ctx)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}
