package chart_test

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestChart installs every variant into a cluster, one after the other, each into a namespace that enforces the
// restricted pod security.
func TestChart(t *testing.T) {
	c := cluster.Start(t)
	a := newApplier(t, c)
	a.defineForeign(t)
	k := c.Client(t)
	for _, variant := range variants(t) {
		t.Run(variant, func(t *testing.T) {
			if _, err := helm(t, "lint", "--strict", chartDir(t), "--values", valuesFile(variant)); err != nil {
				t.Error(err)
			}
			namespace := c.Namespace(t, map[string]string{"pod-security.kubernetes.io/enforce": "restricted"})
			objects := render(t, variant, namespace)
			a.install(t, objects)
			for _, pod := range podsOf(t, objects) {
				admitted(t, k, namespace, variant, pod)
			}
		})
	}
}

// podsOf are the pods that the workloads of a variant would make.
func podsOf(t *testing.T, objects rendered) []*corev1.Pod {
	t.Helper()
	var pods []*corev1.Pod
	for _, o := range objects {
		var template corev1.PodTemplateSpec
		switch o.GetKind() {
		case "Deployment":
			var workload appsv1.Deployment
			objects.object(t, o.GetKind(), o.GetName(), &workload)
			template = workload.Spec.Template
		case "DaemonSet":
			var workload appsv1.DaemonSet
			objects.object(t, o.GetKind(), o.GetName(), &workload)
			template = workload.Spec.Template
		default:
			continue
		}
		template.Name = o.GetName()
		pods = append(pods, &corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec})
	}
	if len(pods) == 0 {
		t.Fatal("the chart runs nothing")
	}
	return pods
}

// admitted asks the API server to create the pod without doing it. Only variants that take the node's ports or
// network may be refused, and they must be.
func admitted(t *testing.T, k kubernetes.Interface, namespace, variant string, pod *corev1.Pod) {
	t.Helper()
	_, err := k.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{
		DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict,
	})
	if !slices.Contains([]string{"daemonset-hostnetwork", "daemonset-hostport"}, variant) {
		if err != nil {
			t.Errorf("a pod of %s is refused: %v", pod.Name, err)
		}
		return
	}
	if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "restricted") {
		t.Errorf("a pod with the node's ports passed the restricted pod security: %v", err)
	}
}
