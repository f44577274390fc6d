package echo

import (
	"crypto/tls"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// Request is what the backend saw. Bytes that are no UTF-8 are written as \xNN, so that nothing is lost in JSON.
type Request struct {
	Server     string              `json:"server"`
	Method     string              `json:"method"`
	URI        string              `json:"uri"` // the request target, undecoded
	Proto      string              `json:"proto"`
	Host       string              `json:"host"`
	Headers    map[string][]string `json:"headers"` // lower-cased names, without Host
	BodyLen    int64               `json:"body_len"`
	BodySHA256 string              `json:"body_sha256"`
	RemoteAddr string              `json:"remote_addr"`
	TLS        *TLS                `json:"tls,omitempty"`
}

// TLS is what a backend with a certificate saw of the connection.
type TLS struct {
	Version string `json:"version"`
	SNI     string `json:"sni"`
	Client  string `json:"client,omitempty"` // subject of the client's certificate, unverified
}

// Header is the first value of a header, under any spelling of its name; empty if it is absent.
func (q Request) Header(name string) string {
	if values := q.Headers[strings.ToLower(name)]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// headers lower-cases names: HAProxy sends them so, and net/http has already given up the original spelling.
func headers(r *http.Request) map[string][]string {
	out := make(map[string][]string, len(r.Header)+1)
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		key := strings.ToLower(printable(name))
		for _, value := range r.Header[name] {
			out[key] = append(out[key], printable(value))
		}
	}
	// net/http moves this one out of the header.
	if len(r.TransferEncoding) > 0 {
		out["transfer-encoding"] = slices.Clone(r.TransferEncoding)
	}
	return out
}

func describeTLS(state *tls.ConnectionState) *TLS {
	t := &TLS{Version: tls.VersionName(state.Version), SNI: printable(state.ServerName)}
	if len(state.PeerCertificates) > 0 {
		t.Client = state.PeerCertificates[0].Subject.String()
	}
	return t
}

func printable(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[0])
		} else {
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}
