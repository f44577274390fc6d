package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// zoneOfPod is the zone of the node that this pod runs on. Without it every endpoint is used, which is told: it is no
// reason not to serve.
func zoneOfPod(client kubernetes.Interface, namespace string, log *slog.Logger) string {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	zone, err := findZone(ctx, client, namespace, os.Getenv("POD_NAME"))
	if err != nil {
		log.Warn("--enable-topology-aware-routing has no effect: the zone is not known; --topology-zone names it", "error", err)
		return ""
	}
	log.Info("Endpoints of the own zone are preferred", "zone", zone)
	return zone
}

func findZone(ctx context.Context, client kubernetes.Interface, namespace, name string) (string, error) {
	if name == "" {
		return "", fmt.Errorf("find the pod: POD_NAME is not set")
	}
	pod, err := client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("find the pod: %w", err)
	}
	node, err := client.CoreV1().Nodes().Get(ctx, pod.Spec.NodeName, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("find the node: %w", err)
	}
	zone := node.Labels[corev1.LabelTopologyZone]
	if zone == "" {
		return "", fmt.Errorf("node %s has no label %s", node.Name, corev1.LabelTopologyZone)
	}
	return zone, nil
}
