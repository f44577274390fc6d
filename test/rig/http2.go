package rig

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// h2Conn speaks HTTP/2, one request at a time, and sends the fields as it is
// told, valid or not.
type h2Conn struct {
	framer *http2.Framer
	block  bytes.Buffer
	encode *hpack.Encoder
	decode *hpack.Decoder
	next   uint32
}

func newH2(conn net.Conn) (*h2Conn, error) {
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		return nil, err
	}
	c := &h2Conn{framer: http2.NewFramer(conn, conn), next: 1, decode: hpack.NewDecoder(4096, nil)}
	c.framer.AllowIllegalWrites = true
	c.framer.ReadMetaHeaders = c.decode
	c.encode = hpack.NewEncoder(&c.block)
	if err := c.framer.WriteSettings(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *h2Conn) do(r Request) (Answer, error) {
	fields := [][2]string{{":method", r.Method}, {":scheme", "https"}, {":authority", r.Host}, {":path", r.Target}}
	for _, h := range r.Header {
		fields = append(fields, [2]string{strings.ToLower(h[0]), h[1]})
	}
	if r.Body != "" {
		fields = append(fields, [2]string{"content-length", strconv.Itoa(len(r.Body))})
	}
	return c.exchange(fields, r.Body)
}

// exchange sends the fields in their order, and a body unless it is empty.
func (c *h2Conn) exchange(fields [][2]string, body string) (Answer, error) {
	stream := c.next
	c.next += 2
	c.block.Reset()
	for _, f := range fields {
		if err := c.encode.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]}); err != nil {
			return Answer{}, err
		}
	}
	if err := c.writeHeaders(stream, body == ""); err != nil {
		return Answer{}, err
	}
	if body != "" {
		if err := c.framer.WriteData(stream, true, []byte(body)); err != nil {
			return Answer{}, err
		}
	}
	return c.read(stream)
}

// writeHeaders splits a block that exceeds the smallest frame size a peer must accept.
func (c *h2Conn) writeHeaders(stream uint32, last bool) error {
	const frame = 16 << 10
	rest := c.block.Bytes()
	first := rest[:min(frame, len(rest))]
	rest = rest[len(first):]
	if err := c.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: stream, BlockFragment: first, EndStream: last, EndHeaders: len(rest) == 0,
	}); err != nil {
		return err
	}
	for len(rest) > 0 {
		part := rest[:min(frame, len(rest))]
		rest = rest[len(part):]
		if err := c.framer.WriteContinuation(stream, len(rest) == 0, part); err != nil {
			return err
		}
	}
	return nil
}

func (c *h2Conn) read(stream uint32) (Answer, error) {
	var answer Answer
	var body bytes.Buffer
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return Answer{}, err
		}
		ended := false
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				if err := c.framer.WriteSettingsAck(); err != nil {
					return Answer{}, err
				}
			}
		case *http2.MetaHeadersFrame:
			if f.StreamID == stream {
				headers(f, &answer)
				ended = f.StreamEnded()
			}
		case *http2.DataFrame:
			if f.StreamID == stream {
				body.Write(f.Data())
				ended = f.StreamEnded()
			}
			if n := len(f.Data()); n > 0 {
				if err := c.credit(stream, n); err != nil {
					return Answer{}, err
				}
			}
		case *http2.RSTStreamFrame:
			if f.StreamID == stream && answer.Status == 0 {
				return Answer{}, fmt.Errorf("stream reset: %s", f.ErrCode)
			}
			ended = f.StreamID == stream
		case *http2.GoAwayFrame:
			if answer.Status == 0 && f.LastStreamID < stream {
				return Answer{}, fmt.Errorf("go away: %s", f.ErrCode)
			}
		}
		if ended {
			answer.Body = body.String()
			return answer, nil
		}
	}
}

func (c *h2Conn) credit(stream uint32, n int) error {
	if err := c.framer.WriteWindowUpdate(0, uint32(n)); err != nil {
		return err
	}
	return c.framer.WriteWindowUpdate(stream, uint32(n))
}

func headers(f *http2.MetaHeadersFrame, answer *Answer) {
	for _, field := range f.Fields {
		switch field.Name {
		case ":status":
			// A malformed status stays 0, which no proxy answers.
			answer.Status, _ = strconv.Atoi(field.Value)
		case "location":
			answer.Location = field.Value
		case "strict-transport-security":
			answer.HSTS = field.Value
		}
	}
}
