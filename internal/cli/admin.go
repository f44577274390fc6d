package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/hawser-ingress/hawser/internal/control"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
	"github.com/hawser-ingress/hawser/internal/statuspage"
)

// serveAdmin answers health checks: /healthz while the program lives, /metrics, the status page, /readyz while new connections are wanted, which
// is from the first configuration until ctx ends.
func (r *runCommand) serveAdmin(ctx context.Context, c *control.Controller, log *slog.Logger) (stop func(), err error) {
	if r.admin == "" {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", r.admin)
	if err != nil {
		return nil, fmt.Errorf("--admin-address: %w", err)
	}
	mux := http.NewServeMux()
	for _, path := range r.health.paths() {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	}
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if ctx.Err() != nil {
			http.Error(w, "shutting down", http.StatusServiceUnavailable)
			return
		}
		select {
		case <-c.Ready():
			fmt.Fprintln(w, "ok")
		default:
			http.Error(w, "the first configuration is not live", http.StatusServiceUnavailable)
		}
	})
	mux.Handle("GET /metrics", r.metrics.Handler())
	if r.page {
		if err := r.status.Register(mux); err != nil {
			return nil, errors.Join(err, listener.Close())
		}
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("The admin port is closed", "error", err)
		}
	}()
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
		<-done
	}, nil
}

// proxyStatus is HAProxy as the status page asks it.
type proxyStatus struct{ *process.Process }

func (p proxyStatus) Stats(ctx context.Context, kinds runtime.StatKind) ([]runtime.Stat, error) {
	client, err := p.Runtime()
	if err != nil {
		return nil, err
	}
	return client.Stats(ctx, kinds)
}

func (r *runCommand) newStatus(proxy *process.Process) *statuspage.Status {
	r.status = statuspage.New(statuspage.Options{HAProxy: proxyStatus{proxy}, Version: Version, Now: time.Now})
	return r.status
}
