package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

const simple = "User-Agent: percpu/1\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n"

const browser = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n" +
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\nAccept-Language: en-US,en;q=0.5\r\n" +
	"Accept-Encoding: gzip, deflate, br, zstd\r\nReferer: http://www.example.com/a/page/before?with=query\r\n" +
	"Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nDNT: 1\r\nSec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n" +
	"Sec-Fetch-Site: same-origin\r\nSec-Fetch-User: ?1\r\nPriority: u=0, i\r\n"

// load asks one HAProxy for one URL over connections that stay open.
type load struct {
	connections []*connection
}

type connection struct {
	net.Conn
	answers *bufio.Reader
	request []byte
}

func newLoad(addr, host string, connections int, headers string) (*load, error) {
	l := &load{}
	request := fmt.Sprintf("GET /api/items/42?full=1 HTTP/1.1\r\nHost: %s\r\n%s\r\n", host, headers)
	for range connections {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			l.close()
			return nil, err
		}
		l.connections = append(l.connections, &connection{c, bufio.NewReader(c), []byte(request)})
	}
	return l, nil
}

func (l *load) close() {
	for _, c := range l.connections {
		c.Close()
	}
}

// send sends n requests, on each connection as fast as answers come.
func (l *load) send(n int) error {
	var left atomic.Int64
	left.Store(int64(n))
	failures := make([]error, len(l.connections))
	var all sync.WaitGroup
	for i, c := range l.connections {
		all.Go(func() {
			for left.Add(-1) >= 0 && failures[i] == nil {
				failures[i] = c.ask()
			}
		})
	}
	all.Wait()
	return errors.Join(failures...)
}

// ask is one request. Anything but a complete 200 on a connection that stays open is a failure.
func (c *connection) ask() error {
	if _, err := c.Write(c.request); err != nil {
		return err
	}
	status, err := c.answers.ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		return fmt.Errorf("the answer is %q", strings.TrimSpace(status))
	}
	length := 0
	for {
		line, err := c.answers.ReadSlice('\n')
		if err != nil {
			return err
		}
		name, value, named := strings.Cut(strings.TrimRight(string(line), "\r\n"), ": ")
		switch {
		case !named:
			_, err := c.answers.Discard(length)
			return err
		case strings.EqualFold(name, "content-length"):
			if length, err = strconv.Atoi(value); err != nil {
				return err
			}
		case strings.EqualFold(name, "connection") && strings.EqualFold(value, "close"):
			return errors.New("the connection is not kept")
		}
	}
}

// serve answers every request on a listener, as cheaply as can be.
func serve(l net.Listener) {
	const body = "<!doctype html><title>one</title><p>An answer of two hundred bytes or so, as an API or a small page would give it, " +
		"so that the copying of content is not what is measured here.</p>\n"
	answer := []byte("HTTP/1.1 200 OK\r\nServer: upstream\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/html\r\nCache-Control: no-cache\r\nContent-Length: " +
		strconv.Itoa(len(body)) + "\r\n\r\n" + body)
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			in := bufio.NewReaderSize(c, 16<<10)
			for {
				line, err := in.ReadSlice('\n')
				if err != nil {
					return
				}
				if len(line) > 2 {
					continue
				}
				if _, err := c.Write(answer); err != nil {
					return
				}
			}
		}()
	}
}
