// Package echo is an HTTP backend that answers with what it saw of the request, as JSON.
// Equal requests give equal bytes: headers are sorted by lower-cased name, and nothing depends on time.
// It never serves files, keeps nothing, and is for demonstrations and tests only.
package echo

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Config describes one backend. The zero value is usable: a backend named "echo" on a free loopback port.
type Config struct {
	Name string // what the answers call this backend, so that several can be told apart
	Addr string // host:port to listen on; empty for a free port of 127.0.0.1
	// TLSCert and TLSKey are PEM; with both set the backend speaks HTTPS (HTTP/1.1 and HTTP/2) instead of
	// HTTP/1.1 and h2c. It asks for a client certificate and shows its subject, but verifies nothing.
	TLSCert, TLSKey []byte
	// Seen, if set, is called for each request before it is answered, from many goroutines at once.
	Seen func(Request)
}

func (c Config) name() string {
	if c.Name == "" {
		return "echo"
	}
	return c.Name
}

// Handler answers every request with the JSON of its Request, or as its X-Echo-* headers ask:
//
//	X-Echo-Status: 503                  answer with this status; also a path that ends in /status/503
//	X-Echo-Delay: 200ms                 wait first; a bare number means seconds; also /delay/2
//	X-Echo-Close: head | body           cut the connection before the answer, or in the middle of it
//	X-Echo-Set-Header: Name: value      add a header to the answer; may be repeated
//	X-Echo-Body-Size: 1000              answer with this many bytes instead of JSON
//
// The value of all but X-Echo-Set-Header may also be a list such as "a=503,b=200", which concerns the backends of
// these names only.
// A WebSocket upgrade is accepted, and every message comes back.
func Handler(c Config) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isWebSocket(r) {
			see(c, describe(c.name(), r, 0, sha256.New().Sum(nil)))
			serveWebSocket(w, r)
			return
		}
		serve(c, w, r)
	})
}

func see(c Config, q Request) {
	if c.Seen != nil {
		c.Seen(q)
	}
}

func serve(c Config, w http.ResponseWriter, r *http.Request) {
	sum := sha256.New()
	n, err := io.Copy(sum, r.Body)
	if err != nil {
		// The client went away or broke the framing; there is nobody to answer.
		panic(http.ErrAbortHandler)
	}
	seen := describe(c.name(), r, n, sum.Sum(nil))
	see(c, seen)

	wish, err := parseWish(c.name(), r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if wish.delay > 0 {
		select {
		case <-time.After(wish.delay):
		case <-r.Context().Done():
			return
		}
	}
	if wish.cut == cutHead {
		panic(http.ErrAbortHandler)
	}
	body, err := answerBody(wish, seen)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	write(w, wish, body)
}

func answerBody(wish wish, seen Request) ([]byte, error) {
	if wish.bodySize != nil {
		return bytes.Repeat([]byte("x"), *wish.bodySize), nil
	}
	return seen.JSON()
}

func write(w http.ResponseWriter, wish wish, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if wish.bodySize != nil {
		h.Set("Content-Type", "application/octet-stream")
	}
	for _, extra := range wish.headers {
		h.Add(extra.name, extra.value)
	}
	if bodyless(wish.status) {
		w.WriteHeader(wish.status)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(wish.status)
	if wish.cut == cutBody {
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body) // a client that has gone is not our failure
}

func bodyless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}

// JSON is the request as the backend answers it: indented, with a final newline.
func (q Request) JSON() ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(q); err != nil {
		return nil, fmt.Errorf("encode the request: %w", err)
	}
	return out.Bytes(), nil
}

// Parse reads an answer back, for tests.
func Parse(answer []byte) (Request, error) {
	var q Request
	if err := json.Unmarshal(answer, &q); err != nil {
		return Request{}, fmt.Errorf("read an echo answer: %w", err)
	}
	return q, nil
}

func describe(name string, r *http.Request, size int64, sum []byte) Request {
	q := Request{
		Server:     name,
		Method:     r.Method,
		URI:        printable(r.RequestURI),
		Proto:      r.Proto,
		Host:       printable(r.Host),
		RemoteAddr: r.RemoteAddr,
		Headers:    headers(r),
		BodyLen:    size,
		BodySHA256: hex.EncodeToString(sum),
	}
	if r.TLS != nil {
		q.TLS = describeTLS(r.TLS)
	}
	return q
}
