// Package runtime is a client of HAProxy's runtime socket and of the socket of its master.
//
// Every call takes a context and ends by a deadline; many commands share one connection and every reply is checked
// for the words that mean success, so an empty, cut or unknown answer is an error and never a success.
// Nothing reaches the socket that could be read as a second command: words are escaped, and what can't be is refused
// before the first byte is sent.
package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

const (
	defaultIdle    = 10 * time.Second
	defaultBufSize = 16384
	maxReply       = 256 << 20

	// For a moment after a reload the old worker may take a connection: both listen on the same socket.
	wrongWorkerTries = 20
	wrongWorkerPause = 10 * time.Millisecond
)

// Config says where the socket is and how long to wait for it.
type Config struct {
	Socket string

	// Idle is how long one reply may stay away; 0 is 10 s. The context bounds the whole call.
	Idle time.Duration

	// BufSize is tune.bufsize of the configuration that HAProxy runs; 0 is HAProxy's default of 16384. A command
	// with its payload must be smaller: 2.6 closes the connection without a word when it isn't (measured).
	BufSize int
}

// Client sends commands to one HAProxy process. It keeps no connection, so it never talks to a worker that a reload
// has replaced for longer than one call, and it is safe for concurrent use.
type Client struct {
	cfg Config
	pid int
}

// New returns a client; nothing is opened before the first call.
func New(cfg Config) *Client {
	if cfg.Idle <= 0 {
		cfg.Idle = defaultIdle
	}
	if cfg.BufSize <= 0 {
		cfg.BufSize = defaultBufSize
	}
	return &Client{cfg: cfg}
}

// OnWorker returns a client that talks to the process pid alone: while another one answers it tries again, for 200 ms,
// and then fails with ErrWrongWorker.
func (c *Client) OnWorker(pid int) *Client {
	return &Client{cfg: c.cfg, pid: pid}
}

// Run sends the commands over one connection and succeeds when each one did. Commands after a failed one are still
// executed; the error joins a *CommandError for each failure.
func (c *Client) Run(ctx context.Context, cmds ...Command) error {
	replies, err := c.Ask(ctx, cmds...)
	if err != nil {
		return err
	}
	var failed []error
	for i, cmd := range cmds {
		failed = append(failed, cmd.check(replies[i]))
	}
	return errors.Join(failed...)
}

// Ask sends the commands over one connection and returns their replies, unchecked, one for each command. With an
// error there are no replies, and it is not known which of the commands were executed.
func (c *Client) Ask(ctx context.Context, cmds ...Command) ([]string, error) {
	if len(cmds) == 0 {
		return nil, nil
	}
	if c.pid == 0 {
		return c.send(ctx, cmds)
	}
	// A command that the old worker took instead has changed nothing that lasts, so all of them can be sent again.
	withInfo := append([]Command{ShowInfo()}, cmds...)
	for range wrongWorkerTries {
		replies, err := c.send(ctx, withInfo)
		if err != nil {
			return nil, err
		}
		info, err := parseInfo(replies[0])
		if err != nil {
			return nil, fmt.Errorf("runtime socket %s: %w", c.cfg.Socket, err)
		}
		if info.PID == c.pid {
			return replies[1:], nil
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(wrongWorkerPause):
		}
	}
	return nil, fmt.Errorf("runtime socket %s: %w than %d", c.cfg.Socket, ErrWrongWorker, c.pid)
}

func (c *Client) send(ctx context.Context, cmds []Command) ([]string, error) {
	request, err := encodeAll(cmds, c.cfg.BufSize)
	if err != nil {
		return nil, err
	}
	replies, err := c.exchange(ctx, request, cmds)
	if err != nil {
		return nil, fmt.Errorf("runtime socket %s: %w", c.cfg.Socket, err)
	}
	return replies, nil
}

// one asks a single question and leaves the judgement of the reply to parse.
func one[T any](ctx context.Context, c *Client, cmd Command, parse func(string) (T, error)) (T, error) {
	var zero T
	replies, err := c.Ask(ctx, cmd)
	if err != nil {
		return zero, err
	}
	if err := cmd.check(replies[0]); err != nil {
		return zero, err
	}
	v, err := parse(replies[0])
	if err != nil {
		return zero, fmt.Errorf("reply to %q: %w", cmd, err)
	}
	return v, nil
}

func encodeAll(cmds []Command, bufSize int) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("prompt\n")
	for _, cmd := range cmds {
		line, err := cmd.encode(bufSize)
		if err != nil {
			return nil, err
		}
		b.Write(line)
	}
	b.WriteString("quit\n")
	return b.Bytes(), nil
}

// exchange writes the request while it reads the replies: HAProxy stops reading when nobody takes its answers.
func (c *Client) exchange(ctx context.Context, request []byte, cmds []Command) ([]string, error) {
	conn, err := dial(ctx, c.cfg.Socket, c.cfg.Idle)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	wrote := make(chan error, 1)
	go func() {
		_, err := conn.Write(request)
		wrote <- err
	}()

	in := &replyReader{conn: conn, idle: c.cfg.Idle, ctx: ctx}
	replies, err := in.replies(cmds)
	conn.Close()
	if werr := <-wrote; err != nil && werr != nil { // with all answers there, all was read
		err = fmt.Errorf("%w; write: %w", err, werr)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return replies, err
}

func dial(ctx context.Context, path string, idle time.Duration) (net.Conn, error) {
	d := net.Dialer{Timeout: idle}
	conn, err := d.DialContext(ctx, "unix", path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: no such socket", ErrUnreachable)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return conn, nil
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
