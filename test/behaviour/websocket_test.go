package behaviour

import (
	"strings"
	"testing"
)

// TestWebSocketOutlivesReloads sends over one WebSocket before and after reloads: the old worker keeps it.
func TestWebSocketOutlivesReloads(t *testing.T) {
	base := Backend("echo", Echo(t, "echo")) + Ingress("ws", "ws.test", "echo", nil)
	s := Start(t, base, "http://ws.test/", "--reload-interval", "50ms")
	chat := openChat(t, s, "ws.test")
	live := func() int { return strings.Count(s.Log(), "Configuration is live") }
	for n := range 2 {
		before := live()
		extra := ""
		if n == 0 {
			extra = Ingress("closed", "closed.test", "echo", []string{"auth-tls-secret: default/absent"})
		}
		s.Write(base + extra)
		s.Await(func() bool { return live() > before })
		if !chat.alive() {
			t.Fatalf("it ends with reload %d", n+1)
		}
	}
}
