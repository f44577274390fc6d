package controller_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestOutage stops the API server under traffic and brings it back: no request fails, nothing that was served goes
// away, and what changed meanwhile is followed afterwards.
func TestOutage(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.create(t, ingress(ns, "web", "web.example", "web"))
	h := w.admin(t, "--publish-status-address=192.0.2.1", "--election-ttl=4s", "--status-update-interval=5")
	w.expectStatus(t, ns, "web", "192.0.2.1")

	traffic := drive(h, "web.example", "one")
	w.StopAPIServer(t)
	time.Sleep(8 * time.Second) // longer than the Lease: the leader steps down meanwhile
	if status, body, err := h.Fetch("web.example", "/"); err != nil || status != 200 || body != "one" {
		t.Errorf("without the API server: %d %q, %v", status, body, err)
	}
	w.StartAPIServer(t)
	began := time.Now()
	w.create(t, ingress(ns, "after", "after.example", "web"))
	h.Expect(t, "after.example", "/", 200, "one")
	t.Logf("an Ingress made right after the outage was live after %s", time.Since(began).Round(10*time.Millisecond))
	w.expectStatus(t, ns, "after", "192.0.2.1")
	requests, failures := traffic()
	t.Logf("%d requests during the outage", requests)
	if requests < 100 || len(failures) > 0 {
		t.Errorf("%d of %d requests failed, such as %v", len(failures), requests, failures[:min(3, len(failures))])
	}
	// What was deleted while the controller could not see it goes away as well.
	h.Stop(t)
	if got, err := w.status(t, ns, "web"); err != nil || got != "" {
		t.Errorf("after the end of the only replica the status is %q, %v", got, err)
	}
}

// TestDeletionDuringOutage uses the time in which the API server is back and the controller has not noticed.
func TestDeletionDuringOutage(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.create(t, ingress(ns, "web", "web.example", "web"), ingress(ns, "stay", "stay.example", "web"))
	h := w.admin(t, "--update-status=false")
	w.StopAPIServer(t)
	time.Sleep(time.Second)
	w.StartAPIServer(t)
	if err := w.k.NetworkingV1().Ingresses(ns).Delete(t.Context(), "web", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	h.Expect(t, "web.example", "/", 404, "")
	h.Expect(t, "stay.example", "/", 200, "one")
}

// drive sends requests one after the other until the returned function is called.
func drive(h *cluster.Hawser, host, want string) (stop func() (int, []error)) {
	var work sync.WaitGroup
	quit := make(chan struct{})
	requests, failures := 0, []error(nil)
	work.Go(func() {
		for {
			select {
			case <-quit:
				return
			case <-time.After(10 * time.Millisecond):
			}
			requests++
			if status, body, err := h.Fetch(host, "/"); err != nil || status != http.StatusOK || body != want {
				failures = append(failures, fmt.Errorf("%d %q %w", status, body, err))
			}
		}
	})
	return func() (int, []error) {
		close(quit)
		work.Wait()
		return requests, failures
	}
}
