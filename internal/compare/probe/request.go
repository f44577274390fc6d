// Package probe says which requests are sent to compare two controllers: generated from a model, or taken from a log.
//
// It never sends anything. The same model gives the same requests in the same order, each once; what can't be asked is
// listed with the reason, not dropped.
package probe

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Kind is what a request tries.
type Kind string

// The kinds of requests.
const (
	Path             Kind = "path"                // a path as the Ingress writes it
	Plain            Kind = "plain-http"          // the same on plain HTTP
	Slash            Kind = "slash"               // with a slash at the end, or without the one that is there
	Below            Kind = "below"               // one segment more
	Suffix           Kind = "suffix"              // the last segment made longer
	Sibling          Kind = "sibling"             // another segment beside it
	Case             Kind = "case"                // letters in upper case
	Encoded          Kind = "encoded"             // a letter percent-encoded
	EncodedSlash     Kind = "encoded-slash"       // a slash percent-encoded
	DoubleSlash      Kind = "double-slash"        // a slash written twice
	Dots             Kind = "dots"                // a detour through ".."
	Query            Kind = "query"               // with a query
	Head             Kind = "head"                // HEAD
	Root             Kind = "root"                // "/" of the host
	Missing          Kind = "missing"             // a path that no Ingress names
	Alias            Kind = "alias"               // another name of the host
	UnknownHost      Kind = "unknown-host"        // a name that no Ingress has
	HostCase         Kind = "host-case"           // the name in upper case
	HostDot          Kind = "host-dot"            // the name with a dot at its end
	HostPort         Kind = "host-port"           // the name with a port
	OtherSNI         Kind = "other-sni"           // the handshake names another host
	ClientHeaders    Kind = "client-headers"      // headers that a client should not be believed
	Compressed       Kind = "compressed"          // gzip is accepted
	Preflight        Kind = "cors-preflight"      // an origin that is allowed asks first
	CORS             Kind = "cors"                // an origin that is allowed
	ForeignOrigin    Kind = "cors-foreign"        // one that is not
	NoCredentials    Kind = "no-credentials"      // a protected path without credentials
	WrongCredentials Kind = "wrong-credentials"   // with wrong ones
	NoCertificate    Kind = "no-certificate"      // a host that asks for certificates, without one
	SelfSigned       Kind = "self-signed"         // with a self-signed one
	GoodCertificate  Kind = "client-certificate"  // with the one that was given
	BodyAtLimit      Kind = "body-at-limit"       // as large as is allowed
	BodyOverLimit    Kind = "body-over-limit"     // one byte more
	ClaimsDenied     Kind = "claims-denied"       // X-Forwarded-For names a client that is not allowed
	ClaimsAllowed    Kind = "claims-allowed"      // X-Forwarded-For names one that is
	FromDenied       Kind = "from-denied"         // the PROXY protocol names a client that is not allowed
	FromAllowed      Kind = "from-allowed"        // it names one that is
	CanaryHeader     Kind = "canary-header"       // the header that chooses the canary
	CanaryNever      Kind = "canary-header-never" // the header that avoids it
	CanaryCookie     Kind = "canary-cookie"       // the cookie that chooses it
	Replayed         Kind = "replayed"            // from a log
)

// Client says which certificate a request presents if it is asked for one.
type Client string

// The certificates of a client.
const (
	None  Client = ""
	Self  Client = "self-signed" // made for the run
	Given Client = "given"       // of the command line
)

// Header is a header field.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Request is one request, as it is sent to both sides.
type Request struct {
	ID        string   `json:"id"` // names what is sent: the same request has the same
	Kind      Kind     `json:"kind"`
	Ingress   string   `json:"ingress,omitempty"` // "namespace/name" of the Ingress that it is about
	Method    string   `json:"method"`
	Secure    bool     `json:"secure"`
	Host      string   `json:"host"`
	SNI       string   `json:"sni,omitempty"`
	Target    string   `json:"target"` // path and query, as they are sent
	Headers   []Header `json:"headers,omitempty"`
	Body      int64    `json:"body,omitempty"` // bytes
	Client    Client   `json:"clientCertificate,omitempty"`
	From      string   `json:"from,omitempty"`      // address of the client that the PROXY protocol names
	Handshake bool     `json:"handshake,omitempty"` // the certificate and what the handshake says are compared too
	Count     int      `json:"count,omitempty"`     // how often a log has it
}

// URL is the request for a reader.
func (r Request) URL() string {
	if r.Secure {
		return "https://" + r.Host + r.Target
	}
	return "http://" + r.Host + r.Target
}

// Name is the host without port and final dot, in lower case.
func (r Request) Name() string { return bare(r.Host) }

// String is method and URL.
func (r Request) String() string { return r.Method + " " + r.URL() }

// digest names everything that is sent.
func (r Request) digest() string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %v %q %q %q %q %d %q %q", r.Method, r.Secure, r.Host, r.SNI, r.Target, r.Headers, r.Body, r.Client, r.From)
	return hex.EncodeToString(sum.Sum(nil))[:10]
}

// Safe reports whether a method changes nothing by its definition (RFC 9110, 9.2.1).
func Safe(method string) bool { return method == "GET" || method == "HEAD" || method == "OPTIONS" }

// sendable reports whether no part of the request ends it, or a line of it.
func (r Request) sendable() bool {
	word := func(s string) bool {
		return s != "" && !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f })
	}
	for _, h := range r.Headers {
		if !word(h.Name) || strings.Contains(h.Name, ":") || strings.ContainsFunc(h.Value, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			return false
		}
	}
	return word(r.Method) && word(r.Host) && word(r.Target) && strings.HasPrefix(r.Target, "/")
}
