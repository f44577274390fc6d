package behaviour

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// copies is a service that gets copies; it answers when it is let.
type copies struct {
	mu   sync.Mutex // guards seen
	seen []string
	hold chan struct{} // nil: it answers at once
}

func (c *copies) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	c.mu.Lock()
	c.seen = append(c.seen, fmt.Sprintf("%s %s %s for=%s body=%d", r.Host, r.Method, r.URL, r.Header.Get("X-Forwarded-For"), len(body)))
	c.mu.Unlock()
	if c.hold != nil {
		<-c.hold
	}
}

func (c *copies) all() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.seen, "\n")
}

// TestMirror: what is served is copied as the client sent it, and what is refused is not.
func TestMirror(t *testing.T) {
	t.Parallel()
	c := &copies{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	target := "mirror-target: " + server.URL + "$request_uri"
	s := Start(t, Backend("app", Echo(t, "app"))+
		Ingress("ready", "ready.test", "app", nil)+
		Ingress("web", "web.test", "app", []string{target, "mirror-host: copy.test", "rewrite-target: /new"}, "/a")+
		Ingress("small", "small.test", "app", []string{target, `mirror-request-body: "off"`})+
		Ingress("closed", "closed.test", "app", []string{target, "denylist-source-range: 127.0.0.0/8"}), "http://ready.test/")
	for _, request := range []struct {
		method, url, body string
		want              int
	}{
		{"GET", "http://web.test/a/b?c=d", "", 200},
		{"POST", "http://web.test/a/post", strings.Repeat("x", 16<<10), 200},
		{"POST", "http://web.test/a/long", strings.Repeat("x", 16<<10+1), 200},
		{"POST", "http://small.test/e", "hello", 200},
		{"GET", "http://closed.test/f", "", 403},
	} {
		if answer, _ := send(t, s, request.method, request.url, request.body); answer.StatusCode != request.want {
			t.Errorf("%s %s: status %d, want %d", request.method, request.url, answer.StatusCode, request.want)
		}
	}
	host := strings.TrimPrefix(server.URL, "http://")
	host, _, _ = strings.Cut(host, ":")
	s.Await(func() bool { return strings.Count(c.all(), "\n") >= 2 })
	time.Sleep(50 * time.Millisecond)
	for _, want := range []string{
		"copy.test GET /a/b?c=d for= body=0", "copy.test POST /a/post for= body=16384", host + " POST /e for= body=0",
	} {
		if !strings.Contains(c.all(), want) {
			t.Errorf("no copy %q", want)
		}
	}
	if n := strings.Count(c.all(), "\n"); n != 2 {
		t.Errorf("%d copies:\n%s", n+1, c.all())
	}
}

// TestMirrorIsNoBurden: a service that hangs, or isn't there, delays nobody, however many copies are on their way.
func TestMirrorIsNoBurden(t *testing.T) {
	t.Parallel()
	c := &copies{hold: make(chan struct{})}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(c.hold) })
	s := Start(t, Backend("app", Echo(t, "app"))+
		Ingress("ready", "ready.test", "app", nil)+
		Ingress("hangs", "hangs.test", "app", []string{"mirror-target: " + server.URL})+
		Ingress("gone", "gone.test", "app", []string{"mirror-target: http://127.0.0.1:1"}), "http://ready.test/")
	client := s.Client()
	defer client.CloseIdleConnections()
	for _, url := range []string{"http://hangs.test/", "http://gone.test/"} {
		for range 400 {
			began := time.Now()
			answer, _ := fetch(t, client, url)
			if answer.StatusCode != 200 || time.Since(began) > 3*time.Second {
				t.Fatalf("%s: %d after %s", url, answer.StatusCode, time.Since(began))
			}
		}
	}
	if n := strings.Count(c.all(), "\n") + 1; n < 2 || n > 400 {
		t.Errorf("%d copies", n)
	}
}
