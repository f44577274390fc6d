package kube

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// TestNoChangeIsHidden has an object come while a Load is about to find out that it is referred to: it wakes
// nobody, so that Load has to show it.
func TestNoChangeIsHidden(t *testing.T) {
	s, w := known(t)
	load := func() *snapshot.Objects {
		objects, _, err := s.Load()
		if err != nil {
			t.Error(err)
			return &snapshot.Objects{}
		}
		return objects
	}
	last, _ := (&snapshot.Snapshot{}).Next(*load(), s.Settings)
	_ = w.ingresses.Update(ingress("web", "nginx"))
	woken(s)

	w.configMaps.mu.Lock() // Load stops here: before it knows what the Ingress refers to
	done := make(chan *snapshot.Objects)
	go func() { done <- load() }()
	time.Sleep(50 * time.Millisecond)
	meta := metav1.ObjectMeta{Namespace: "shop", Name: "web"}
	_ = w.services.Update(&corev1.Service{ObjectMeta: meta})
	slice := &discoveryv1.EndpointSlice{ObjectMeta: meta}
	slice.Labels = map[string]string{discoveryv1.LabelServiceName: "web"}
	_ = w.slices.Update(slice)
	w.configMaps.mu.Unlock()

	last, _ = last.Next(*<-done, s.Settings)
	if found := last.Service("shop", "web") != nil && len(last.EndpointSlices("shop", "web")) == 1; !found && !woken(s) {
		t.Error("the Service and its slice are not seen, and nothing says that there is more to see")
	}
}
