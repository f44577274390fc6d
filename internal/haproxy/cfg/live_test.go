package cfg

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// haproxyBinary is the HAProxy under test: HAWSER_HAPROXY, or the installed one.
func haproxyBinary(t *testing.T) string {
	t.Helper()
	name := os.Getenv("HAWSER_HAPROXY")
	if name == "" {
		name = "haproxy"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("these tests need HAProxy (make test installs it): %v", err)
	}
	return path
}

// proxy is a running HAProxy with one HTTP frontend and a runtime socket, both on unix sockets.
type proxy struct{ dir string }

// shortDir is a directory with a name short enough for unix sockets.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cfg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// testFile is a complete file around the rules of the frontend "test".
func testFile(dir string, rules []Line) File {
	return File{[]Section{
		{Header: L("global"), Lines: []Line{
			L("stats socket", Word("unix@"+dir+"/cli"), Kw("level admin")),
			L("tune.ssl.default-dh-param", Int(2048)),
		}},
		{Header: L("defaults"), Lines: []Line{
			L("mode http"),
			L("timeout client", Millis(10*time.Second)),
			L("timeout connect", Millis(10*time.Second)),
			L("timeout server", Millis(10*time.Second)),
		}},
		{Header: L("frontend", Name("test")), Lines: append([]Line{L("bind", Word("unix@"+dir+"/http"))}, rules...)},
	}}
}

// writeFile renders a file into dir and returns its path and the origins of its lines.
func writeFile(t *testing.T, dir string, f File) (string, [][]issue.Ref) {
	t.Helper()
	text, origins, err := f.Render()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "haproxy.cfg")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path, origins
}

// check runs haproxy -c and returns what it prints.
func check(t *testing.T, path string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), haproxyBinary(t), "-c", "-f", path).CombinedOutput()
	return string(out), err
}

// start runs HAProxy until the test ends.
func start(t *testing.T, dir string, rules []Line) proxy {
	t.Helper()
	path, _ := writeFile(t, dir, testFile(dir, rules))
	var stderr bytes.Buffer
	cmd := exec.Command(haproxyBinary(t), "-db", "-f", path)
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-exited
	})
	p := proxy{dir}
	for range 500 {
		select {
		case err := <-exited:
			exited <- err
			t.Fatalf("HAProxy ended: %v\n%s", err, stderr.String())
		case <-time.After(10 * time.Millisecond):
		}
		if c, err := net.Dial("unix", dir+"/http"); err == nil {
			c.Close()
			return p
		}
	}
	t.Fatalf("HAProxy does not listen\n%s", stderr.String())
	return p
}

// exchange sends text over one of the sockets and returns all that comes back.
func (p proxy) exchange(t *testing.T, socket, text string) string {
	t.Helper()
	c, err := net.Dial("unix", p.dir+"/"+socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// command is one command on the runtime socket.
func (p proxy) command(t *testing.T, line string) string {
	t.Helper()
	return p.exchange(t, "cli", line+"\n")
}

// get returns the head and the body of a response as they were sent.
func (p proxy) get(t *testing.T, path string) (head, body string) {
	t.Helper()
	all := p.exchange(t, "http", "GET "+path+" HTTP/1.0\r\n\r\n")
	head, body, ok := strings.Cut(all, "\r\n\r\n")
	if !ok {
		t.Fatalf("GET %s: %q", path, all)
	}
	return head, body
}

// answer is a rule that returns a body for one path.
func answer(path string, body ...Arg) Line {
	args := append([]Arg{Kw("status 200 content-type text/plain")}, body...)
	return L("http-request return", args...).If(Match(Fetch("path"), Exact, path))
}

// compare requests /kind/0, /kind/1, … and wants the texts back.
func (p proxy) compare(t *testing.T, kind string, texts []string) {
	t.Helper()
	for i, want := range texts {
		if _, got := p.get(t, fmt.Sprintf("/%s/%d", kind, i)); got != want {
			t.Errorf("%s: %q came back as %q", kind, want, got)
		}
	}
}
