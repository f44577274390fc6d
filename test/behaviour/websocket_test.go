package behaviour

import (
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/websocket"
)

// TestWebSocketOutlivesReloads sends over one WebSocket before and after reloads: the old worker keeps it.
func TestWebSocketOutlivesReloads(t *testing.T) {
	base := Backend("echo", Echo(t, "echo")) + Ingress("ws", "ws.test", "echo", nil)
	s := Start(t, base, "http://ws.test/", "--reload-interval", "50ms")
	config, err := websocket.NewConfig("ws://ws.test/chat", "http://ws.test")
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
	defer ws.Close()
	say := func(text string) {
		t.Helper()
		_ = ws.SetDeadline(time.Now().Add(10 * time.Second))
		if err := websocket.Message.Send(ws, text); err != nil {
			t.Fatalf("send %q: %v", text, err)
		}
		var got string
		if err := websocket.Message.Receive(ws, &got); err != nil || got != text {
			t.Fatalf("received %q, %v; wanted is %q", got, err, text)
		}
	}
	say("before")
	live := func() int { return strings.Count(s.Log(), "Configuration is live") }
	for n := range 2 {
		before := live()
		extra := ""
		if n == 0 {
			extra = Ingress("closed", "closed.test", "echo", []string{"auth-tls-secret: default/absent"})
		}
		s.Write(base + extra)
		s.Await(func() bool { return live() > before })
		say("after a reload")
	}
}
