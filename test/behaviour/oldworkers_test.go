package behaviour

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/websocket"
)

// chat is an open WebSocket to a backend that repeats what it is told.
type chat struct {
	t  *testing.T
	ws *websocket.Conn
}

func openChat(t *testing.T, s *Site, host string) chat {
	t.Helper()
	config, err := websocket.NewConfig("ws://"+host+"/chat", "http://"+host)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", s.HTTP)
	if err != nil {
		t.Fatal(err)
	}
	ws, err := websocket.NewClient(config, conn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	c := chat{t, ws}
	if !c.alive() {
		t.Fatal("the WebSocket does not work")
	}
	return c
}

// alive says something and hears it.
func (c chat) alive() bool {
	_ = c.ws.SetDeadline(time.Now().Add(10 * time.Second))
	if err := websocket.Message.Send(c.ws, "hello"); err != nil {
		return false
	}
	var got string
	return websocket.Message.Receive(c.ws, &got) == nil && got == "hello"
}

func living(chats []chat) (alive int) {
	for _, c := range chats {
		if c.alive() {
			alive++
		}
	}
	return alive
}

// TestOldWorkersAreBounded: a WebSocket is held for each of many reloads. As many old workers as may be stay, with the
// youngest of these connections; then worker-shutdown-timeout ends them, too.
func TestOldWorkersAreBounded(t *testing.T) {
	t.Parallel()
	const most, reloads = 2, 5
	base := Backend("echo", Echo(t, "echo")) + Ingress("ws", "ws.test", "echo", nil)
	site := func(n int, timeout string) string {
		return base + settings(`worker-shutdown-timeout: "`+timeout+`"`) + Ingress("other", "other.test", "echo", []string{fmt.Sprintf("rewrite-target: /%d", n)})
	}
	s := Start(t, site(0, "1h"), "http://ws.test/", "--configmap", "default/settings", "--reload-interval", "10ms", "--old-workers", fmt.Sprint(most), "--admin-address", freeAddress(t))
	live := func() int { return strings.Count(s.Log(), "Configuration is live") }
	reload := func(n int, timeout string) {
		t.Helper()
		before := live()
		s.Write(site(n, timeout))
		s.Await(func() bool { return live() > before })
	}
	var held []chat
	for n := range reloads {
		held = append(held, openChat(t, s, "ws.test"))
		reload(n+1, "1h")
		if old := int(s.metric("hawser_haproxy_old_workers")); old > most+1 { // one may be about to end
			t.Errorf("after %d reloads there are %d old workers", n+1, old)
		}
	}
	s.Await(func() bool { return s.metric("hawser_haproxy_old_workers") == most })
	if first, last := living(held[:reloads-most]), living(held[reloads-most:]); first != 0 || last != most {
		t.Errorf("of the first WebSockets %d live, of the last %d", first, last)
	}
	if n := s.metric("hawser_haproxy_restarts_total"); n != 0 {
		t.Errorf("HAProxy died %v times", n)
	}
	reload(reloads+1, "1s") // a worker has the limit that it was started with
	short := openChat(t, s, "ws.test")
	reload(reloads+2, "1h")
	begin := time.Now()
	if !short.alive() {
		t.Error("a WebSocket ends with the reload")
	}
	s.Await(func() bool { return !short.alive() })
	if took := time.Since(begin); took > 8*time.Second {
		t.Errorf("it ends after %v", took)
	}
}

// several is a Service with an endpoint at each address.
func several(name string, addresses ...string) string {
	out := Backend(name, addresses[0])
	for i, address := range addresses[1:] {
		_, slice, _ := strings.Cut(Backend(name, address), "---\napiVersion: discovery")
		out += "---\napiVersion: discovery" + strings.Replace(slice, name+"-1", fmt.Sprintf("%s-%d", name, i+2), 1)
	}
	return out
}

// TestWebSocketsOutliveEndpoints: those of a Service whose other endpoints come and go, and those whose own is taken out.
func TestWebSocketsOutliveEndpoints(t *testing.T) {
	t.Parallel()
	one, two, other := Echo(t, "one"), Echo(t, "two"), Echo(t, "other")
	names := map[string]string{one: "one", two: "two", other: "other"}
	ws := Ingress("ws", "ws.test", "chat", nil)
	s := Start(t, ws+several("chat", one, two), "http://ws.test/", "--reload-interval", "10ms")
	var chats []chat
	for range 6 { // some for each
		chats = append(chats, openChat(t, s, "ws.test"))
	}
	for n, addresses := range [][]string{{one}, {other}, {other, one}, {other, two}, {one, two}} {
		s.Write(ws + several("chat", addresses...))
		for _, address := range addresses {
			s.Await(func() bool { return s.body("http://ws.test/", names[address]) })
		}
		if alive := living(chats); alive != len(chats) {
			t.Fatalf("after change %d, %d of %d WebSockets live", n+1, alive, len(chats))
		}
	}
	if n := strings.Count(s.Log(), "Configuration is live"); n != 1 {
		t.Errorf("%d configurations were loaded", n)
	}
}
