package oracle

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Farm is the upstream servers of one block of addresses, running.
type Farm struct {
	Block Block
	log   logbook

	pki   *PKI
	stop  context.CancelFunc
	done  <-chan struct{}
	group sync.WaitGroup
	http  []*http.Server
	lines []net.Listener
}

// bodyWait is how long a server waits for the rest of a body.
const bodyWait = 3 * time.Second

// StartFarm starts every server on the first block of addresses that is free; Close stops them.
func StartFarm(pki *PKI) (*Farm, error) {
	var last error
	for n := range 250 {
		b := Block{netip.PrefixFrom(netip.AddrFrom4([4]byte{127, 77, byte(n), 0}), 24)}
		f, err := startOn(b, pki)
		if err == nil {
			return f, nil
		}
		last = err
	}
	return nil, fmt.Errorf("no free block of addresses: %w", last)
}

func startOn(b Block, pki *PKI) (*Farm, error) {
	ctx, stop := context.WithCancel(context.Background())
	f := &Farm{Block: b, pki: pki, stop: stop, done: ctx.Done()}
	for _, s := range servers() {
		if s.kind == noServer {
			continue
		}
		if err := f.start(s); err != nil {
			f.Close()
			return nil, err
		}
	}
	return f, nil
}

// Close stops the servers, cuts their connections and waits until nothing runs.
func (f *Farm) Close() {
	f.stop()
	for _, l := range f.lines {
		l.Close()
	}
	for _, s := range f.http {
		s.Close()
	}
	f.group.Wait()
}

func (f *Farm) start(s server) error {
	l, err := net.Listen("tcp4", netip.AddrPortFrom(f.Block.addr(s), s.port).String())
	if err != nil {
		return fmt.Errorf("start upstream server %s: %w", s.name, err)
	}
	f.lines = append(f.lines, l)
	switch s.kind {
	case grpcServer, grpcsServer:
		return f.startHTTP2(s, l)
	case tlsServer:
		conf, err := f.tlsConfig()
		if err != nil {
			return err
		}
		l = tls.NewListener(l, conf)
	}
	f.group.Go(func() { f.accept(s, l) })
	return nil
}

func (f *Farm) tlsConfig() (*tls.Config, error) {
	cert, err := f.pki.serverCert("upstream.test", &f.pki.upstream)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequestClientCert, MinVersion: tls.VersionTLS12}, nil
}

func (f *Farm) accept(s server, l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		f.group.Go(func() {
			finished := make(chan struct{})
			f.group.Go(func() {
				select {
				case <-f.done:
				case <-finished:
				}
				c.Close()
			})
			f.serve(s, c)
			close(finished)
		})
	}
}

// serve answers the requests of one connection.
func (f *Farm) serve(s server, c net.Conn) {
	r := bufio.NewReader(c)
	for {
		h, err := readHead(r)
		if err != nil {
			return
		}
		if strings.EqualFold(h.get("Expect"), "100-continue") {
			if _, err := io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n"); err != nil {
				return
			}
		}
		c.SetReadDeadline(time.Now().Add(bodyWait))
		body, err := readBody(r, h, false)
		c.SetReadDeadline(time.Time{})
		saw := sight(s, h, body)
		saw.BodyCut = err != nil
		saw.TLS = upstreamTLS(c)
		control := h.values()
		if s.kind != probeServer {
			f.log.add(first(control, idHeader), saw)
		}
		if err != nil {
			return
		}
		if !f.answer(c, h, saw, behave(s, saw, control)) {
			return
		}
	}
}

func sight(s server, h head, body []byte) Sighting {
	method, rest, _ := strings.Cut(h.start, " ")
	i := strings.LastIndex(rest, " ")
	uri, proto := rest, ""
	if i >= 0 {
		uri, proto = rest[:i], rest[i+1:]
	}
	return Sighting{Server: s.name, Method: method, URI: uri, Proto: proto, Host: h.get("Host"), Headers: shown(h.values()),
		BodyLen: len(body), BodySHA256: hashOf(body)}
}

func upstreamTLS(c net.Conn) *UpstreamTLS {
	t, ok := c.(*tls.Conn)
	if !ok {
		return nil
	}
	return upstreamState(t.ConnectionState())
}

func upstreamState(state tls.ConnectionState) *UpstreamTLS {
	out := &UpstreamTLS{SNI: state.ServerName, Version: tls.VersionName(state.Version), ALPN: state.NegotiatedProtocol}
	if len(state.PeerCertificates) > 0 {
		out.ClientCert = state.PeerCertificates[0].Subject.String()
	}
	return out
}

// answer writes r and says whether the connection may be used again.
func (f *Farm) answer(c net.Conn, h head, saw Sighting, r reply) bool {
	if !f.pause(r.delay) || r.cut {
		return false
	}
	var out strings.Builder
	fmt.Fprintf(&out, "HTTP/1.1 %d %s\r\n", r.status, http.StatusText(r.status))
	for _, l := range r.fields {
		fmt.Fprintf(&out, "%s: %s\r\n", l.name, l.value)
	}
	bodiless := r.status == http.StatusNoContent || r.status == http.StatusNotModified
	if !bodiless {
		out.WriteString("Content-Length: " + strconv.Itoa(len(r.body)) + "\r\n")
	}
	closing := saw.Proto == "HTTP/1.0" || strings.EqualFold(h.get("Connection"), "close")
	if closing {
		out.WriteString("Connection: close\r\n")
	}
	out.WriteString("\r\n")
	if !bodiless && saw.Method != http.MethodHead {
		out.Write(r.body)
	}
	_, err := io.WriteString(c, out.String())
	return err == nil && !closing
}

// pause waits and is false when the farm closed meanwhile.
func (f *Farm) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	select {
	case <-time.After(d):
		return true
	case <-f.done:
		return false
	}
}
