package compare

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/compare/probe"
)

// sender asks one side. It keeps the connection for the next request that can use it, and belongs to one goroutine.
type sender struct {
	side    Side
	timeout time.Duration
	certs   map[probe.Client]*tls.Certificate
	proxy   bool // connections begin with the PROXY protocol
	kept    *conn
}

// conn is a connection, and for which requests it can be used.
type conn struct {
	key string
	net.Conn
	in        *bufio.Reader
	handshake *handshake
}

// send asks once. The error is that there is nobody to ask: no connection could be made.
func (s *sender) send(ctx context.Context, r probe.Request) (answer, error) {
	key := fmt.Sprint(r.Secure, r.SNI, r.Client, r.From)
	if s.kept != nil && (s.kept.key != key || r.Handshake) {
		s.drop()
	}
	if s.kept != nil {
		// An idle connection may be closed from the other side at any time; that is no answer to this request.
		if a := s.exchange(ctx, r); a.outcome != closed {
			return a, nil
		}
	}
	if a, err := s.connect(ctx, r, key); err != nil || a != nil {
		if a == nil {
			return answer{}, err
		}
		return *a, nil
	}
	return s.exchange(ctx, r), nil
}

// drop closes the connection.
func (s *sender) drop() {
	if s.kept != nil {
		_ = s.kept.Close()
		s.kept = nil
	}
}

// connect makes a connection; a handshake that fails is an answer.
func (s *sender) connect(ctx context.Context, r probe.Request, key string) (*answer, error) {
	s.drop()
	raw, err := s.dial(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("connect to the %s side: %w", s.side.Name, err)
	}
	c := &conn{key: key, Conn: raw}
	if r.Secure {
		if err := c.secure(ctx, r, s.timeout, s.certs[r.Client], "http/1.1"); err != nil {
			_ = raw.Close()
			a := failed(err)
			return &a, nil
		}
		if r.Handshake {
			c.handshake.protocol = s.protocol(ctx, r)
		}
	}
	c.in = bufio.NewReaderSize(c.Conn, 64<<10)
	s.kept = c
	return nil, nil
}

// dial makes a connection, and says whose it is if that is asked for.
func (s *sender) dial(ctx context.Context, r probe.Request) (net.Conn, error) {
	dialer := net.Dialer{Timeout: s.timeout}
	c, err := dialer.DialContext(ctx, "tcp", s.side.address(r.Secure))
	if err != nil || !s.proxy {
		return c, err
	}
	if _, err := io.WriteString(c, proxyLine(c, r.From)); err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// proxyLine is the header of the PROXY protocol, version 1. Without another client it names the one that there is.
func proxyLine(c net.Conn, from string) string {
	source, err := netip.ParseAddrPort(c.LocalAddr().String())
	target, errTarget := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil || errTarget != nil {
		return "PROXY UNKNOWN\r\n"
	}
	client, to := source.Addr().Unmap(), target.Addr().Unmap()
	if other, err := netip.ParseAddr(from); err == nil {
		client = other
	}
	family := "TCP4"
	if client.Is6() || to.Is6() { // both are of one family
		family = "TCP6"
		client, to = netip.AddrFrom16(client.As16()), netip.AddrFrom16(to.As16())
	}
	return fmt.Sprintf("PROXY %s %s %s %d %d\r\n", family, client, to, source.Port(), target.Port())
}

// protocol is what a server chooses if it can have HTTP/2, which is found out with a connection of its own.
func (s *sender) protocol(ctx context.Context, r probe.Request) string {
	raw, err := s.dial(ctx, r)
	if err != nil {
		return "not known"
	}
	defer raw.Close()
	c := &conn{Conn: raw}
	if err := c.secure(ctx, r, s.timeout, s.certs[r.Client], "h2", "http/1.1"); err != nil {
		return string(failed(err).outcome)
	}
	if c.handshake.protocol == "" {
		return "none"
	}
	return c.handshake.protocol
}

// secure makes the handshake.
func (c *conn) secure(ctx context.Context, r probe.Request, timeout time.Duration, cert *tls.Certificate, protocols ...string) error {
	asked, acceptable := false, [][]byte{}
	config := &tls.Config{
		InsecureSkipVerify: true, // certificates are compared, not trusted: nothing secret is sent
		ServerName:         r.SNI,
		MinVersion:         tls.VersionTLS10,
		NextProtos:         protocols,
		GetClientCertificate: func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked, acceptable = true, info.AcceptableCAs
			if cert == nil {
				return new(tls.Certificate), nil
			}
			return cert, nil
		},
	}
	if err := c.SetDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	conn := tls.Client(c.Conn, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	c.Conn, c.handshake = conn, describe(conn.ConnectionState())
	c.handshake.asked = asked
	for _, raw := range acceptable {
		c.handshake.names = append(c.handshake.names, authority(raw))
	}
	slices.Sort(c.handshake.names)
	return nil
}

// authority is the name of a CA.
func authority(raw []byte) string {
	var sequence pkix.RDNSequence
	if _, err := asn1.Unmarshal(raw, &sequence); err != nil {
		return fmt.Sprintf("%x", raw)
	}
	return sequence.String()
}

// exchange sends a request on the connection that is there, and closes it unless it can be used again.
func (s *sender) exchange(ctx context.Context, r probe.Request) answer {
	c := s.kept
	if err := c.SetDeadline(time.Now().Add(s.timeout)); err != nil {
		s.drop()
		return failed(err)
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Now()) })
	defer stop()
	sent := make(chan error, 1)
	go func() { sent <- write(c, r) }()
	a, again := c.receive(r)
	if !again || len(sent) == 0 {
		// A server that answers before it has read the body does not read the rest.
		s.drop()
	}
	if err := <-sent; err != nil {
		s.drop()
	}
	a.handshake = c.handshake
	a.ports = [2]string{s.side.port(false), s.side.port(true)}
	if local, err := netip.ParseAddrPort(c.LocalAddr().String()); err == nil {
		a.local = local.Addr().Unmap()
	}
	return a
}

// receive reads the answer, and says whether another request can follow.
func (c *conn) receive(r probe.Request) (a answer, again bool) {
	for range 5 { // interim answers
		response, err := http.ReadResponse(c.in, &http.Request{Method: r.Method})
		if err != nil {
			return failed(err), false
		}
		if response.StatusCode/100 == 1 && response.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		if response.StatusCode == http.StatusSwitchingProtocols {
			response.Body = http.NoBody
			response.Close = true
		}
		a.read(response)
		_ = response.Body.Close()
		return a, !response.Close && a.ended == ""
	}
	return answer{outcome: garbled}, false
}

// write sends the bytes of a request.
func write(w io.Writer, r probe.Request) error {
	var head bytes.Buffer
	fmt.Fprintf(&head, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.Method, r.Target, r.Host)
	hasAgent := false
	for _, h := range r.Headers {
		fmt.Fprintf(&head, "%s: %s\r\n", h.Name, h.Value)
		hasAgent = hasAgent || strings.EqualFold(h.Name, "User-Agent")
	}
	if !hasAgent {
		head.WriteString("User-Agent: hawser-compare\r\n")
	}
	if r.Body > 0 || r.Method == "POST" || r.Method == "PUT" || r.Method == "PATCH" {
		fmt.Fprintf(&head, "Content-Type: application/octet-stream\r\nContent-Length: %d\r\n", r.Body)
	}
	head.WriteString("\r\n")
	if _, err := w.Write(head.Bytes()); err != nil {
		return err
	}
	_, err := io.CopyN(w, filler{}, r.Body)
	return err
}

// filler is an endless body.
type filler struct{}

func (filler) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// decoded undoes gzip: two programs compress the same text to different bytes.
func decoded(r *http.Response) (io.Reader, error) {
	if !strings.EqualFold(r.Header.Get("Content-Encoding"), "gzip") || r.Request.Method == http.MethodHead || r.ContentLength == 0 || r.StatusCode == 304 {
		return r.Body, nil
	}
	return gzip.NewReader(r.Body)
}
