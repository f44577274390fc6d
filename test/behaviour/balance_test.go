package behaviour

import (
	"fmt"
	"testing"
	"time"
)

// TestSpreading: the same value has the same endpoint, or a few of them; a busy endpoint gets less.
func TestSpreading(t *testing.T) {
	t.Parallel()
	var endpoints []string
	for i := range 9 {
		endpoints = append(endpoints, Echo(t, fmt.Sprint("e", i)))
	}
	s := Start(t, service("many", endpoints...)+service("two", endpoints[:2]...)+
		Ingress("hash", "hash.test", "many", []string{"upstream-hash-by: $http_x_key"})+
		Ingress("some", "some.test", "many", []string{"upstream-hash-by: $http_x_key", `upstream-hash-by-subset: "true"`, `upstream-hash-by-subset-size: "2"`})+
		Ingress("idle", "idle.test", "two", []string{"load-balance: ewma"}), "http://hash.test/")
	client := s.Client()
	servers := func(url string, n int, headers ...string) map[string]int {
		out := map[string]int{}
		for range n {
			_, seen := request(t, client, url, headers...)
			out[seen.Server]++
		}
		return out
	}
	for _, key := range []string{"X-Key: one", "X-Key: two"} {
		if got := servers("http://hash.test/", 18, key); len(got) != 1 {
			t.Errorf("%s is answered by %v", key, got)
		}
	}
	most := 0 // two places of a value may be the same endpoint
	for key := range 6 {
		most = max(most, len(servers("http://some.test/", 30, fmt.Sprint("X-Key: ", key))))
	}
	if most != 2 {
		t.Errorf("a value with two endpoints is answered by %d", most)
	}
	done := make(chan int)
	go func() { done <- s.Status("http://idle.test/delay/2") }()
	time.Sleep(500 * time.Millisecond)
	if got := servers("http://idle.test/", 10); len(got) != 1 {
		t.Errorf("while one endpoint is busy, %v answer", got)
	}
	if got := <-done; got != 200 {
		t.Errorf("the slow request is answered by %d", got)
	}
}

// TestConnectionHeader: servers are told to close, or what the annotation says.
func TestConnectionHeader(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+
		Ingress("plain", "plain.test", "app", nil)+
		Ingress("closing", "closing.test", "app", []string{"connection-proxy-header: close"}), "http://plain.test/")
	client := s.Client()
	for host, want := range map[string]string{"plain.test": "", "closing.test": "close"} {
		if _, seen := request(t, client, "http://"+host+"/"); seen.Header("Connection") != want {
			t.Errorf("%s: the server gets Connection: %q", host, seen.Header("Connection"))
		}
	}
}
