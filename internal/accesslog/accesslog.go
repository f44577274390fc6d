// Package accesslog reads which requests an access log tells of: those of ingress-nginx, of HAProxy, of Hawser, and JSON.
//
// A line either gives a request that can be sent again, or is no entry; no line makes it fail, and nothing is guessed
// that the line does not say.
package accesslog

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Entry is a request.
type Entry struct {
	Method   string
	Scheme   string // http or https; "" if the log does not say
	Host     string // as the client sent it; "" if the log does not say
	Target   string // path and query as they came; begins with a slash
	Upstream string // of ingress-nginx: namespace-service-port; "" if the log does not say
}

// Format is a form of log.
type Format string

// The formats; Auto tries each of them on every line.
const (
	Auto    Format = "auto"
	Nginx   Format = "nginx"   // log-format-upstream of ingress-nginx as it is by default
	JSON    Format = "json"    // an object per line
	HAProxy Format = "haproxy" // option httplog
	Hawser  Format = "hawser"
)

// ParseFormat reads the name of a format.
func ParseFormat(s string) (Format, error) {
	switch f := Format(s); f {
	case Auto, Nginx, JSON, HAProxy, Hawser:
		return f, nil
	default:
		return "", fmt.Errorf("%q is none of auto, nginx, json, haproxy, hawser", s)
	}
}

// Parse reads one line.
func (f Format) Parse(line string) (Entry, bool) {
	switch f {
	case Nginx:
		return parseNginx(line)
	case JSON:
		return parseJSON(line)
	case HAProxy:
		return parseHAProxy(line)
	case Hawser:
		return parseHawser(line)
	case Auto:
		for _, one := range []Format{JSON, Hawser, HAProxy, Nginx} {
			if e, ok := one.Parse(line); ok {
				return e, true
			}
		}
	}
	return Entry{}, false
}

// maxLine is the longest line that is read; requests are far shorter.
const maxLine = 1 << 20

// Read calls each for every line, with its number from 1; ok is false for a line that is no entry. Empty lines are passed
// over. A line that is too long is no entry.
func Read(r io.Reader, f Format, each func(number int, line string, e Entry, ok bool)) error {
	in := bufio.NewReaderSize(r, 64<<10)
	for number := 1; ; number++ {
		line, long, err := readLine(in)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read line %d of the log: %w", number, err)
		}
		if text := strings.TrimRight(line, "\r\n"); strings.TrimSpace(text) != "" {
			e, ok := f.Parse(text)
			each(number, text, e, ok && !long)
		}
		if err != nil {
			return nil
		}
	}
}

// readLine keeps the beginning of a line that is too long.
func readLine(in *bufio.Reader) (line string, long bool, err error) {
	var b strings.Builder
	for {
		part, err := in.ReadSlice('\n')
		if b.Len()+len(part) > maxLine {
			long = true
		} else {
			b.Write(part)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return b.String(), long, err
		}
	}
}

// fromRequestLine reads "GET /path HTTP/1.1". HTTP/2 requests are logged by HAProxy with a whole URL.
func fromRequestLine(s string) (Entry, bool) {
	method, rest, ok := strings.Cut(s, " ")
	if !ok {
		return Entry{}, false
	}
	end := strings.LastIndexByte(rest, ' ')
	if end < 0 || !strings.HasPrefix(rest[end+1:], "HTTP/") {
		return Entry{}, false
	}
	return newEntry(method, "", "", rest[:end])
}

// newEntry checks that a request can be sent as it is: no byte of it ends the line or a header.
func newEntry(method, scheme, host, target string) (Entry, bool) {
	e := Entry{Method: method, Scheme: strings.ToLower(scheme), Host: host, Target: target}
	if s, rest, ok := strings.Cut(target, "://"); ok && !strings.HasPrefix(target, "/") {
		end := strings.IndexAny(rest, "/?")
		if end < 0 {
			rest, end = rest+"/", len(rest)
		}
		e.Scheme, e.Host, e.Target = strings.ToLower(s), rest[:end], rest[end:]
		if strings.HasPrefix(e.Target, "?") {
			e.Target = "/" + e.Target
		}
	}
	if e.Scheme != "" && e.Scheme != "http" && e.Scheme != "https" {
		return Entry{}, false
	}
	if e.Host == "-" || e.Host == "_" {
		e.Host = ""
	}
	if !isToken(e.Method) || !isHost(e.Host) || !isTarget(e.Target) {
		return Entry{}, false
	}
	return e, true
}

func isToken(s string) bool {
	return s != "" && len(s) <= 32 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == ""
}

func isHost(s string) bool {
	return len(s) <= 300 && !strings.ContainsFunc(s, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._:[]*", c))
	})
}

// isTarget also refuses "*", which asks a server as a whole.
func isTarget(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return strings.HasPrefix(s, "/") && len(s) <= 64<<10
}
