package oracle

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A field is one header line, in the spelling of the sender.
type field struct{ name, value string }

// A head is the start line and the header lines of an HTTP/1 message, unchecked: what a proxy really sent is what the tests are about.
type head struct {
	start  string
	fields []field
}

const (
	maxHead = 1 << 20
	maxBody = 16 << 20
)

var errTooLong = errors.New("message is too long")

// readHead reads up to and including the empty line.
func readHead(r *bufio.Reader) (head, error) {
	var h head
	total := 0
	for {
		line, err := readLine(r, maxHead-total)
		if err != nil {
			return h, err
		}
		total += len(line) + 2
		switch {
		case line == "" && h.start == "":
			return h, fmt.Errorf("empty start line")
		case line == "":
			return h, nil
		case h.start == "":
			h.start = line
		default:
			name, value, _ := strings.Cut(line, ":")
			h.fields = append(h.fields, field{name, strings.Trim(value, " \t")})
		}
	}
}

// readLine reads to the next line feed and drops it with the carriage return before it.
func readLine(r *bufio.Reader, limit int) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > limit {
			return "", errTooLong
		}
		if err == nil {
			break
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) && len(line) > 0 {
				return "", io.ErrUnexpectedEOF
			}
			return "", err
		}
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"), nil
}

func (h head) get(name string) string {
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

func (h head) has(name string) bool {
	for _, f := range h.fields {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

func (h head) values() map[string][]string {
	out := map[string][]string{}
	for _, f := range h.fields {
		out[f.name] = append(out[f.name], f.value)
	}
	return out
}

// readBody reads the body that h announces; without length and encoding it is empty, or lasts to the end of the connection if toEOF.
// What was read before an error is returned with it.
func readBody(r *bufio.Reader, h head, toEOF bool) ([]byte, error) {
	if strings.EqualFold(h.get("Transfer-Encoding"), "chunked") {
		return readChunks(r)
	}
	if text := h.get("Content-Length"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("content length %q", text)
		}
		if n > maxBody {
			return nil, errTooLong
		}
		return readN(r, n)
	}
	if !toEOF {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if len(body) > maxBody {
		return nil, errTooLong
	}
	return body, err
}

func readN(r *bufio.Reader, n int) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, int64(n)))
	if err == nil && len(body) < n {
		err = io.ErrUnexpectedEOF
	}
	return body, err
}

func readChunks(r *bufio.Reader) ([]byte, error) {
	var body []byte
	for {
		line, err := readLine(r, maxHead)
		if err != nil {
			return body, err
		}
		size, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 31)
		if err != nil {
			return body, fmt.Errorf("chunk size %q", size)
		}
		if len(body)+int(n) > maxBody {
			return body, errTooLong
		}
		if n == 0 {
			break
		}
		part, err := readN(r, int(n))
		body = append(body, part...)
		if err != nil {
			return body, err
		}
		if line, err := readLine(r, maxHead); err != nil || line != "" {
			return body, errors.Join(err, fmt.Errorf("chunk ends in %q", line))
		}
	}
	for { // trailers, which no recording looks at
		line, err := readLine(r, maxHead)
		if err != nil || line == "" {
			return body, err
		}
	}
}

// statusOf reads the status of a response's start line.
func statusOf(start string) (int, error) {
	version, rest, _ := strings.Cut(start, " ")
	code, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(code)
	if !strings.HasPrefix(version, "HTTP/1.") || err != nil || n < 100 || n > 999 {
		return 0, fmt.Errorf("status line %q", start)
	}
	return n, nil
}
