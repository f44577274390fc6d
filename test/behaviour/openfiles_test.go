package behaviour

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/hawser-ingress/hawser/internal/statuspage"
)

// TestFewFilesAreFewConnections: HAProxy starts and reloads where few files may be open, and takes as many connections as
// fit; clients beyond these wait and are served.
func TestFewFilesAreFewConnections(t *testing.T) {
	t.Parallel()
	web := Ingress("web", "web.test", "app", nil) + Backend("app", Echo(t, "app"))
	s := launchUnder(t, []string{"sh", "-c", `ulimit -n 300; exec "$@"`, "sh"}, web, "--admin-address", freeAddress(t), "--reload-interval", "10ms")
	s.Await(func() bool { return s.Status("http://web.test/") == 200 })
	s.Await(func() bool { return s.metric("hawser_haproxy_open_files_needed") > 0 })
	limit, needed, connections := s.metric("hawser_haproxy_open_files_limit"), s.metric("hawser_haproxy_open_files_needed"), s.metric("hawser_haproxy_connections_limit")
	if limit != 300 || needed <= 2*connections || needed > limit || connections < 10 {
		t.Fatalf("%v files, %v needed, %v connections", limit, needed, connections)
	}
	if !strings.Contains(s.Log(), "few connections") {
		t.Errorf("nobody is told:\n%s", s.Log())
	}
	var held []net.Conn
	for range int(connections) + 5 {
		conn, err := net.Dial("tcp", s.HTTP)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		held = append(held, conn)
	}
	time.AfterFunc(200*time.Millisecond, func() {
		for _, conn := range held[:20] {
			conn.Close()
		}
	})
	if status := s.Status("http://web.test/"); status != 200 {
		t.Errorf("a client that waits gets %d", status)
	}
	for _, conn := range held {
		conn.Close()
	}
	s.Write(web + Ingress("other", "other.test", "app", []string{"rewrite-target: /x"}))
	s.Await(func() bool { return s.Status("http://other.test/") == 200 })
	s.Await(func() bool { return s.reloads("new route with rules of its own", "success") == 1 })
}

// TestAWorkerThatDoesNotComeUpIsNoSuccess: the configuration is accepted, but the process that is to serve it can't open as
// many files as it needs. What was served before is served on and can be changed, and everybody is told.
func TestAWorkerThatDoesNotComeUpIsNoSuccess(t *testing.T) {
	t.Parallel()
	web := Ingress("web", "web.test", "app", nil) + Backend("app", Echo(t, "app"))
	s := Start(t, web, "http://web.test/", "--admin-address", freeAddress(t), "--reload-interval", "10ms")
	limitFiles(t, s.status(t).HAProxy.Master, 1000) // enough for the master

	other := Ingress("other", "other.test", "app", []string{"rewrite-target: /x"})
	s.Write(web + other)
	const reason = "new route with rules of its own"
	s.Await(func() bool { return s.reloads(reason, "failure") == 1 })
	if n := s.reloads(reason, "success"); n > 0 || s.metric("hawser_config_last_reload_successful") != 0 {
		t.Errorf("%d reloads count as good ones", n)
	}
	if v := s.status(t); v.State != statuspage.Stale || v.Failed == nil || v.Failed.Error == "" {
		t.Errorf("the status is %q, %+v", v.State, v.Failed)
	}
	if !strings.Contains(s.Log(), "The last good configuration stays") {
		t.Errorf("the log has nothing of it:\n%s", s.Log())
	}
	if web, other := s.Status("http://web.test/"), s.Status("http://other.test/"); web != 200 || other != 404 {
		t.Errorf("the site before answers %d, the new one %d", web, other)
	}
	// what needs no reload is done nevertheless
	s.Write(Ingress("web", "web.test", "app", nil) + Backend("app", Echo(t, "moved")))
	s.Await(func() bool { return s.body("http://web.test/", "moved") })

	// and what is asked for again is a success
	s.Write(Ingress("web", "web.test", "app", nil) + Backend("app", Echo(t, "again")))
	s.Await(func() bool { return s.body("http://web.test/", "again") })
	s.Await(func() bool { return s.metric("hawser_config_last_reload_successful") == 1 })
}

// status is what Hawser says of itself.
func (s *Site) status(t *testing.T) (v statuspage.View) {
	t.Helper()
	answer, err := http.Get(fmt.Sprintf("http://%s/status.json", s.admin()))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// limitFiles says how many files a process may open.
func limitFiles(t *testing.T, pid int, files uint64) {
	t.Helper()
	limit := syscall.Rlimit{Cur: files, Max: files}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_NOFILE, uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
	if errno != 0 {
		t.Fatal(errno)
	}
}
