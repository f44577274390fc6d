package cluster

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// namespace is a new namespace whose name starts with base.
func namespace(base string, labels map[string]string) *corev1.Namespace {
	const most = 40 // leaves room for the random end within the 63 characters of a name
	if len(base) > most {
		base = base[:most]
	}
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: base + "-", Labels: labels}}
}
