package behaviour

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestAChangeThatFailsIsOneReload: whatever goes wrong between Hawser and HAProxy while an endpoint changes, the new one is
// served after one reload, which is counted with its reason, and no reload follows it.
func TestAChangeThatFailsIsOneReload(t *testing.T) {
	for name, f := range map[string]struct {
		fault  fault
		reason string
	}{
		"a server has another address": {fault{when: "show servers state", answer: func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(" 127.0.0.1 "), []byte(" 127.0.0.9 "))
		}}, "a change at run time is not there"},
		"a route leads elsewhere": {fault{when: "get map", answer: func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(`value="`), []byte(`value="no `))
		}}, "a change at run time is not there"},
		"the command is unknown": {fault{when: "add server", request: func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("add server"), []byte("addd server"))
		}}, "HAProxy lacks a command"},
		"the command is refused": {fault{when: "add server", request: func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("pool-purge-delay"), []byte("pool-urge-delay"))
		}}, "a change at run time was refused"},
		"the socket is closed": {fault{when: "add server", answer: func([]byte) []byte { return nil }}, "HAProxy did not answer"},
		"the answer is cut":    {fault{when: "add server", answer: func(b []byte) []byte { return b[:len(b)/2] }}, "HAProxy did not answer"},
		"no answer comes":      {fault{when: "add server", silent: true}, "HAProxy did not answer"},
		"the worker dies":      {fault{when: "add server", kill: true}, "HAProxy did not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			web := Ingress("web", "web.test", "app", nil)
			s := Start(t, web+Backend("app", Echo(t, "one")), "http://web.test/", "--reload-interval", "10ms", "--admin-address", freeAddress(t))
			f.fault.between(s)
			web += Ingress("new", "new.test", "app", nil)
			s.Write(web + Backend("app", Echo(t, "two")))
			s.Await(func() bool { return s.body("http://web.test/", "two") && s.body("http://new.test/", "two") })
			s.Await(func() bool { return s.reloads(f.reason, "success") == 1 })
			s.Write(web + Backend("app", Echo(t, "three")))
			s.Await(func() bool { return s.body("http://web.test/", "three") })
			s.Write(web + Backend("app", Echo(t, "four")))
			s.Await(func() bool { return s.body("http://web.test/", "four") })
			want := map[string]int{"start": 1, f.reason: 1}
			if f.reason == "HAProxy lacks a command" {
				want[f.reason] = 3 // what it does not know is not tried again
			}
			s.Await(func() bool { return len(s.allReloads()) > 1 && s.reloads(f.reason, "success") >= want[f.reason] })
			if all := s.allReloads(); fmt.Sprint(all) != fmt.Sprint(want) {
				t.Errorf("reloads: %v, want %v", all, want)
			}
		})
	}
}

// TestChangesThatAlwaysFailAreNoRowOfReloads: at most one reload in an interval, and what is asked for is served.
func TestChangesThatAlwaysFailAreNoRowOfReloads(t *testing.T) {
	t.Parallel()
	web := Ingress("web", "web.test", "app", nil)
	s := Start(t, web+Backend("app", Echo(t, "first")), "http://web.test/", "--reload-interval", "900ms", "--admin-address", freeAddress(t))
	f := fault{when: "add server", always: true, answer: func([]byte) []byte { return nil }}
	f.between(s)
	begin := time.Now()
	for i := range 30 {
		s.Write(web + Backend("app", Echo(t, fmt.Sprintf("server %d", i))))
		time.Sleep(100 * time.Millisecond)
	}
	s.Await(func() bool { return s.body("http://web.test/", "server 29") })
	took := time.Since(begin)
	if n := s.reloads("HAProxy did not answer", "success"); n < 2 || n > int(took/(900*time.Millisecond))+1 {
		t.Errorf("%d reloads in %v", n, took)
	}
}

// fault is what stands between Hawser and the socket of HAProxy.
type fault struct {
	when    string // what a request has to contain; others pass
	always  bool   // not just for the first
	request func([]byte) []byte
	answer  func([]byte) []byte
	silent  bool // no answer comes
	kill    bool // the worker dies before it has answered
}

// between puts the fault into the place of the socket.
func (f fault) between(s *Site) {
	s.t.Helper()
	place := filepath.Join(filepath.Dir(s.file), "state", "run.sock")
	behind := filepath.Join(filepath.Dir(s.file), "state", "real.sock")
	if err := os.Rename(place, behind); err != nil {
		s.t.Fatal(err)
	}
	listener, err := net.Listen("unix", place)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { listener.Close() })
	var met atomic.Bool
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer client.Close()
				request := untilQuit(client)
				if !bytes.Contains(request, []byte(f.when)) || !f.always && met.Swap(true) {
					_, _ = client.Write(pass(behind, request))
					return
				}
				f.meet(client, behind, request)
			}()
		}
	}()
}

func (f fault) meet(client net.Conn, behind string, request []byte) {
	if f.silent {
		_, _ = io.Copy(io.Discard, client) // until Hawser gives up
		return
	}
	if f.kill {
		info := pass(behind, []byte("show info\n"))
		if pid := regexp.MustCompile(`Pid: (\d+)`).FindSubmatch(info); pid != nil {
			n, _ := strconv.Atoi(string(pid[1]))
			_ = syscall.Kill(n, syscall.SIGKILL)
		}
		return
	}
	if f.request != nil {
		request = f.request(request)
	}
	answer := pass(behind, request)
	if f.answer != nil {
		answer = f.answer(answer)
	}
	_, _ = client.Write(answer)
}

func untilQuit(client net.Conn) []byte {
	var all []byte
	chunk := make([]byte, 64<<10)
	for !bytes.HasSuffix(all, []byte("quit\n")) {
		n, err := client.Read(chunk)
		all = append(all, chunk[:n]...)
		if err != nil {
			break
		}
	}
	return all
}

func pass(socket string, request []byte) []byte {
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil
	}
	defer conn.Close()
	_, _ = conn.Write(request)
	answer, _ := io.ReadAll(conn)
	return answer
}

func freeAddress(t testing.TB) string { return "127.0.0.1:" + freePorts(t, 1)[0] }

// body reports whether the answer holds a text.
func (s *Site) body(url, want string) bool {
	client := s.Client()
	defer client.CloseIdleConnections()
	answer, err := client.Get(url)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	return strings.Contains(string(data), want)
}

// metric is the value of a series, written as it stands in the answer of --admin-address; -1 if there is none.
func (s *Site) metric(series string) float64 {
	s.t.Helper()
	client := s.Client()
	client.Transport = nil
	answer, err := client.Get("http://" + s.admin() + "/metrics")
	if err != nil {
		return -1
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			n, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return n
		}
	}
	return -1
}

func (s *Site) reloads(reason, result string) int {
	return int(s.metric(fmt.Sprintf("hawser_reloads_total{reason=%q,result=%q}", reason, result)))
}

// allReloads counts by reason, whatever their result.
func (s *Site) allReloads() map[string]int {
	s.t.Helper()
	client := s.Client()
	client.Transport = nil
	answer, err := client.Get("http://" + s.admin() + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	out := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^hawser_reloads_total\{reason="([^"]*)",result="[^"]*"\} (\d+)$`).FindAllSubmatch(data, -1) {
		n, _ := strconv.Atoi(string(m[2]))
		out[string(m[1])] += n
	}
	return out
}

// admin is the address that Hawser was given for it.
func (s *Site) admin() string {
	for i, arg := range s.command.Args {
		if arg == "--admin-address" {
			return s.command.Args[i+1]
		}
	}
	s.t.Fatal("the site has no --admin-address")
	return ""
}
