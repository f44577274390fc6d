package status

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
)

// Pods finds the replicas of this program: the pods with its own pod's labels. The zero Namespace or Name means that
// it does not run in a pod.
type Pods struct {
	Client          kubernetes.Interface
	Namespace, Name string
}

// Known reports whether this program knows its pod.
func (p Pods) Known() bool { return p.Namespace != "" && p.Name != "" }

// Running are the pods that run and are not about to end, this one included.
func (p Pods) Running(ctx context.Context) ([]corev1.Pod, error) {
	if !p.Known() {
		return nil, fmt.Errorf("POD_NAME and POD_NAMESPACE are not set, so the other replicas are not known")
	}
	own, err := p.Client.CoreV1().Pods(p.Namespace).Get(ctx, p.Name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read the own pod: %w", err)
	}
	alike := labels.Set{}
	for key, value := range own.Labels {
		switch key {
		case "pod-template-hash", "controller-revision-hash", "pod-template-generation",
			"apps.kubernetes.io/pod-index", "statefulset.kubernetes.io/pod-name":
		default:
			alike[key] = value
		}
	}
	if len(alike) == 0 {
		return []corev1.Pod{*own}, nil
	}
	list, err := p.Client.CoreV1().Pods(p.Namespace).List(ctx, metav1.ListOptions{LabelSelector: alike.String()})
	if err != nil {
		return nil, fmt.Errorf("list the replicas: %w", err)
	}
	var out []corev1.Pod
	for _, pod := range list.Items {
		if pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil || pod.Name == p.Name {
			out = append(out, pod)
		}
	}
	return out, nil
}

// last reports whether no other replica stays. A program that is in no pod is the only one.
func (p Pods) last(ctx context.Context) (bool, error) {
	if !p.Known() {
		return true, nil
	}
	running, err := p.Running(ctx)
	return len(running) <= 1, err
}
