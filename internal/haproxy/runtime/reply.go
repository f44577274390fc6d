package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// HAProxy ends each answer of an interactive session with this, and lets no answer hold an empty line; the master
// puts its own name before the mark.
var prompt = []byte("\n> ")

// replyReader cuts the stream of an interactive session into replies.
type replyReader struct {
	conn net.Conn
	idle time.Duration
	ctx  context.Context
	buf  []byte
	seen int // bytes of buf that hold no prompt
}

// replies reads the answer to "prompt", one answer for each command, and then the end of the stream.
func (r *replyReader) replies(cmds []Command) ([]string, error) {
	if first, err := r.next(); err != nil {
		return nil, err
	} else if strings.TrimSpace(first) != "" {
		return nil, fmt.Errorf("%w: %q for the first prompt", ErrMalformed, shorten(first))
	}
	out := make([]string, 0, len(cmds))
	for i, cmd := range cmds {
		reply, err := r.next()
		if err != nil {
			return nil, fmt.Errorf("after %d of %d answers, at %q: %w", i, len(cmds), cmd, err)
		}
		if cmd.payload != nil {
			reply = trimEcho(reply)
		}
		out = append(out, reply)
	}
	if rest, err := r.next(); err == nil || len(strings.TrimSpace(rest)) > 0 {
		return nil, fmt.Errorf("%w: more answers than commands", ErrMalformed)
	} else if !errors.Is(err, ErrPartial) {
		return nil, err
	}
	return out, nil
}

// next returns the text before the next prompt. At the end of the stream it returns what is left with ErrPartial.
func (r *replyReader) next() (string, error) {
	for {
		from := max(0, r.seen-len(prompt))
		if i := bytes.Index(r.buf[from:], prompt); i >= 0 {
			reply := string(r.buf[:from+i])
			r.buf = r.buf[from+i+len(prompt):]
			r.seen = 0
			return reply, nil
		}
		r.seen = len(r.buf)
		if len(r.buf) > maxReply {
			return "", fmt.Errorf("%w: longer than %d bytes", ErrMalformed, maxReply)
		}
		if err := r.fill(); err != nil {
			return string(r.buf), r.ended(err)
		}
	}
}

func (r *replyReader) fill() error {
	r.conn.SetReadDeadline(time.Now().Add(r.idle))
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if cap(r.buf)-len(r.buf) < 16<<10 {
		grown := make([]byte, len(r.buf), max(64<<10, 2*len(r.buf)))
		copy(grown, r.buf)
		r.buf = grown
	}
	n, err := r.conn.Read(r.buf[len(r.buf):cap(r.buf)])
	r.buf = r.buf[:len(r.buf)+n]
	if n > 0 {
		return nil
	}
	return err
}

// ended says what the end of the stream meant; HAProxy's last words explain it on 3.0 and later.
func (r *replyReader) ended(err error) error {
	if !errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: %w", ErrPartial, err)
	} else {
		err = ErrPartial
	}
	if words := shorten(strings.ReplaceAll(string(r.buf), "+ ", "")); words != "" {
		return fmt.Errorf("%w: %q", err, words)
	}
	return err
}

// trimEcho removes the "+ " that 2.6 and 3.0 print for each line of a payload.
func trimEcho(reply string) string {
	for strings.HasPrefix(reply, "+ ") {
		reply = reply[2:]
	}
	return reply
}
