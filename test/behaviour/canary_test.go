package behaviour

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// named starts a backend that answers with its name.
func named(t testing.TB, name string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, name) }))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// visit sends a request with headers, "Name: value", and returns the body and the cookies of the answer.
func visit(t testing.TB, client *http.Client, url string, headers ...string) (string, []*http.Cookie) {
	t.Helper()
	answer, body := fetch(t, client, url, headers...)
	return string(body), answer.Cookies()
}

// count sends n requests and tells how many of them a backend answered.
func count(t testing.TB, s *Site, url, name string, n int) int {
	t.Helper()
	const clients = 8
	var wg sync.WaitGroup
	var mu sync.Mutex // guards got
	got := 0
	for range clients {
		wg.Go(func() {
			client := s.Client()
			defer client.CloseIdleConnections()
			mine := 0
			for range n / clients {
				if body, _ := visit(t, client, url); body == name {
					mine++
				}
			}
			mu.Lock()
			got += mine
			mu.Unlock()
		})
	}
	wg.Wait()
	return got
}

// TestCanaryWeight counts 10,000 requests for each weight: the part of the canary is within four standard deviations.
// A new weight needs no reload.
func TestCanaryWeight(t *testing.T) {
	const n = 10000
	backends := Backend("a", named(t, "a")) + Backend("b", named(t, "b")) + Ingress("main", "w.test", "a", nil)
	weight := func(w, total int) string {
		return backends + Ingress("next", "w.test", "b", []string{`canary: "true"`, fmt.Sprintf(`canary-weight: "%d"`, w), fmt.Sprintf(`canary-weight-total: "%d"`, total)})
	}
	s := Start(t, weight(0, 100), "http://w.test/")
	client := s.Client()
	defer client.CloseIdleConnections()
	if got := count(t, s, "http://w.test/", "b", 1000); got != 0 {
		t.Errorf("with weight 0 the canary got %d requests", got)
	}
	s.Await(func() bool { return reloads(s) > 0 })
	before := reloads(s)
	for _, c := range []struct {
		weight, total int
		part          float64
	}{{1, 100, 0.01}, {30, 100, 0.3}, {700, 1000, 0.7}, {20, 50, 0.2}} {
		s.Write(weight(c.weight, c.total))
		want := fmt.Sprintf("%d of %d", c.weight, c.total)
		s.Await(func() bool { // enough requests to tell the weights of this list apart
			return math.Abs(float64(count(t, s, "http://w.test/", "b", 1600))-1600*c.part) < 5*math.Sqrt(1600*c.part*(1-c.part))
		})
		got := count(t, s, "http://w.test/", "b", n)
		if off := math.Abs(float64(got) - n*c.part); off > 4*math.Sqrt(n*c.part*(1-c.part)) {
			t.Errorf("weight %s: the canary got %d of %d requests", want, got, n)
		}
	}
	s.Write(weight(100, 100))
	s.Await(func() bool { return count(t, s, "http://w.test/", "b", 160) == 160 })
	if got := count(t, s, "http://w.test/", "b", 1000); got != 1000 {
		t.Errorf("with weight 100 the canary got %d of 1000 requests", got)
	}
	if now := reloads(s); now != before {
		t.Errorf("a new weight was a reload:\n%s", s.Log())
	}
}

// TestCanaryOwner: the log names the Ingress whose backend answered, and the policy is that of the other Ingress.
func TestCanaryOwner(t *testing.T) {
	s := Start(t, Backend("a", named(t, "a"))+Backend("b", named(t, "b"))+
		Ingress("main", "o.test", "a", []string{`permanent-redirect-code: "301"`, `denylist-source-range: "127.0.0.9/32"`})+
		Ingress("next", "o.test", "b", []string{`canary: "true"`, `canary-by-header: "X-Canary"`, `denylist-source-range: "127.0.0.0/8"`}),
		"http://o.test/")
	client := s.Client()
	defer client.CloseIdleConnections()
	if body, _ := visit(t, client, "http://o.test/for-the-canary", "X-Canary: always"); body != "b" {
		t.Errorf("%q answered what is for the canary", body)
	}
	if body, _ := visit(t, client, "http://o.test/not-for-it", "X-Canary: never"); body != "a" {
		t.Errorf("%q answered what is not for the canary", body)
	}
	s.Await(func() bool {
		owners := map[string]bool{}
		for line := range strings.Lines(s.Log()) {
			for _, want := range []string{"for-the-canary next", "not-for-it main"} {
				path, ingress, _ := strings.Cut(want, " ")
				owners[want] = owners[want] || strings.Contains(line, "/"+path) && strings.Contains(line, "/"+ingress+" service=")
			}
		}
		return owners["for-the-canary next"] && owners["not-for-it main"]
	})
}
