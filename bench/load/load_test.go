package load

import (
	"bufio"
	"context"
	"net"
	"strings"
	"testing"
	"time"
)

// server answers the requests of each connection by the functions of a script, one after the other; after the last, it
// begins anew.
func server(t *testing.T, script ...func(net.Conn) bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	next := make(chan func(net.Conn) bool)
	done := make(chan struct{})
	t.Cleanup(func() { close(done) })
	go func() {
		for n := 0; ; n++ {
			select {
			case next <- script[n%len(script)]:
			case <-done:
				return
			}
		}
	}()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for {
					line, err := r.ReadString('\n')
					if err != nil {
						return
					}
					if strings.TrimSpace(line) != "" {
						continue
					}
					if step := <-next; step == nil || !step(c) {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func write(text string, stay bool) func(net.Conn) bool {
	return func(c net.Conn) bool {
		_, err := c.Write([]byte(text))
		return err == nil && stay
	}
}

const good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Endpoint: a\r\n\r\nok"

func judge(_, endpoint string, _ time.Time) Verdict {
	switch endpoint {
	case "a":
		return Right
	case "old":
		return Gone
	default:
		return Wrong
	}
}

func reset(c net.Conn) bool {
	_ = c.(*net.TCPConn).SetLinger(0)
	return false
}

func TestEveryFateIsCountedApart(t *testing.T) {
	ok := write(good, true)
	from := func(endpoint string) func(net.Conn) bool {
		return write(strings.Replace(good, "Endpoint: a", "Endpoint: "+endpoint, 1), true)
	}
	hang := func(net.Conn) bool { time.Sleep(time.Second); return false }
	for name, c := range map[string]struct {
		script []func(net.Conn) bool
		fresh  bool
		want   Counts
	}{
		"all good":                {[]func(net.Conn) bool{ok}, false, Counts{OK: 4}},
		"all good, fresh":         {[]func(net.Conn) bool{ok}, true, Counts{OK: 4}},
		"a status":                {[]func(net.Conn) bool{ok, write("HTTP/1.1 503 no\r\nContent-Length: 0\r\n\r\n", true)}, false, Counts{OK: 2, Failed: 2}},
		"no HTTP":                 {[]func(net.Conn) bool{write("hello world, this is me\r\n\r\n", true)}, true, Counts{Failed: 4}},
		"chunks":                  {[]func(net.Conn) bool{write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true)}, true, Counts{Failed: 4}},
		"stale":                   {[]func(net.Conn) bool{ok, from("old")}, false, Counts{OK: 2, Stale: 2}},
		"another site":            {[]func(net.Conn) bool{from("b")}, false, Counts{Failed: 4}},
		"reset":                   {[]func(net.Conn) bool{ok, reset}, true, Counts{OK: 2, Reset: 2}},
		"an end without answer":   {[]func(net.Conn) bool{nil}, true, Counts{Reset: 4}},
		"an end within":           {[]func(net.Conn) bool{write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", false)}, false, Counts{Reset: 4}},
		"an end within headers":   {[]func(net.Conn) bool{write("HTTP/1.1 200 OK\r\nContent-", false)}, true, Counts{Reset: 4}},
		"late":                    {[]func(net.Conn) bool{hang}, true, Counts{Failed: 4}},
		"closed between requests": {[]func(net.Conn) bool{ok, nil, ok}, false, Counts{OK: 4, Closed: 2}},
		"closed by its header":    {[]func(net.Conn) bool{write(strings.Replace(good, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1), false)}, false, Counts{OK: 4, Closed: 4}},
		"length by the end":       {[]func(net.Conn) bool{write("HTTP/1.1 200 OK\r\nX-Endpoint: a\r\n\r\nok", false)}, true, Counts{OK: 4}},
		"the first is no closing": {[]func(net.Conn) bool{nil}, false, Counts{Reset: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := Target{Address: server(t, c.script...), Host: "h.example", Path: "/", Timeout: 200 * time.Millisecond}
			got := Client{Targets: []Target{target}, Judge: judge, Fresh: c.fresh, Limit: 4}.Run(t.Context())
			if bad := c.want.Bad() > 0 || c.want.Closed > 0; bad != (got.First != "") {
				t.Errorf("what went wrong first is %q", got.First)
			}
			if got.First = ""; got != c.want {
				t.Errorf("%s, not %s", got, c.want)
			}
		})
	}
}

func TestNoConnectionIsAFailure(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := Target{Address: l.Addr().String(), Host: "h.example", Path: "/"}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, fresh := range []bool{true, false} {
		got := Client{Targets: []Target{target}, Judge: judge, Fresh: fresh, Limit: 3}.Run(t.Context())
		if got.Failed != 3 || got.OK+got.Reset+got.Stale+got.Closed > 0 {
			t.Error(got)
		}
	}
}

func TestAGroupSumsUpAndKeepsItsRate(t *testing.T) {
	target := Target{Address: server(t, write(good, true)), Host: "h.example", Path: "/"}
	begin := time.Now()
	got := Start(t.Context(),
		Client{Targets: []Target{target, target}, Judge: judge, Every: 10 * time.Millisecond, Limit: 11},
		Client{Targets: []Target{target}, Judge: judge, Fresh: true, Limit: 5},
	).Wait()
	if got.OK != 16 || got.Bad() > 0 {
		t.Error(got)
	}
	if took := time.Since(begin); took < 100*time.Millisecond {
		t.Errorf("11 requests took %s", took)
	}
	g := Start(t.Context(), Client{Targets: []Target{target}, Judge: judge})
	time.Sleep(20 * time.Millisecond)
	if got := g.Stop(); got.OK == 0 || got.Bad() > 0 {
		t.Error(got)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := (Client{Targets: []Target{target}, Judge: judge}).Run(ended); got.OK > 0 {
		t.Error(got)
	}
}
