// Package upstream is the server behind every endpoint of the benchmark: one listener for all addresses of a network
// namespace, which answers with the address that it was reached at.
//
// It understands GET without a body and nothing else, and costs as little as it can, so that it doesn't measure itself.
package upstream

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/hawser-ingress/hawser/bench/load"
)

// Server is a running upstream.
type Server struct {
	listener net.Listener
	mu       sync.Mutex // guards conns
	conns    map[net.Conn]bool
	wait     sync.WaitGroup
}

// Start listens on an address, such as 0.0.0.0:8000 in a namespace without a way out.
func Start(address string) (*Server, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("start the upstream: %w", err)
	}
	s := &Server{listener: l, conns: map[net.Conn]bool{}}
	s.wait.Go(s.accept)
	return s, nil
}

// Addr is where the server listens.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Stop closes every connection.
func (s *Server) Stop() {
	_ = s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		_ = c.Close()
	}
	s.conns = nil
	s.mu.Unlock()
	s.wait.Wait()
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // of one connection
		}
		s.mu.Lock()
		if s.conns != nil {
			s.conns[c] = true
			s.wait.Go(func() { s.serve(c) })
		} else {
			_ = c.Close()
		}
		s.mu.Unlock()
	}
}

func (s *Server) serve(c net.Conn) {
	defer func() {
		_ = c.Close()
		s.mu.Lock()
		delete(s.conns, c)
		s.mu.Unlock()
	}()
	host, _, err := net.SplitHostPort(c.LocalAddr().String())
	if err != nil {
		return
	}
	answer := fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n%s: %s\r\n\r\nok\n", load.EndpointHeader, host)
	r := bufio.NewReaderSize(c, 2048)
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		if len(bytes.TrimRight(line, "\r\n")) > 0 {
			continue
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}
