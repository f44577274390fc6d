// Package load sends requests and counts what became of them: answered, failed, reset, stale.
//
// It speaks HTTP/1.1 by itself, because a client that repeats a request silently can't count. It costs little, so that
// it doesn't measure itself. It says nothing about a controller: whose endpoint an answer came from is asked of the
// caller.
package load

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// EndpointHeader is where an upstream of the benchmark tells its address.
const EndpointHeader = "X-Endpoint"

// Target is what a request is sent to. The zero TLS is plain HTTP.
type Target struct {
	Address string // host:port that is connected to
	Host    string
	Path    string
	TLS     *tls.Config // its ServerName is the Host
	Timeout time.Duration
}

// Answer is a response that was read to its end.
type Answer struct {
	Status   int
	Endpoint string
	Closing  bool // the connection is not used again, by the server's wish
}

// errors of a request, told apart by what the client can know.
var (
	errNoAnswer = errors.New("the connection ended before the first byte of an answer")
	errCut      = errors.New("the connection ended within an answer")
	errSyntax   = errors.New("the answer is no HTTP")
)

// Conn is one connection; it belongs to one goroutine.
type Conn struct {
	net.Conn
	raw     net.Conn // below TLS
	target  Target
	request []byte
	reader  *bufio.Reader
	Used    int // answers that it has given
	// Leaf is the certificate that the server has shown; nil on plain HTTP.
	Leaf []byte
}

// Dial opens a connection, and makes the TLS handshake if there is one to make.
func Dial(t Target) (*Conn, error) {
	limit := t.timeout()
	raw, err := dial(t.Address, limit)
	if err != nil {
		return nil, err
	}
	c := &Conn{Conn: raw, raw: raw, target: t, request: fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n", t.Path, t.Host)}
	if t.TLS != nil {
		if err := c.handshake(limit); err != nil {
			_ = raw.Close()
			return nil, err
		}
	}
	c.reader = bufio.NewReaderSize(c.Conn, 1024)
	return c, nil
}

// dial takes the short way for an address without a name: the one through the resolver starts a goroutine and timers.
func dial(address string, limit time.Duration) (net.Conn, error) {
	if at, err := netip.ParseAddrPort(address); err == nil {
		return net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(at))
	}
	return net.DialTimeout("tcp", address, limit)
}

// Close ends the connection without the alert of TLS, which says nothing after a whole answer.
func (c *Conn) Close() error { return c.raw.Close() }

func (t Target) timeout() time.Duration {
	if t.Timeout > 0 {
		return t.Timeout
	}
	return 10 * time.Second
}

func (c *Conn) handshake(limit time.Duration) error {
	if err := c.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	config := c.target.TLS.Clone()
	config.ServerName = c.target.Host
	secured := tls.Client(c.Conn, config)
	if err := secured.Handshake(); err != nil {
		return err
	}
	if certs := secured.ConnectionState().PeerCertificates; len(certs) > 0 {
		c.Leaf = certs[0].Raw
	}
	c.Conn = secured
	return nil
}

// Fast is how the benchmark connects: whatever certificate is shown is taken, and compared by the one who asked.
func Fast() *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // the certificate is compared as a whole
		CurvePreferences:   []tls.CurveID{tls.X25519},
	}
}

// Do sends the request and reads the answer.
func (c *Conn) Do() (Answer, error) {
	if err := c.SetDeadline(time.Now().Add(c.target.timeout())); err != nil {
		return Answer{}, err
	}
	if _, err := c.Write(c.request); err != nil {
		return Answer{}, lost(err, errNoAnswer)
	}
	if _, err := c.reader.Peek(1); err != nil {
		return Answer{}, lost(err, errNoAnswer)
	}
	a, err := c.read()
	if err != nil {
		return a, lost(err, errCut)
	}
	c.Used++
	return a, nil
}

// lost says what the end of a connection means; a time-out stays what it is.
func lost(err, meaning error) error {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return err
	}
	if errors.Is(err, errSyntax) {
		return err
	}
	return fmt.Errorf("%w: %w", meaning, err)
}

// read takes one answer from the connection. Without Content-Length its end is that of the connection.
func (c *Conn) read() (Answer, error) {
	var a Answer
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		return a, syntax(err)
	}
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return a, errSyntax
	}
	if a.Status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return a, errSyntax
	}
	a.Closing = line[7] == '0'
	length := -1
	for {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return a, syntax(err)
		}
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil {
				return a, errSyntax
			}
		case bytes.EqualFold(name, []byte(EndpointHeader)):
			a.Endpoint = string(value)
		case bytes.EqualFold(name, []byte("Connection")) && bytes.EqualFold(value, []byte("close")):
			a.Closing = true
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			return a, fmt.Errorf("%w that this client reads: its length is not given", errSyntax)
		}
	}
	return a, c.skip(&a, length)
}

func (c *Conn) skip(a *Answer, length int) error {
	if length >= 0 {
		_, err := c.reader.Discard(length)
		return err
	}
	a.Closing = true
	_, err := io.Copy(io.Discard, c.reader)
	return err
}

func syntax(err error) error {
	if errors.Is(err, bufio.ErrBufferFull) {
		return errSyntax
	}
	return err
}
