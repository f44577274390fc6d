package echo

import (
	"context"
	"io"
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/websocket"
)

func isWebSocket(r *http.Request) bool {
	return r.ProtoMajor == 1 && strings.EqualFold(r.Header.Get("Upgrade"), "websocket") &&
		httpguts.HeaderValuesContainsToken(r.Header["Connection"], "upgrade")
}

// serveWebSocket sends back all that arrives, until the client closes or the server does.
func serveWebSocket(w http.ResponseWriter, r *http.Request) {
	stopping := r.Context()
	server := websocket.Server{
		Handshake: func(c *websocket.Config, _ *http.Request) error {
			// A server names exactly one of the offered subprotocols.
			c.Protocol = c.Protocol[:min(len(c.Protocol), 1)]
			return nil
		},
		Handler: func(ws *websocket.Conn) {
			stop := context.AfterFunc(stopping, func() { _ = ws.Close() })
			defer stop()
			_, _ = io.Copy(ws, ws)
		},
	}
	server.ServeHTTP(w, r)
}
