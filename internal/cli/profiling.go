package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/spf13/pflag"
)

// profilingFlags open a port with Go's profiles of the controller, as ingress-nginx has it, but not unless asked for: a
// profile tells the names of what is served.
type profilingFlags struct {
	on      bool
	address string
	port    uint16
}

func (p *profilingFlags) register(f *pflag.FlagSet) {
	f.BoolVar(&p.on, "profiling", false, "offer Go's profiles of the controller, /debug/pprof/")
	f.StringVar(&p.address, "profiler-address", "127.0.0.1", "address of --profiling")
	f.Uint16Var(&p.port, "profiler-port", 10245, "port of --profiling")
}

// serve answers until stop.
func (p *profilingFlags) serve(log *slog.Logger) (stop func(), err error) {
	if !p.on {
		return func() {}, nil
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(p.address, strconv.Itoa(int(p.port))))
	if err != nil {
		return nil, fmt.Errorf("--profiling: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("The port of --profiling is closed", "error", err)
		}
	}()
	log.Info("Profiling", "address", listener.Addr())
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = server.Shutdown(ctx)
		<-done
	}, nil
}
