package process

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func binary() string {
	if b := os.Getenv("HAWSER_HAPROXY"); b != "" {
		return b
	}
	return "haproxy"
}

// fixture is a HAProxy in front of one upstream.
type fixture struct {
	dir      string
	addr     netip.AddrPort
	upstream *httptest.Server
	opts     Options
	log      *buffer
	access   *buffer
	events   chan Event
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	dir, err := os.MkdirTemp("", "hw") // short: a socket's path is limited
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	f := &fixture{dir: dir, addr: freePort(t), log: &buffer{}, access: &buffer{}, events: make(chan Event, 100)}
	f.upstream = httptest.NewServer(http.HandlerFunc(serve))
	t.Cleanup(f.upstream.Close)
	f.opts = Options{
		Binary: binary(),
		Paths: Paths{
			Config: filepath.Join(dir, "haproxy.cfg"), Runtime: filepath.Join(dir, "run.sock"), Master: filepath.Join(dir, "master.sock"),
		},
		AccessLog: f.access, Log: slog.New(slog.NewTextHandler(f.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		OnEvent: func(e Event) { f.events <- e },
	}
	f.write(t, "")
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("HAProxy wrote:\n%s", f.log)
		}
	})
	return f
}

// serve answers at once, or after the time that the query asks for.
func serve(w http.ResponseWriter, r *http.Request) {
	if d, err := time.ParseDuration(r.URL.Query().Get("wait")); err == nil {
		time.Sleep(d)
	}
	io.WriteString(w, "hello")
}

func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}

// write replaces the configuration; extra goes to its end.
func (f *fixture) write(t *testing.T, extra string) {
	t.Helper()
	text := fmt.Sprintf(`global
  stats socket %s mode 600 level admin expose-fd listeners
  maxconn 2000
  log stdout format raw daemon
defaults
  mode http
  log global
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend f
  bind %s
  log-format "%%HM %%HU %%ST"
  default_backend b
backend b
  server s %s
%s`, f.opts.Paths.Runtime, f.addr, strings.TrimPrefix(f.upstream.URL, "http://"), extra)
	if _, err := WriteFiles(f.dir, map[string]File{"haproxy.cfg": {Data: []byte(text)}}); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) start(t *testing.T) *Process {
	t.Helper()
	p := New(f.opts)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := p.Start(ctx, f.addr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		p.Stop(ctx)
	})
	return p
}

func (f *fixture) get(client *http.Client, query string) error {
	resp, err := client.Get("http://" + f.addr.String() + "/" + query)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != 200 || string(body) != "hello" {
		return fmt.Errorf("status %d, body %q", resp.StatusCode, body)
	}
	return nil
}

// next waits for an event of the kind.
func (f *fixture) next(t *testing.T, kind EventKind) Event {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case e := <-f.events:
			if e.Kind == kind {
				return e
			}
		case <-timeout:
			t.Fatalf("no event %q", kind)
		}
	}
}

func fresh() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
}
