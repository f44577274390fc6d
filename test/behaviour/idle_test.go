package behaviour

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// TestServersThatComeKeepConnections: requests to an endpoint that came at run time share a connection, as those to one of
// the configuration do.
func TestServersThatComeKeepConnections(t *testing.T) {
	t.Parallel()
	var opened atomic.Int64
	upstream := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "late") }))
	upstream.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	upstream.Start()
	t.Cleanup(upstream.Close)
	web := Ingress("web", "web.test", "app", nil)
	s := Start(t, web+Backend("app", Echo(t, "early")), "http://web.test/")
	s.Write(web + Backend("app", strings.TrimPrefix(upstream.URL, "http://")))
	client := s.Client()
	s.Await(func() bool {
		_, body := fetch(t, client, "http://web.test/")
		return string(body) == "late"
	})
	before := opened.Load()
	for range 50 {
		fetch(t, client, "http://web.test/")
	}
	if more := opened.Load() - before; more > 5 {
		t.Errorf("50 requests opened %d connections", more)
	}
	if n := strings.Count(s.Log(), "Configuration is live"); n != 1 {
		t.Errorf("%d configurations were loaded; the endpoint was to come without a reload", n)
	}
}
