package behaviour

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// deaf is the address of a server that takes no connection: its queue is full.
func deaf(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	address := fmt.Sprint("127.0.0.1:", name.(*syscall.SockaddrInet4).Port)
	for range 4 { // more than the queue has room for
		conn, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("the queue has no end")
	return ""
}

// TestServerTimes: to connect, and between two reads or writes.
func TestServerTimes(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+Backend("deaf", deaf(t))+
		Ingress("plain", "plain.test", "app", nil)+
		Ingress("deaf", "deaf.test", "deaf", []string{`proxy-connect-timeout: "1"`, `proxy-next-upstream-tries: "1"`})+
		Ingress("short", "short.test", "app", []string{`proxy-read-timeout: "1"`, `proxy-next-upstream: "off"`})+
		Ingress("long", "long.test", "app", []string{`proxy-read-timeout: "1"`, `proxy-send-timeout: "9"`}), "http://plain.test/")
	client := s.Client()
	start := time.Now()
	if got := status(t, client, "http://deaf.test/"); got != http.StatusBadGateway || time.Since(start) > 4*time.Second {
		t.Errorf("a server that takes no connection: %d after %s", got, time.Since(start))
	}
	if got := status(t, client, "http://short.test/delay/3"); got != http.StatusGatewayTimeout {
		t.Errorf("a server that is silent: %d", got)
	}
	if got := status(t, client, "http://long.test/delay/3"); got != http.StatusOK {
		t.Errorf("the longer one of the times does not hold: %d", got)
	}
}

// TestTries counts how often a request is sent.
func TestTries(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	failing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(failing.Close)
	address := failing.Listener.Addr().String()
	s := Start(t, Backend("app", Echo(t, "app"))+Backend("failing", address)+
		Ingress("plain", "plain.test", "app", nil)+
		Ingress("usual", "usual.test", "failing", []string{"proxy-next-upstream: http_503"})+
		Ingress("twice", "twice.test", "failing", []string{"proxy-next-upstream: http_503", `proxy-next-upstream-tries: "2"`, `proxy-next-upstream-timeout: "5"`})+
		Ingress("once", "once.test", "failing", nil), "http://plain.test/")
	for host, want := range map[string]int32{"once.test": 1, "twice.test": 2, "usual.test": 3} {
		asked.Store(0)
		if got := status(t, s.Client(), "http://"+host+"/"); got != http.StatusServiceUnavailable || asked.Load() != want {
			t.Errorf("%s is answered by %d after %d tries, want %d", host, got, asked.Load(), want)
		}
	}
	if !strings.Contains(s.Log(), "proxy-next-upstream-timeout: HAProxy bounds tries") {
		t.Errorf("nothing is said of the time that is not looked at:\n%s", s.Log())
	}
}
