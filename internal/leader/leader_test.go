package leader

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// TestHandOver has two replicas share a Lease: the second leads after the first gave it back, never beside it.
func TestHandOver(t *testing.T) {
	client := fake.NewClientset()
	var mu sync.Mutex
	leading, most := 0, 0
	count := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		leading += n
		most = max(most, leading)
	}
	replica := func(name string) (elected <-chan struct{}, stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		up, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			err := Run(ctx, Options{
				Client: client, Namespace: "hawser", Name: "hawser-leader", Identity: name,
				TTL: 2 * time.Second, Log: slog.New(slog.DiscardHandler),
			}, func(ctx context.Context) {
				count(1)
				close(up)
				<-ctx.Done()
				time.Sleep(50 * time.Millisecond) // the last work of a leader
				count(-1)
			})
			if err != nil {
				t.Error(err)
			}
		}()
		return up, func() { cancel(); <-done }
	}
	first, stopFirst := replica("a")
	<-first
	second, stopSecond := replica("b")
	defer stopSecond()
	select {
	case <-second:
		t.Fatal("two leaders")
	case <-time.After(time.Second):
	}
	began := time.Now()
	stopFirst()
	select {
	case <-second:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody took over")
	}
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("the hand-over took %s, as long as without giving the Lease back", d)
	}
	if most != 1 {
		t.Errorf("%d led at once", most)
	}
	lease, err := client.CoordinationV1().Leases("hawser").Get(t.Context(), "hawser-leader", metav1.GetOptions{})
	if err != nil || *lease.Spec.HolderIdentity != "b" {
		t.Errorf("the lease is %v, %v", lease, err)
	}
}
