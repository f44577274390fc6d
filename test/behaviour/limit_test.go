package behaviour

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// burst sends requests one after the other and counts those that are served.
func burst(t *testing.T, client *http.Client, n int, url string, headers ...string) (served int) {
	t.Helper()
	for range n {
		if status(t, client, url, headers...) == 200 {
			served++
		}
	}
	return served
}

// within is a number that a machine under load may shift upwards, because time goes on during a burst.
func within(t *testing.T, what string, got, low, high int) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s: %d are served, want %d to %d", what, got, low, high)
	}
}

func TestRates(t *testing.T) {
	s := Start(t, Backend("a", Echo(t, "a"))+
		Ingress("rpm", "rpm.test", "a", []string{`limit-rpm: "2"`}, "/x", "/y")+
		Ingress("other", "other.test", "a", []string{`limit-rpm: "2"`})+
		Ingress("multiplier", "multiplier.test", "a", []string{`limit-rpm: "2"`, `limit-burst-multiplier: "1"`})+
		Ingress("exempt", "exempt.test", "a", []string{`limit-rpm: "1"`, `limit-allowlist: "127.50.0.0/16"`})+
		Ingress("older", "older.test", "a", []string{`limit-rpm: "1"`, `limit-whitelist: "127.50.0.0/16"`})+
		Ingress("zero", "zero.test", "a", []string{`limit-rpm: "0"`, `limit-rps: "-1"`}),
		"http://zero.test/")
	client := s.Client()
	within(t, "both paths of an Ingress together", burst(t, client, 6, "http://rpm.test/x")+burst(t, client, 8, "http://rpm.test/y"), 11, 12)
	within(t, "another Ingress", burst(t, client, 14, "http://other.test/"), 11, 12)
	within(t, "another client", burst(t, from(s, "127.50.0.1"), 14, "http://rpm.test/x"), 11, 12)
	within(t, "a multiplier of 1", burst(t, client, 8, "http://multiplier.test/"), 3, 4)
	within(t, "a client that is exempt", burst(t, from(s, "127.50.0.1"), 12, "http://exempt.test/"), 12, 12)
	within(t, "one that is not", burst(t, client, 12, "http://exempt.test/"), 6, 7)
	within(t, "a client that is exempt by the older name", burst(t, from(s, "127.50.0.1"), 12, "http://older.test/"), 12, 12)
	within(t, "no limit", burst(t, client, 20, "http://zero.test/"), 20, 20)
}

// TestRatesOutliveReloads: who has used up a burst has not got another one after a reload. HAProxy 2.6 can't hand over what
// it has counted.
func TestRatesOutliveReloads(t *testing.T) {
	t.Parallel()
	version, err := exec.Command(HAProxy(), "-v").Output()
	if err != nil {
		t.Fatal(err)
	}
	least, most := 0, 1
	if strings.Contains(string(version), "version 2.6") {
		least, most = 11, 12
	}
	site := func(n int) string {
		return Backend("a", Echo(t, "a")) + Ingress("rpm", "rpm.test", "a", []string{`limit-rpm: "2"`}) +
			Ingress("other", "other.test", "a", []string{fmt.Sprintf("rewrite-target: /%d", n)})
	}
	s := Start(t, site(0), "http://other.test/", "--reload-interval", "10ms")
	client := from(s, "127.50.0.1")
	within(t, "before", burst(t, client, 14, "http://rpm.test/"), 11, 12)
	for n := range 2 {
		loaded := strings.Count(s.Log(), "Configuration is live")
		s.Write(site(n + 1))
		s.Await(func() bool { return strings.Count(s.Log(), "Configuration is live") > loaded })
		time.Sleep(500 * time.Millisecond) // what was counted is on its way
		client.CloseIdleConnections()
		within(t, fmt.Sprintf("after reload %d", n+1), burst(t, client, 14, "http://rpm.test/"), least, most)
	}
	// another rate is counted in other ticks
	s.Write(strings.Replace(site(2), `limit-rpm: "2"`, `limit-rps: "100"`, 1))
	s.Await(func() bool { return status(t, client, "http://rpm.test/") == 200 })
	within(t, "another rate", burst(t, client, 30, "http://rpm.test/"), 30, 30)
}

// TestRateRefills: behind a burst, a request passes whenever its time has come, and what was refused did not delay it.
func TestRateRefills(t *testing.T) {
	s := Start(t, Backend("a", Echo(t, "a"))+Backend("plain", Echo(t, "plain"))+Ingress("plain", "plain.test", "plain", nil)+
		Ingress("rps", "rps.test", "a", []string{`limit-rps: "5"`, `limit-burst-multiplier: "1"`}), "http://plain.test/")
	client := s.Client()
	began := time.Now()
	served := 0
	for time.Since(began) < 3*time.Second {
		served += burst(t, client, 1, "http://rps.test/")
	}
	elapsed := time.Since(began).Seconds()
	within(t, "a flood of three seconds", served, int(6+5*elapsed)-2, int(6+5*elapsed)+1)
}

func TestLimitSettings(t *testing.T) {
	s := Start(t, Backend("a", Echo(t, "a"))+
		settings(`limit-req-status-code: "429"`, `limit-conn-status-code: "420"`, `limit-conn-zone-variable: $http_x_api_key`)+
		Ingress("rate", "rate.test", "a", []string{`limit-rpm: "1"`, `limit-burst-multiplier: "1"`})+
		Ingress("busy", "busy.test", "a", []string{`limit-connections: "1"`}),
		"http://rate.test/", "--configmap", "default/settings")
	client := s.Client()
	for _, key := range []string{"X-Api-Key: one", "X-Api-Key: two"} {
		within(t, key, burst(t, client, 5, "http://rate.test/", key), 2, 3)
		if got := status(t, client, "http://rate.test/", key); got != 429 {
			t.Errorf("a request above the rate is answered by %d, want 429", got)
		}
	}
	within(t, "no key", burst(t, client, 8, "http://rate.test/"), 8, 8)
	if got := parallel(t, client, 3, "http://busy.test/delay/1", "X-Api-Key: one"); got != "map[200:1 420:2]" {
		t.Errorf("three requests at once are answered by %s", got)
	}
	if got := parallel(t, client, 3, "http://busy.test/delay/1"); got != "map[200:3]" {
		t.Errorf("three requests without a key are answered by %s", got)
	}
}

// parallel sends requests at once and counts the answers by status.
func parallel(t *testing.T, client *http.Client, n int, url string, headers ...string) string {
	t.Helper()
	var mu sync.Mutex // guards got
	got := map[int]int{}
	var group sync.WaitGroup
	for range n {
		group.Go(func() {
			code := status(t, client, url, headers...)
			mu.Lock()
			defer mu.Unlock()
			got[code]++
		})
	}
	group.Wait()
	return fmt.Sprint(got)
}

// TestIdleConnectionsAreNotCounted: only requests under way are.
func TestIdleConnectionsAreNotCounted(t *testing.T) {
	s := Start(t, Backend("a", Echo(t, "a"))+Ingress("a", "a.test", "a", []string{`limit-connections: "2"`}), "http://a.test/")
	var idle []*http.Client
	for range 5 {
		client := s.Client()
		if got := status(t, client, "http://a.test/"); got != 200 {
			t.Errorf("with %d idle connections a request is answered by %d", len(idle), got)
		}
		idle = append(idle, client)
	}
	if got := parallel(t, s.Client(), 4, "http://a.test/delay/1"); got != "map[200:2 503:2]" {
		t.Errorf("four requests at once are answered by %s", got)
	}
}

// TestBandwidth: with HAProxy 2.6 nothing is limited, and Hawser says so.
func TestBandwidth(t *testing.T) {
	s := Start(t, Backend("a", Echo(t, "a"))+
		Ingress("slow", "slow.test", "a", []string{`limit-rate: "20"`, `proxy-buffering: "on"`})+
		Ingress("after", "after.test", "a", []string{`limit-rate: "20"`, `limit-rate-after: "20"`, `proxy-buffering: "on"`})+
		Ingress("unbuffered", "unbuffered.test", "a", []string{`limit-rate: "1"`}), "http://unbuffered.test/")
	version, err := exec.Command(HAProxy(), "-v").Output()
	if err != nil {
		t.Fatal(err)
	}
	old := strings.Contains(string(version), "version 2.6")
	for _, c := range []struct {
		url       string
		low, high float64
	}{
		{"http://slow.test/", 1.5, 4}, // 40 KB at 20 KB/s, the first of which is a second's worth
		{"http://after.test/", 0.7, 2.5},
		{"http://unbuffered.test/", 0, 0.7},
	} {
		if old {
			c.low, c.high = 0, 0.7
		}
		if took := download(t, s.Client(), c.url, 60<<10).Seconds(); took < c.low || took > c.high {
			t.Errorf("%s takes %.1f s, want %.1f to %.1f", c.url, took, c.low, c.high)
		}
	}
	if !strings.Contains(s.Log(), "HAProxy 2.6 has no such limit") || !strings.Contains(s.Log(), "the limit counts only with proxy-buffering") ||
		!strings.Contains(s.Log(), "limit-rate-after: A response of known length") {
		t.Errorf("nothing is said of limits that are not kept:\n%s", s.Log())
	}
}

func download(t *testing.T, client *http.Client, url string, size int) time.Duration {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Echo-Body-Size", fmt.Sprint(size))
	began := time.Now()
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if n, err := io.Copy(io.Discard, answer.Body); err != nil || n != int64(size) {
		t.Fatalf("%s sends %d bytes: %v", url, n, err)
	}
	return time.Since(began)
}
