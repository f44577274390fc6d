package cli

import (
	"context"
	"log/slog"
	"path/filepath"

	"github.com/hawser-ingress/hawser/internal/verifier"
)

// passwords answers HAProxy's questions about users.
type passwords struct {
	*verifier.Server
	socket string
	cancel context.CancelFunc
	ended  chan struct{}
}

// servePasswords does not end with the context of the program: while HAProxy drains, it still asks. Stop ends it.
func servePasswords(dir string, log *slog.Logger) (*passwords, error) {
	socket := filepath.Join(dir, "verify.sock")
	server, err := verifier.Listen(socket)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &passwords{server, socket, cancel, make(chan struct{})}
	go func() {
		defer close(p.ended)
		if err := server.Serve(ctx); err != nil {
			log.Error("Passwords can't be verified any more, so routes with users answer 503", "error", err)
		}
	}()
	return p, nil
}

// Stop returns when the last answer is given.
func (p *passwords) Stop() {
	p.cancel()
	<-p.ended
}
