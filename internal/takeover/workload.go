package takeover

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Workload is a Deployment or a DaemonSet.
type Workload struct {
	Kind string
	metav1.ObjectMeta
	Selector              *metav1.LabelSelector
	Template              corev1.PodTemplateSpec
	Gapless               bool // a rollout starts a new pod before it ends the last old one
	Wanted                int32
	Total, Updated, Ready int32
	observed              int64
}

// Key is how the workload is called in messages.
func (w *Workload) Key() string { return w.Kind + " " + w.Namespace + "/" + w.Name }

// Ref names it in findings.
func (w *Workload) Ref() issue.Ref {
	return issue.Ref{Kind: w.Kind, Namespace: w.Namespace, Name: w.Name}
}

// Settled reports whether all of its pods are there as the template wants them, and no others.
func (w *Workload) Settled() bool {
	return w.observed >= w.Generation && w.Updated >= w.Wanted && w.Ready >= w.Wanted && w.Total == w.Wanted
}

func (w *Workload) owns(p *corev1.Pod) bool {
	s, err := metav1.LabelSelectorAsSelector(w.Selector)
	return err == nil && p.Namespace == w.Namespace && !s.Empty() && s.Matches(labels.Set(p.Labels))
}

func ofDeployment(d *appsv1.Deployment) Workload {
	w := Workload{
		Kind: "Deployment", ObjectMeta: d.ObjectMeta, Selector: d.Spec.Selector, Template: d.Spec.Template, Wanted: 1,
		Total: d.Status.Replicas, Updated: d.Status.UpdatedReplicas, Ready: d.Status.ReadyReplicas, observed: d.Status.ObservedGeneration,
	}
	if d.Spec.Replicas != nil {
		w.Wanted = *d.Spec.Replicas
	}
	rolling := d.Spec.Strategy.RollingUpdate
	w.Gapless = d.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType
	if w.Gapless && w.Wanted == 1 && rolling != nil && rolling.MaxUnavailable != nil {
		// Of one replica a percentage below 100 is none, so that the new pod comes first.
		w.Gapless = rolling.MaxUnavailable.IntValue() == 0 && rolling.MaxUnavailable.StrVal != "100%"
	}
	return w
}

func ofDaemonSet(d *appsv1.DaemonSet) Workload {
	s := d.Status
	return Workload{
		Kind: "DaemonSet", ObjectMeta: d.ObjectMeta, Selector: d.Spec.Selector, Template: d.Spec.Template,
		Gapless: s.DesiredNumberScheduled > 1, Wanted: s.DesiredNumberScheduled, Total: s.CurrentNumberScheduled,
		Updated: s.UpdatedNumberScheduled, Ready: s.NumberReady, observed: s.ObservedGeneration,
	}
}
