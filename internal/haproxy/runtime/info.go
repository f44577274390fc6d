package runtime

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Info is what "show info" says about one worker.
type Info struct {
	Version  string
	PID      int
	Threads  int
	Uptime   time.Duration
	Stopping bool
	FDLimit  int // Ulimit-n
	MaxSock  int
	MaxConn  int

	// Fields holds every line by its name, for metrics.
	Fields map[string]string
}

// Number is a field as a number; false when HAProxy doesn't have it or it is text.
func (i Info) Number(field string) (float64, bool) {
	n, err := strconv.ParseFloat(i.Fields[field], 64)
	return n, err == nil
}

// ShowInfo asks for Info.
func ShowInfo() Command { return command("show", "info").confirmedBy(says("Pid: ")) }

// Info reads the state of the worker.
func (c *Client) Info(ctx context.Context) (Info, error) {
	return one(ctx, c, ShowInfo(), parseInfo)
}

func parseInfo(reply string) (Info, error) {
	i := Info{Fields: map[string]string{}}
	for line := range strings.Lines(reply) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":"); ok {
			i.Fields[name] = strings.TrimSpace(value)
		}
	}
	pid, err := strconv.Atoi(i.Fields["Pid"])
	if err != nil || pid <= 0 {
		return Info{}, fmt.Errorf("%w: process id %q", ErrMalformed, shorten(i.Fields["Pid"]))
	}
	i.PID = pid
	i.Version = i.Fields["Version"]
	i.Threads = atoi(i.Fields["Nbthread"])
	i.Uptime = time.Duration(atoi(i.Fields["Uptime_sec"])) * time.Second
	i.Stopping = i.Fields["Stopping"] == "1"
	i.FDLimit = atoi(i.Fields["Ulimit-n"])
	i.MaxSock = atoi(i.Fields["Maxsock"])
	i.MaxConn = atoi(i.Fields["Maxconn"])
	return i, nil
}
