package oracle

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// A Client sends requests to one proxy.
type Client struct {
	HTTP, HTTPS string // address and port
	PKI         *PKI
}

// answerWait bounds one request; the slowest recorded answer took three seconds.
const answerWait = 9 * time.Second

// A raw answer is what came back for one request, before anything is masked.
type rawAnswer struct {
	status   int
	proto    string
	fields   map[string][]string
	trailers map[string][]string
	interim  []int
	body     []byte
	took     time.Duration
	tls      *ClientTLS
	err      error
}

// Send sends q once with the given cookies and id.
func (c *Client) Send(ctx context.Context, q Request, cookie, id string) rawAnswer {
	ctx, cancel := context.WithTimeout(ctx, answerWait)
	defer cancel()
	start := time.Now()
	conn, state, err := c.connect(ctx, q)
	if err != nil {
		return rawAnswer{err: err, tls: state}
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		conn.SetDeadline(deadline)
	}
	var a rawAnswer
	if q.HTTP == "2" && (state == nil || state.ALPN == "h2") {
		a = roundTrip2(ctx, conn, q, cookie, id)
	} else {
		a = roundTrip1(conn, q, cookie, id)
	}
	a.tls = state
	a.took = time.Since(start)
	return a
}

func (c *Client) connect(ctx context.Context, q Request) (net.Conn, *ClientTLS, error) {
	dialer := net.Dialer{}
	if q.From != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(q.From)}
	}
	to := c.HTTP
	if q.Scheme == "https" || q.Port == "https" {
		to = c.HTTPS
	}
	conn, err := dialer.DialContext(ctx, "tcp4", to)
	if err != nil {
		return nil, nil, fmt.Errorf("connect: %w", err)
	}
	if q.Scheme != "https" {
		return conn, nil, nil
	}
	state := &ClientTLS{}
	conf, err := c.tlsConfig(q, state)
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	t := tls.Client(conn, conf)
	if err := t.HandshakeContext(ctx); err != nil {
		conn.Close()
		state.HandshakeError = err.Error()
		return nil, state, errors.New("TLS handshake failed")
	}
	fillState(state, t.ConnectionState())
	return t, state, nil
}

func (c *Client) tlsConfig(q Request, state *ClientTLS) (*tls.Config, error) {
	conf := &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, ServerName: q.SNI}
	switch q.SNI {
	case "":
		conf.ServerName, _, _ = strings.Cut(q.Host, ":")
	case "-":
		conf.ServerName = ""
	}
	if q.HTTP == "2" {
		conf.NextProtos = []string{"h2", "http/1.1"}
	}
	switch q.TLSMax {
	case "":
	case "1.0":
		conf.MaxVersion = tls.VersionTLS10
	case "1.1":
		conf.MaxVersion = tls.VersionTLS11
	case "1.2":
		conf.MaxVersion = tls.VersionTLS12
	default:
		return nil, fmt.Errorf("request %q: TLS version %q", q.Name, q.TLSMax)
	}
	if q.Cipher != "" {
		conf.MaxVersion = tls.VersionTLS12
		all := slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites())
		i := slices.IndexFunc(all, func(s *tls.CipherSuite) bool { return s.Name == q.Cipher })
		if i < 0 {
			return nil, fmt.Errorf("request %q: cipher %q", q.Name, q.Cipher)
		}
		conf.CipherSuites = []uint16{all[i].ID}
	}
	mine, ok := c.PKI.client[q.Cert]
	if q.Cert != "" && !ok {
		return nil, fmt.Errorf("request %q: client certificate %q", q.Name, q.Cert)
	}
	conf.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		state.Requested = true
		for _, raw := range info.AcceptableCAs {
			state.AcceptableCAs = append(state.AcceptableCAs, commonName(raw))
		}
		return &mine, nil
	}
	return conf, nil
}

func fillState(state *ClientTLS, s tls.ConnectionState) {
	state.Version = tls.VersionName(s.Version)
	state.ALPN = s.NegotiatedProtocol
	if len(s.PeerCertificates) > 0 {
		leaf := s.PeerCertificates[0]
		state.ServerCert = &ServerCert{CN: leaf.Subject.CommonName, Issuer: leaf.Issuer.CommonName, Sent: len(s.PeerCertificates)}
	}
}
