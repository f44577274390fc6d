package compare

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// outcome is how an exchange ended.
type outcome string

const (
	answered outcome = "answered"
	refused  outcome = "TLS handshake refused"
	closed   outcome = "connection closed without an answer"
	timedOut outcome = "no answer in time"
	garbled  outcome = "an answer that is not HTTP"
)

// answer is what came back from one side.
type answer struct {
	outcome   outcome
	alert     string // of refused, as TLS names it
	status    int
	header    http.Header
	body      []byte // its beginning, decoded
	length    int64  // of all of it, decoded
	sum       string // of all of it
	ended     string // how the body ended, if not well
	handshake *handshake
	local     netip.Addr // of the connection, as this side of it knows it
	ports     [2]string  // of the side: HTTP and HTTPS
}

// handshake is what a client learns before it asks.
type handshake struct {
	version       string
	protocol      string // that is chosen if HTTP/2 is offered
	leaf          *x509.Certificate
	intermediates int
	asked         bool     // a client certificate was asked for
	names         []string // that it may be signed by; sorted
}

func describe(s tls.ConnectionState) *handshake {
	h := &handshake{version: tls.VersionName(s.Version), protocol: s.NegotiatedProtocol}
	if len(s.PeerCertificates) > 0 {
		h.leaf, h.intermediates = s.PeerCertificates[0], len(s.PeerCertificates)-1
	}
	return h
}

// failed turns an error of the connection into what does not vary from run to run.
func failed(err error) answer {
	var timeout net.Error
	text := err.Error()
	_, alert, isAlert := strings.Cut(text, "remote error: tls: ")
	switch {
	case isAlert:
		return answer{outcome: refused, alert: alert}
	case errors.As(err, &timeout) && timeout.Timeout():
		return answer{outcome: timedOut}
	case strings.Contains(text, "malformed HTTP") || strings.Contains(text, "tls: first record does not look like a TLS handshake"):
		return answer{outcome: garbled}
	default:
		return answer{outcome: closed}
	}
}

// keep is how much of a body is kept to be looked into.
const keep = 1 << 20

// maxBody is how much of a body is read.
const maxBody = 256 << 20

// read fills in status, header and body.
func (a *answer) read(r *http.Response) {
	a.outcome, a.status, a.header = answered, r.StatusCode, r.Header
	body, err := decoded(r)
	if err != nil {
		a.ended = "it is not what its Content-Encoding says"
		body = r.Body
	}
	sum := sha256.New()
	var first prefix
	a.length, err = io.Copy(io.MultiWriter(sum, &first), io.LimitReader(body, maxBody))
	a.body, a.sum = first, hex.EncodeToString(sum.Sum(nil))
	var timeout net.Error
	switch {
	case err == nil && a.length == maxBody:
		a.ended = "it is larger than what is read"
	case errors.As(err, &timeout) && timeout.Timeout():
		a.ended = "it did not end in time"
	case err != nil:
		a.ended = "it was cut"
	}
}

// prefix keeps the beginning of what is written to it.
type prefix []byte

func (p *prefix) Write(b []byte) (int, error) {
	if room := keep - len(*p); room > 0 {
		*p = append(*p, b[:min(room, len(b))]...)
	}
	return len(b), nil
}

// whole reports whether all of the body was kept.
func (a *answer) whole() bool { return a.ended == "" && a.length <= keep }

// selfMade reports whether a certificate is one that a controller made for itself: signed by its own key, and not for
// the name that was asked for. No client can check it, so that it may have any content.
func (h *handshake) selfMade(name string) bool {
	c := h.leaf
	return c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil && c.VerifyHostname(name) != nil
}

func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return "SHA-256 " + hex.EncodeToString(sum[:])
}

func expiry(c *x509.Certificate) string { return c.NotAfter.UTC().Format(time.RFC3339) }

func names(c *x509.Certificate) string {
	out := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		out = append(out, ip.String())
	}
	return strings.Join(out, ", ")
}
