package rig

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Dialing says how a connection is opened.
type Dialing struct {
	Plain   bool   // the HTTP port; all else is for TLS
	SNI     string // "": none is sent
	Client  *Client
	Obey    bool // present the certificate only if the names of the CertificateRequest allow it
	Version uint16
	H2      bool
	Session *Session // resumed from and stored to, if not nil
}

// Session holds the last TLS session that was stored in it, whatever its host.
type Session struct{ state *tls.ClientSessionState }

// Get implements tls.ClientSessionCache; the key, which has the name of the
// server, is left aside: that is the point of the attack.
func (s *Session) Get(string) (*tls.ClientSessionState, bool) { return s.state, s.state != nil }

// Put implements tls.ClientSessionCache.
func (s *Session) Put(_ string, state *tls.ClientSessionState) {
	if state != nil {
		s.state = state
	}
}

// Request is one request; HTTP/1.1 sends the parts as they are.
type Request struct {
	Method string // "" is GET
	Target string
	Host   string
	Header [][2]string
	Body   string
}

// Answer is what came back.
type Answer struct {
	Failure  string // why there is no status; "" if there is one
	Status   int
	Location string
	HSTS     string
	Body     string
}

// Handshake is what a client learns from the handshake.
type Handshake struct {
	Requested bool   // a CertificateRequest came
	Names     string // number and digest of the CA names in it
	Resumed   bool
}

const exchangeLimit = 15 * time.Second

// Conn is a connection to a proxy.
type Conn struct {
	Handshake
	raw  net.Conn
	conn net.Conn
	h2   *h2Conn
	h1   *h1Conn
}

// Dial opens a connection. The error is the peer's refusal.
func (p *Proxy) Dial(d Dialing) (*Conn, error) {
	addr := p.TLSAddr
	if d.Plain {
		addr = p.HTTPAddr
	}
	raw, err := net.DialTimeout("tcp", addr, exchangeLimit)
	if err != nil {
		return nil, err
	}
	if err := raw.SetDeadline(time.Now().Add(exchangeLimit)); err != nil {
		return nil, err
	}
	c := &Conn{raw: raw, conn: raw}
	if !d.Plain {
		if err := c.handshake(d); err != nil {
			raw.Close()
			return nil, err
		}
	}
	if !d.H2 {
		c.h1 = newH1(c.conn)
		return c, nil
	}
	c.h2, err = newH2(c.conn)
	if err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

func (c *Conn) handshake(d Dialing) error {
	config := &tls.Config{
		InsecureSkipVerify: true,
		ServerName:         d.SNI,
		MinVersion:         d.Version,
		MaxVersion:         d.Version,
		NextProtos:         []string{"http/1.1"},
		GetClientCertificate: func(request *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			c.Requested = true
			c.Names = digest(request.AcceptableCAs)
			if d.Client == nil || d.Client.Certificate == nil {
				return new(tls.Certificate), nil
			}
			if d.Obey && request.SupportsCertificate(d.Client.Certificate) != nil {
				return new(tls.Certificate), nil
			}
			return d.Client.Certificate, nil
		},
	}
	if d.H2 {
		config.NextProtos = []string{"h2"}
	}
	if d.Session != nil {
		config.ClientSessionCache = d.Session
	}
	conn := tls.Client(c.raw, config)
	if err := conn.Handshake(); err != nil {
		return err
	}
	c.Resumed = conn.ConnectionState().DidResume
	c.conn = conn
	return nil
}

// digest names a list of CA names by its length and content.
func digest(names [][]byte) string {
	if len(names) == 0 {
		return "no names"
	}
	return fmt.Sprintf("%d names %x", len(names), sha256.Sum256(bytes.Join(names, []byte{0})))[:20]
}

// Close ends the connection.
func (c *Conn) Close() { c.raw.Close() }

// Do sends a request and reads its answer.
func (c *Conn) Do(r Request) Answer {
	if err := c.raw.SetDeadline(time.Now().Add(exchangeLimit)); err != nil {
		return Answer{Failure: err.Error()}
	}
	if r.Method == "" {
		r.Method = "GET"
	}
	var answer Answer
	var err error
	if c.h2 != nil {
		answer, err = c.h2.do(r)
	} else {
		answer, err = c.h1.do(r)
	}
	if err != nil {
		return Answer{Failure: Reason(err)}
	}
	return answer
}

// Fields sends the fields of an HTTP/2 request as they are, in their order.
func (c *Conn) Fields(fields [][2]string, body string) Answer {
	if err := c.raw.SetDeadline(time.Now().Add(exchangeLimit)); err != nil {
		return Answer{Failure: err.Error()}
	}
	answer, err := c.h2.exchange(fields, body)
	if err != nil {
		return Answer{Failure: Reason(err)}
	}
	return answer
}

// Raw sends bytes as they are and reads until the peer closes or is silent.
func (c *Conn) Raw(text string, silence time.Duration) string {
	if _, err := io.WriteString(c.conn, text); err != nil {
		return ""
	}
	var out strings.Builder
	buffer := make([]byte, 16<<10)
	for {
		if err := c.raw.SetDeadline(time.Now().Add(silence)); err != nil {
			return out.String()
		}
		n, err := c.conn.Read(buffer)
		out.Write(buffer[:n])
		if err != nil {
			return out.String()
		}
	}
}

// Reason reduces an error of the connection to what doesn't vary from run to
// run: the alert, or that the peer closed.
func Reason(err error) string {
	text := err.Error()
	if _, alert, found := strings.Cut(text, "remote error: "); found {
		return alert
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(text, "reset by peer") || strings.Contains(text, "broken pipe") {
		return "closed"
	}
	return text
}
