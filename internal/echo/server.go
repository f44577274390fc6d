package echo

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Server is a running backend.
type Server struct {
	http *http.Server
	addr netip.AddrPort
	stop context.CancelFunc
	done chan struct{} // closed when serving has ended; err is set before
	err  error
}

// Start listens and serves until Close.
func Start(c Config) (*Server, error) {
	addr := c.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("start the echo backend: %w", err)
	}
	bound := listener.Addr().(*net.TCPAddr).AddrPort()
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	if c.TLSCert != nil {
		pair, err := tls.X509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			_ = listener.Close()
			return nil, fmt.Errorf("start the echo backend: %w", err)
		}
		listener = tls.NewListener(listener, &tls.Config{
			Certificates: []tls.Certificate{pair},
			ClientAuth:   tls.RequestClientCert,
			NextProtos:   []string{"h2", "http/1.1"},
		})
		protocols.SetUnencryptedHTTP2(false)
		protocols.SetHTTP2(true)
	}

	ctx, stop := context.WithCancel(context.Background())
	s := &Server{
		addr: netip.AddrPortFrom(bound.Addr().Unmap(), bound.Port()),
		stop: stop,
		done: make(chan struct{}),
		http: &http.Server{
			Handler:           Handler(c),
			Protocols:         protocols,
			ReadHeaderTimeout: 30 * time.Second,
			MaxHeaderBytes:    4 << 20, // a forwarded certificate chain may be large
			BaseContext:       func(net.Listener) context.Context { return ctx },
			ErrorLog:          log.New(io.Discard, "", 0), // cut connections are asked for
		},
	}
	go func() {
		defer close(s.done)
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.err = err
		}
	}()
	return s, nil
}

// Addr is where the backend listens.
func (s *Server) Addr() netip.AddrPort { return s.addr }

// Close cuts all connections, WebSockets included, and returns when the backend no longer serves. It may be repeated.
func (s *Server) Close() error {
	s.stop()
	err := s.http.Close()
	<-s.done
	return errors.Join(err, s.err)
}
