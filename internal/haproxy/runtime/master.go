package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Master is a client of the socket of a master process ("-S"). It is safe for concurrent use.
type Master struct {
	socket   string
	patience time.Duration // bounds a call whose context has no deadline
}

// NewMaster returns a client; nothing is opened before the first call.
func NewMaster(socket string) *Master { return &Master{socket: socket, patience: 5 * time.Minute} }

// Process is a row of "show proc".
type Process struct {
	PID     int
	Reloads int // how many reloads it survived
}

// Processes is what "show proc" lists. After a reload that failed, 3.2 lists the worker that goes on under the old
// ones, 2.6 and 3.0 leave it under Workers (measured).
type Processes struct {
	Master  Process
	Failed  int // reloads that failed since the last that succeeded
	Workers []Process
	Old     []Process
}

// Processes asks the master which processes there are.
func (m *Master) Processes(ctx context.Context) (Processes, error) {
	reply, err := m.line(ctx, "show proc;quit\n")
	if err != nil {
		return Processes{}, err
	}
	return parseProcesses(reply)
}

// ErrNoOutcome says that the master began the reload without telling how it ended, as 2.6 does: see Processes.
var ErrNoOutcome = errors.New("the master doesn't say how the reload ended")

// ReloadError is a reload that the master reports as failed, with what HAProxy wrote while it started.
type ReloadError struct {
	Log string
}

func (e *ReloadError) Error() string { return "reload failed: " + shorten(e.Log) }

// Reload asks the master for a reload. From 3.0 on it returns when the new worker is ready, or a *ReloadError with
// HAProxy's words; 2.6 only closes the connection, which is ErrNoOutcome.
func (m *Master) Reload(ctx context.Context) (log string, err error) {
	reply, err := m.line(ctx, "reload\n")
	if err != nil {
		return "", err
	}
	return parseReload(reply)
}

// line writes one line and reads to the end of the stream.
func (m *Master) line(ctx context.Context, line string) (string, error) {
	conn, err := dial(ctx, m.socket, m.patience)
	if err != nil {
		return "", fmt.Errorf("master socket %s: %w", m.socket, err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(m.patience))
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := conn.Write([]byte(line)); err != nil {
		return "", fmt.Errorf("master socket %s: %w", m.socket, err)
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(conn, maxReply)); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return "", fmt.Errorf("master socket %s: %w: %w", m.socket, ErrPartial, err)
	}
	return b.String(), nil
}

func parseReload(reply string) (string, error) {
	status, log, _ := strings.Cut(reply, "\n--\n")
	switch strings.TrimSpace(status) {
	case "Success=1":
		return log, nil
	case "Success=0":
		return "", &ReloadError{Log: log}
	case "":
		return "", ErrNoOutcome
	default:
		return "", fmt.Errorf("reload: %w: %q", ErrMalformed, shorten(status))
	}
}

func parseProcesses(reply string) (Processes, error) {
	var p Processes
	var into *[]Process
	for line := range strings.Lines(reply) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#<PID>"):
			continue
		case line == "# workers":
			into = &p.Workers
			continue
		case line == "# old workers":
			into = &p.Old
			continue
		case strings.HasPrefix(line, "# "):
			into = nil // programs
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 3 {
			return Processes{}, fmt.Errorf("%w: process %q", ErrMalformed, shorten(line))
		}
		pid, err := strconv.Atoi(fields[0])
		if err != nil || pid <= 0 {
			return Processes{}, fmt.Errorf("%w: process id %q", ErrMalformed, shorten(fields[0]))
		}
		proc := Process{PID: pid, Reloads: atoi(fields[2])}
		if fields[1] == "master" {
			p.Master = proc
			p.Failed = failedReloads(line)
			continue
		}
		if into != nil {
			*into = append(*into, proc)
		}
	}
	if p.Master.PID == 0 {
		return Processes{}, fmt.Errorf("%w: no master in the list of processes", ErrMalformed)
	}
	return p, nil
}

func failedReloads(line string) int {
	_, rest, _ := strings.Cut(line, "[failed: ")
	n, _, _ := strings.Cut(rest, "]")
	return atoi(n)
}
