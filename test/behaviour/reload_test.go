package behaviour

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestReloadsUnderLoad keeps 1,000 requests in flight while the configuration is reloaded 20 times. None fails: each
// is answered in full by the backend.
func TestReloadsUnderLoad(t *testing.T) {
	const inFlight, reloads = 1000, 20
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(300 * time.Millisecond)
		fmt.Fprint(w, "answered")
	}))
	defer backend.Close()
	base := Backend("slow", backend.Listener.Addr().String()) + Ingress("slow", "slow.test", "slow", nil)
	// The path of a client-certificate policy is in the frame of the configuration: it can't change at run time.
	other := func(n int) string {
		if n%2 == 0 {
			return ""
		}
		return Ingress("closed", "closed.test", "slow", []string{"auth-tls-secret: default/absent"})
	}
	s := Start(t, base, "http://slow.test/", "--reload-interval", "50ms")

	var failures, answers atomic.Int64
	var first atomic.Value
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for i := range inFlight {
		client := s.Client()
		client.Transport.(*http.Transport).DisableKeepAlives = i%2 == 0
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := get(client, "http://slow.test/"); err != nil {
					failures.Add(1)
					first.CompareAndSwap(nil, err)
				}
				answers.Add(1)
			}
		})
	}
	live := func() int { return strings.Count(s.Log(), "Configuration is live") }
	for n := 1; n <= reloads; n++ {
		before := live()
		s.Write(base + other(n))
		s.Await(func() bool { return live() > before })
	}
	close(stop)
	clients.Wait()
	if failures.Load() > 0 || answers.Load() < inFlight {
		t.Errorf("%d of %d requests failed; the first: %v", failures.Load(), answers.Load(), first.Load())
	}
}

func get(client *http.Client, url string) error {
	answer, err := client.Get(url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %s", answer.Status)
	}
	data, err := io.ReadAll(answer.Body)
	if err == nil && string(data) != "answered" {
		err = fmt.Errorf("body %q", data)
	}
	return err
}
