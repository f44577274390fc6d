package controller_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestShadowLeavesNoTrace serves beside somebody else, and writes nothing, whatever else its flags say.
func TestShadowLeavesNoTrace(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.create(t, ingress(ns, "good", "good.example", "web"), ingress(ns, "bad", "bad.example", "web", annotated("ssl-redirekt", "false")))
	asPod(t, ns, "hawser-0")
	flags := []string{"--publish-status-address=192.0.2.9", "--election-ttl=2s", "--update-status=true"}
	h := w.admin(t, append(flags, "--shadow")...)
	h.Expect(t, "good.example", "/", 200, "one")
	time.Sleep(3 * time.Second) // what follows shows that this is long enough
	traces := func() (leases, events int, status string) {
		l, err := w.k.CoordinationV1().Leases(ns).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if status, err = w.status(t, ns, "good"); err != nil {
			t.Fatal(err)
		}
		return len(l.Items), len(w.events(t, ns, "bad")), status
	}
	if leases, events, status := traces(); leases != 0 || events != 0 || status != "" {
		t.Errorf("%d Leases, %d Events, status %q", leases, events, status)
	}
	h.Stop(t)

	h = w.admin(t, flags...)
	h.Expect(t, "good.example", "/", 200, "one")
	time.Sleep(3 * time.Second)
	if leases, events, status := traces(); leases != 1 || events != 1 || status != "192.0.2.9" {
		t.Errorf("without --shadow: %d Leases, %d Events, status %q", leases, events, status)
	}
}
