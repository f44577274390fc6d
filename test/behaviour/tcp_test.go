package behaviour

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestTCPServices sends bytes through the ports of --tcp-services-configmap.
func TestTCPServices(t *testing.T) {
	one, two := lineServer(t, "one"), lineServer(t, "two")
	ports := freePorts(t, 5)
	taken, err := net.Listen("tcp", "127.0.0.1:"+ports[3])
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	config := func(entries ...string) string {
		return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: tcp}\ndata:\n  " + strings.Join(entries, "\n  ") + "\n"
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "page") }))
	defer web.Close()
	page := Backend("page", web.Listener.Addr().String()) + Ingress("page", "page.test", "page", nil)
	entries := []string{
		fmt.Sprintf("%q: default/db:80", ports[0]),
		fmt.Sprintf("%q: default/db:http:PROXY", ports[1]),
		fmt.Sprintf("%q: default/db:80::PROXY", ports[2]),
		fmt.Sprintf("%q: default/db:80", ports[3]),
		fmt.Sprintf("%q: default/none:80", ports[4]),
	}
	s := Start(t, page+Backend("db", one)+config(entries...), "http://page.test/", "--tcp-services-configmap", "default/tcp", "--reload-interval", "10ms")
	expectLine(t, s, ports[0], "hello\n", "one hello")
	expectLine(t, s, ports[1], "PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\nhello\n", "one hello")
	expectLine(t, s, ports[2], "hello\n", "one PROXY TCP4 127.0.0.1 ")
	if got := talk(ports[1], "hello\n"); got != "" {
		t.Errorf("a client without the PROXY header gets %q", got)
	}
	if got := talk(ports[4], "hello\n"); got != "" {
		t.Errorf("a Service that is missing answers %q", got)
	}
	for _, want := range []string{"tcp/invalid", "address already in use", "there is no Service default/none"} {
		if !strings.Contains(s.Log(), want) {
			t.Errorf("the log does not speak of %q:\n%s", want, s.Log())
		}
	}
	if s.Status("http://page.test/") != 200 {
		t.Error("a port that is taken keeps HTTP from being served")
	}

	s.Await(func() bool { return strings.Contains(s.Log(), "msg=Serving") })
	reloads := strings.Count(s.Log(), "Configuration is live")
	s.Write(page + Backend("db", two) + config(entries...))
	expectLine(t, s, ports[0], "hello\n", "two hello")
	if n := strings.Count(s.Log(), "Configuration is live"); n != reloads {
		t.Errorf("other endpoints cost %d reloads:\n%s", n-reloads, s.Log())
	}

	s.Write(page + Backend("db", two) + config(entries[1]))
	s.Await(func() bool {
		conn, err := net.DialTimeout("tcp", "127.0.0.1:"+ports[0], time.Second)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	expectLine(t, s, ports[1], "PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\nhello\n", "two hello")
}

// lineServer answers each connection's first line with its name and that line.
func lineServer(t *testing.T, name string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
				line, err := bufio.NewReader(conn).ReadString('\n')
				if err == nil {
					fmt.Fprintf(conn, "%s %s", name, line)
				}
			}()
		}
	}()
	return l.Addr().String()
}

// talk sends text to a port and returns what comes back.
func talk(port, text string) string {
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+port, time.Second)
	if err != nil {
		return ""
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	fmt.Fprint(conn, text)
	answer, _ := io.ReadAll(conn) // a reset is an answer, too
	return string(answer)
}

func expectLine(t *testing.T, s *Site, port, text, want string) {
	t.Helper()
	var got string
	s.Await(func() bool {
		got = talk(port, text)
		return strings.HasPrefix(got, want)
	})
}
