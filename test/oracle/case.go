// Package oracle replays recordings of ingress-nginx v1.15.0 against Hawser and says where the two differ.
//
// It guarantees that every recorded request is sent byte for byte and that each difference is either listed with its reason or fails the test;
// a listed difference that is gone fails too. It never talks to anything but loopback addresses and never looks inside Hawser: only the
// command line, the manifests, the answers and what the upstream servers saw are used.
package oracle

import (
	"encoding/json"
	"fmt"
)

// A Case is one recording: objects, requests, and the answers of ingress-nginx.
type Case struct {
	Name      string // area/name
	Alone     bool
	Flags     []string
	ConfigMap string // YAML mapping, added to the controller's ConfigMap
	Manifests string
	Update    string // objects applied after the requests of phase "before"
	Requests  []Request
	Answers   []Answer
}

// A Request is sent exactly as written; the defaults are GET, HTTP/1.1 and plain HTTP.
type Request struct {
	Name        string   `json:"name"`
	Phase       string   `json:"phase"`
	Scheme      string   `json:"scheme"`
	Port        string   `json:"port"` // "https": plain HTTP to the TLS port
	SNI         string   `json:"sni"`  // "-": none; default: the host
	Host        string   `json:"host"` // "-": no Host header
	Method      string   `json:"method"`
	Path        string   `json:"path"`
	HTTP        string   `json:"http"`
	Headers     []string `json:"headers"`
	BodySize    int      `json:"body_size"`
	Chunked     bool     `json:"chunked"`
	Cert        string   `json:"cert"`
	From        string   `json:"from"` // source address
	Jar         bool     `json:"jar"`  // keeps cookies from one request of the case to the next
	TLSMax      string   `json:"tls_max"`
	Cipher      string   `json:"cipher"`
	Repeat      int      `json:"repeat"`
	Concurrency int      `json:"concurrency"`
}

// Headers are header or trailer fields by name; a name with the one value "~" may have any.
type Headers map[string][]string

// UnmarshalJSON accepts a list of values, or "~" in its place.
func (h *Headers) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*h = Headers{}
	for name, value := range raw {
		var values []string
		if string(value) == `"~"` {
			values = []string{"~"}
		} else if err := json.Unmarshal(value, &values); err != nil {
			return fmt.Errorf("header %s: %w", name, err)
		}
		(*h)[name] = values
	}
	return nil
}

// An Answer is what the client got and what the upstream servers saw for one request; "~" stands for what varies.
type Answer struct {
	Name       string           `json:"name"`
	Status     int              `json:"status"`
	Proto      string           `json:"proto"`
	Headers    Headers          `json:"headers"`
	Trailers   Headers          `json:"trailers"`
	Interim    []int            `json:"interim"`
	Body       string           `json:"body"`
	BodyLen    int              `json:"body_len"`
	BodySHA256 string           `json:"body_sha256"`
	TookS      float64          `json:"took_s"`
	TLS        *ClientTLS       `json:"tls"`
	Upstream   Sightings        `json:"upstream"`
	ByStatus   map[string]Count `json:"by_status"`
	ByServer   map[string]Count `json:"by_server"`
	Sequence   string           `json:"sequence"`
	Error      string           `json:"error"` // the client's own failure; never in a recording
}

// ClientTLS is the handshake as the client saw it.
type ClientTLS struct {
	Version        string      `json:"version"`
	ALPN           string      `json:"alpn"`
	ServerCert     *ServerCert `json:"server_cert"`
	Requested      bool        `json:"client_cert_requested"`
	AcceptableCAs  []string    `json:"acceptable_cas"`
	HandshakeError string      `json:"handshake_error"`
}

// ServerCert names the certificate that the server showed.
type ServerCert struct {
	CN     string `json:"cn"`
	Issuer string `json:"issuer"`
	Sent   int    `json:"sent"`
}

// Sightings are the requests that upstream servers got for one client request; Any when that varied between recordings.
type Sightings struct {
	Any  bool
	List []Sighting
}

// A Sighting is one request as an upstream server saw it.
type Sighting struct {
	Server     string       `json:"server"`
	Proto      string       `json:"proto"`
	Method     string       `json:"method"`
	URI        string       `json:"uri"`
	Host       string       `json:"host"`
	Headers    Headers      `json:"headers"`
	BodyLen    int          `json:"body_len"`
	BodySHA256 string       `json:"body_sha256"`
	BodyCut    bool         `json:"body_cut"`
	TLS        *UpstreamTLS `json:"tls"`
}

// UpstreamTLS is a handshake as an upstream server saw it.
type UpstreamTLS struct {
	ClientCert string `json:"client_cert"`
	SNI        string `json:"sni"`
	Version    string `json:"version"`
	ALPN       string `json:"alpn"`
}

// UnmarshalJSON accepts a list or "~".
func (s *Sightings) UnmarshalJSON(b []byte) error {
	if string(b) == `"~"` {
		*s = Sightings{Any: true}
		return nil
	}
	return json.Unmarshal(b, &s.List)
}

// A Count is how often something occurred: a number, a range seen in two recordings, or anything.
type Count struct {
	Low, High int
	Any       bool
}

// UnmarshalJSON accepts 5, "~3..7" and "~".
func (c *Count) UnmarshalJSON(b []byte) error {
	if string(b) == `"~"` {
		*c = Count{Any: true}
		return nil
	}
	var n int
	if json.Unmarshal(b, &n) == nil {
		*c = Count{Low: n, High: n}
		return nil
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return fmt.Errorf("count %s: %w", b, err)
	}
	var got Count
	if _, err := fmt.Sscanf(text, "~%d..%d", &got.Low, &got.High); err != nil || got.Low > got.High {
		return fmt.Errorf("count %q is neither a number nor ~low..high", text)
	}
	*c = got
	return nil
}
