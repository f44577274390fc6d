package rig

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Seen is one request as an upstream received it.
type Seen struct {
	Service string
	Method  string
	Target  string
	Host    []string
	Header  []string // "name: value", names in lower case, sorted by name, else in order of arrival
}

// Upstream is the pair of servers behind a proxy. It keeps every request under
// the tokens that occur anywhere in its head, so that a request which was
// smuggled or rewritten is found as well.
type Upstream struct {
	listeners map[string]net.Listener
	mu        sync.Mutex // guards seen and conns
	seen      map[string][]Seen
	conns     map[net.Conn]struct{}
	wait      sync.WaitGroup
}

// Token is a word that marks one request, unique within a run.
func Token(n int) string { return fmt.Sprintf("token%06dz", n) }

func newUpstream() (*Upstream, error) {
	u := &Upstream{listeners: map[string]net.Listener{}, seen: map[string][]Seen{}, conns: map[net.Conn]struct{}{}}
	for _, service := range []string{ServiceA, ServiceB} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("listen for upstream: %w", err)
		}
		u.listeners[service] = l
		u.wait.Go(func() { u.accept(service, l) })
	}
	return u, nil
}

// Port is the port that a service listens on.
func (u *Upstream) Port(service string) int32 {
	return int32(u.listeners[service].Addr().(*net.TCPAddr).Port)
}

// Take returns the requests that carried a token and forgets them.
func (u *Upstream) Take(token string) []Seen {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := u.seen[token]
	delete(u.seen, token)
	return seen
}

func (u *Upstream) close() {
	for _, l := range u.listeners {
		l.Close()
	}
	u.mu.Lock()
	for c := range u.conns {
		c.Close()
	}
	u.mu.Unlock()
	u.wait.Wait()
}

func (u *Upstream) accept(service string, l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		u.mu.Lock()
		u.conns[conn] = struct{}{}
		u.mu.Unlock()
		u.wait.Go(func() {
			u.serve(service, conn)
			conn.Close()
			u.mu.Lock()
			delete(u.conns, conn)
			u.mu.Unlock()
		})
	}
}

// serve answers the requests of one connection until it ends or can't be read.
func (u *Upstream) serve(service string, conn net.Conn) {
	in := bufio.NewReaderSize(conn, 256<<10)
	for {
		seen, head, err := readHead(in)
		if err != nil {
			return
		}
		seen.Service = service
		if err := discardBody(in, seen); err != nil {
			return
		}
		u.keep(head, seen)
		body, err := json.Marshal(seen)
		if err != nil {
			return
		}
		answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
		if seen.Method != "HEAD" {
			answer += string(body)
		}
		if _, err := io.WriteString(conn, answer); err != nil {
			return
		}
	}
}

func (u *Upstream) keep(head string, seen Seen) {
	tokens := tokenPattern().FindAllString(head, -1)
	slices.Sort(tokens)
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, token := range slices.Compact(tokens) {
		u.seen[token] = append(u.seen[token], seen)
	}
}

var tokenPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`token\d{6}z`) })

// readHead reads a request line and the fields as they are on the wire.
func readHead(in *bufio.Reader) (Seen, string, error) {
	var raw strings.Builder
	line, err := in.ReadString('\n')
	if err != nil {
		return Seen{}, "", err
	}
	raw.WriteString(line)
	var seen Seen
	parts := strings.SplitN(strings.TrimRight(line, "\r\n"), " ", 3)
	if len(parts) != 3 {
		return Seen{}, "", errors.New("malformed request line")
	}
	seen.Method, seen.Target = parts[0], parts[1]
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return Seen{}, "", err
		}
		raw.WriteString(line)
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		name, value = strings.ToLower(name), strings.TrimSpace(value)
		if name == "host" {
			seen.Host = append(seen.Host, value)
			continue
		}
		seen.Header = append(seen.Header, name+": "+value)
	}
	slices.SortStableFunc(seen.Header, func(a, b string) int {
		nameA, _, _ := strings.Cut(a, ":")
		nameB, _, _ := strings.Cut(b, ":")
		return strings.Compare(nameA, nameB)
	})
	return seen, raw.String(), nil
}

func discardBody(in *bufio.Reader, seen Seen) error {
	for _, field := range seen.Header {
		if strings.HasPrefix(field, "transfer-encoding:") {
			if _, err := io.Copy(io.Discard, httputil.NewChunkedReader(in)); err != nil {
				return err
			}
			_, err := in.ReadString('\n') // the empty line after the last chunk
			return err
		}
	}
	for _, field := range seen.Header {
		if length, ok := strings.CutPrefix(field, "content-length: "); ok {
			n, err := strconv.ParseInt(length, 10, 64)
			if err != nil {
				return err
			}
			_, err = io.CopyN(io.Discard, in, n)
			return err
		}
	}
	return nil
}
