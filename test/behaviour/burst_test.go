package behaviour

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestMoreRoutesThanSparesAreOneReload: the spare backends serve as many new routes as there are; the one more is a reload
// with its reason, and then there are as many spares again.
func TestMoreRoutesThanSparesAreOneReload(t *testing.T) {
	t.Parallel()
	const spares = 256
	app := Backend("app", Echo(t, "app"))
	routes := func(first, n int) string {
		var b strings.Builder
		for i := first; i < first+n; i++ {
			b.WriteString(Ingress(fmt.Sprintf("r%d", i), fmt.Sprintf("r%d.test", i), "app", nil))
		}
		return b.String()
	}
	s := Start(t, app+Ingress("web", "web.test", "app", nil), "http://web.test/", "--reload-interval", "10ms", "--admin-address", freeAddress(t))
	const reason = "no spare backend is left"
	web := app + Ingress("web", "web.test", "app", nil)
	served := func(n int) func() bool {
		return func() bool { return s.Status(fmt.Sprintf("http://r%d.test/", n)) == 200 }
	}
	s.Write(web + routes(0, spares))
	s.Await(served(spares - 1))
	if n := s.reloads(reason, "success"); n > 0 {
		t.Fatalf("%d reloads for as many routes as there are spares", n)
	}
	s.Write(web + routes(0, spares+1))
	s.Await(served(spares))
	s.Await(func() bool { return s.reloads(reason, "success") == 1 })
	s.Write(web + routes(0, 2*spares+1)) // the routes before have backends of their own names now
	s.Await(served(2 * spares))
	for _, n := range []int{0, spares - 1, spares, spares + 1} {
		if !served(n)() {
			t.Errorf("route %d is not served", n)
		}
	}
	if all := s.allReloads(); fmt.Sprint(all) != fmt.Sprint(map[string]int{"start": 1, reason: 1}) {
		t.Errorf("reloads: %v", all)
	}
}

// TestReloadsShareAnInterval: the first change is made at once, those that come within the interval share a reload at its
// end.
func TestReloadsShareAnInterval(t *testing.T) {
	t.Parallel()
	const interval = 3 * time.Second
	app := Backend("app", Echo(t, "app"))
	manifests := app + Ingress("web", "web.test", "app", nil)
	s := Start(t, manifests, "http://web.test/", "--reload-interval", interval.String(), "--admin-address", freeAddress(t))
	time.Sleep(interval) // the start counts, too
	const reason = "new route with rules of its own"
	begin := time.Now()
	for n := range 4 {
		manifests += Ingress(fmt.Sprintf("r%d", n), fmt.Sprintf("r%d.test", n), "app", []string{fmt.Sprintf(`proxy-read-timeout: "%d"`, 100+n)})
		s.Write(manifests)
		if n == 0 {
			s.Await(func() bool { return s.Status("http://r0.test/") == 200 })
			if took := time.Since(begin); took >= interval {
				t.Errorf("the first change waits for %v", took)
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.Await(func() bool { return s.Status("http://r3.test/") == 200 && s.Status("http://r1.test/") == 200 })
	if took := time.Since(begin); took < interval {
		t.Errorf("the second reload is there after %v", took)
	}
	s.Await(func() bool { return s.reloads(reason, "success") == 2 })
}
