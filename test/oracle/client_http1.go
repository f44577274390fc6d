package oracle

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// roundTrip1 writes q as HTTP/1 and reads the answer; the body is sent while the answer may already come in.
func roundTrip1(conn net.Conn, q Request, cookie, id string) rawAnswer {
	r := bufio.NewReader(conn)
	var a rawAnswer
	if _, err := io.WriteString(conn, requestHead(q, cookie, id)); err != nil {
		a.err = fmt.Errorf("send: %w", err)
		return a
	}
	sent := make(chan struct{})
	var once sync.Once
	send := func() {
		once.Do(func() {
			conn.Write(requestBody(q)) // a proxy that refuses the body closes early; its answer tells
			close(sent)
		})
	}
	if expects(q) {
		timer := time.AfterFunc(continueWait, send)
		defer timer.Stop()
	} else {
		go send()
	}
	h, err := readHead(r)
	for err == nil {
		if a.status, err = statusOf(h.start); err != nil || a.status >= 200 {
			break
		}
		a.interim = append(a.interim, a.status)
		if a.status == 100 {
			go send()
		}
		h, err = readHead(r)
	}
	if err == nil {
		a.proto, _, _ = strings.Cut(h.start, " ")
		a.fields = h.values()
		if q.Method != "HEAD" && a.status != 204 && a.status != 304 {
			a.body, err = readBody(r, h, true)
		}
	}
	conn.Close()
	once.Do(func() { close(sent) })
	<-sent
	if err != nil {
		a.err = fmt.Errorf("read answer: %w", err)
	}
	return a
}

// continueWait is how long a client that expects 100 (Continue) holds the body back.
const continueWait = time.Second

func expects(q Request) bool {
	return slices.ContainsFunc(q.Headers, func(h string) bool {
		name, value, _ := strings.Cut(h, ":")
		return strings.EqualFold(name, "Expect") && strings.EqualFold(strings.TrimSpace(value), "100-continue")
	})
}

func requestHead(q Request, cookie, id string) string {
	var b strings.Builder
	version := "1.1"
	if q.HTTP == "1.0" {
		version = "1.0"
	}
	fmt.Fprintf(&b, "%s %s HTTP/%s\r\n", method(q), q.Path, version)
	if q.Host != "-" {
		fmt.Fprintf(&b, "Host: %s\r\n", q.Host)
	}
	for _, f := range defaults(q, cookie, id) {
		fmt.Fprintf(&b, "%s: %s\r\n", f.name, f.value)
	}
	for _, h := range q.Headers {
		b.WriteString(h + "\r\n")
	}
	switch {
	case q.Chunked:
		b.WriteString("Transfer-Encoding: chunked\r\n")
	case q.BodySize > 0:
		b.WriteString("Content-Length: " + strconv.Itoa(q.BodySize) + "\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

func method(q Request) string {
	if q.Method == "" {
		return "GET"
	}
	return q.Method
}

// defaults are the headers that every request has unless it brings its own.
func defaults(q Request, cookie, id string) []field {
	all := []field{{"Accept", "*/*"}, {"User-Agent", "oracle"}, {idHeader, id}}
	if cookie != "" {
		all = append(all, field{"Cookie", cookie})
	}
	return slices.DeleteFunc(all, func(f field) bool {
		return slices.ContainsFunc(q.Headers, func(h string) bool {
			name, _, _ := strings.Cut(h, ":")
			return f.name != "Cookie" && strings.EqualFold(name, f.name)
		})
	})
}

func requestBody(q Request) []byte {
	body := bytes.Repeat([]byte("x"), q.BodySize)
	if !q.Chunked {
		return body
	}
	var b bytes.Buffer
	for part := range slices.Chunk(body, 16384) {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(part), part)
	}
	b.WriteString("0\r\n\r\n")
	return b.Bytes()
}
