package oracle

import (
	"bytes"
	"context"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http2"
)

// roundTrip2 sends q over HTTP/2 on a connection where that is agreed on.
func roundTrip2(ctx context.Context, conn net.Conn, q Request, cookie, id string) rawAnswer {
	var a rawAnswer
	transport := &http2.Transport{AllowHTTP: true, DisableCompression: true}
	cc, err := transport.NewClientConn(conn)
	if err != nil {
		a.err = fmt.Errorf("start HTTP/2: %w", err)
		return a
	}
	defer cc.Close()
	scheme := q.Scheme
	if scheme == "" {
		scheme = "http"
	}
	path, query, _ := strings.Cut(q.Path, "?")
	r := &http.Request{Method: method(q), Host: q.Host, Header: http.Header{},
		URL: &url.URL{Scheme: scheme, Host: q.Host, Opaque: "//" + q.Host + path, RawQuery: query}}
	for _, f := range defaults(q, cookie, id) {
		r.Header.Add(f.name, f.value)
	}
	for _, h := range q.Headers {
		name, value, _ := strings.Cut(h, ":")
		r.Header.Add(name, strings.TrimSpace(value))
	}
	if q.BodySize > 0 {
		r.ContentLength = int64(q.BodySize)
		r.Body = io.NopCloser(bytes.NewReader(bytes.Repeat([]byte("x"), q.BodySize)))
	}
	res, err := cc.RoundTrip(r.WithContext(ctx))
	if err != nil {
		a.err = fmt.Errorf("HTTP/2: %w", err)
		return a
	}
	defer res.Body.Close()
	a.status, a.proto, a.fields = res.StatusCode, res.Proto, res.Header
	a.body, err = io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		a.err = fmt.Errorf("read HTTP/2 body: %w", err)
	}
	if len(res.Trailer) > 0 {
		a.trailers = res.Trailer
	}
	return a
}

// commonName reads the CN of a distinguished name as a CertificateRequest carries it.
func commonName(der []byte) string {
	var rdn pkix.RDNSequence
	if rest, err := asn1.Unmarshal(der, &rdn); err != nil || len(rest) > 0 {
		return "unreadable name"
	}
	var name pkix.Name
	name.FillFromRDNSequence(&rdn)
	return name.CommonName
}
