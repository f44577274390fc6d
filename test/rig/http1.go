package rig

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// h1Conn speaks HTTP/1.1 and changes nothing of what it is told to send.
type h1Conn struct {
	conn net.Conn
	in   *bufio.Reader
}

func newH1(conn net.Conn) *h1Conn { return &h1Conn{conn: conn, in: bufio.NewReader(conn)} }

func (c *h1Conn) do(r Request) (Answer, error) {
	var b strings.Builder
	b.WriteString(r.Method + " " + r.Target + " HTTP/1.1\r\n")
	b.WriteString("Host: " + r.Host + "\r\n")
	for _, h := range r.Header {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	if r.Body != "" {
		b.WriteString("Content-Length: " + strconv.Itoa(len(r.Body)) + "\r\n")
	}
	b.WriteString("\r\n" + r.Body)
	if _, err := io.WriteString(c.conn, b.String()); err != nil {
		// The peer may have answered before it closed; what it said counts.
		if answer, readErr := c.read(r.Method); readErr == nil {
			return answer, nil
		}
		return Answer{}, err
	}
	return c.read(r.Method)
}

func (c *h1Conn) read(method string) (Answer, error) {
	response, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	return Answer{
		Status:   response.StatusCode,
		Location: response.Header.Get("Location"),
		HSTS:     response.Header.Get("Strict-Transport-Security"),
		Body:     string(body),
	}, nil
}
