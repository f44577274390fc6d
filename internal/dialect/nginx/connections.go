package nginx

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

func secondsSetting(key, preset, doc string) *dialect.Key[time.Duration] {
	return &dialect.Key[time.Duration]{
		Description: dialect.Description{Key: key, Values: "a number of seconds", Default: preset, Scope: dialect.Setting, Doc: doc},
		Parse:       dialect.ParseSeconds,
	}
}

func countSetting(key, preset, doc string) *dialect.Key[int] {
	return &dialect.Key[int]{
		Description: dialect.Description{Key: key, Values: "a number", Default: preset, Scope: dialect.Setting, Doc: doc},
		Parse:       parseCount,
	}
}

var (
	keepAliveTime  = secondsSetting("keep-alive", "75", "How long a connection of a client waits for its next request; 0 closes it after each.")
	headerTimeout  = secondsSetting("client-header-timeout", "60", "How long a client may take to send the header of a request; then 408.")
	bodyTimeout    = secondsSetting("client-body-timeout", "60", "How long a client may be silent while it sends or receives a body.")
	poolIdle       = countSetting("upstream-keepalive-connections", "320", "Connections of a server that wait for a request; 0 keeps none.")
	poolRequests   = countSetting("upstream-keepalive-requests", "10000", "Requests of a connection to a server. A server that comes while HAProxy runs has no bound until the next reload.")
	poolTimeout    = secondsSetting("upstream-keepalive-timeout", "60", "How long a connection to a server waits for a request.")
	workerShutdown = &dialect.Key[time.Duration]{
		Description: dialect.Description{
			Key: "worker-shutdown-timeout", Values: "a number with s, m or h", Default: "240s", Scope: dialect.Setting,
			Doc: "How long a process that was replaced may serve its connections.",
		},
		Parse: parseUnitTime,
	}
)

var (
	connectionRequests = countSetting("keep-alive-requests", "1000",
		"Requests of a connection of a client, after which it is closed. Where nobody says, a connection is kept; it costs each request some work.")
	headerBuffers = &dialect.Key[int64]{
		Description: dialect.Description{
			Key: "large-client-header-buffers", Values: "a number and a size, such as 4 8k", Default: "4 8k", Scope: dialect.Setting,
			Doc:     "How long the header of a request may be.",
			Support: dialect.Partial,
			Instead: "A header may have that many bytes in all, and 32 KiB always, a line of it as many as all. Above it the answer is 400.",
		},
		Parse: parseHeaderBuffers,
	}
	workers = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "worker-processes", Values: "auto, or a number up to 64", Default: "auto", Scope: dialect.Setting,
			Doc: "Threads of HAProxy; auto: as many as the container has processors.",
		},
		Parse: parseWorkers,
	}
)

var connections = &dialect.Feature{
	Name: "connections", Title: "Times and numbers of connections",
	Doc:  "Of clients and of servers, on every host.",
	Keys: []dialect.Spec{keepAliveTime, headerTimeout, bodyTimeout, poolIdle, poolRequests, poolTimeout, workerShutdown, connectionRequests, headerBuffers, workers},
	Global: func(p *dialect.Pass, g *model.Global) {
		if d, ok := keepAliveTime.Get(p); ok {
			g.Timeouts.KeepAlive = d
		}
		if d, ok := headerTimeout.Get(p); ok {
			g.Timeouts.ClientHeader = least(d)
		}
		if d, ok := bodyTimeout.Get(p); ok {
			g.Timeouts.Client = least(d)
		}
		if d, ok := workerShutdown.Get(p); ok {
			g.Timeouts.HardStop = least(d)
		}
		if n, ok := poolIdle.Get(p); ok {
			g.Pool.Idle = &n
		}
		if n, ok := poolRequests.Get(p); ok && n > 0 {
			g.Pool.Requests = &n
		}
		if d, ok := poolTimeout.Get(p); ok {
			g.Pool.Timeout = &d
		}
		g.Requests, _ = connectionRequests.Get(p)
		g.MaxHeader, _ = headerBuffers.Get(p)
		g.Threads, _ = workers.Get(p)
	},
}

// parseUnitTime reads a time of nginx with one unit; without one, it is seconds.
func parseUnitTime(s string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour} {
		if number, ok := strings.CutSuffix(s, suffix); ok {
			n, err := dialect.ParseInt(number)
			if err == nil && (n < 0 || n > int(24*time.Hour/unit)) {
				err = fmt.Errorf("%s is out of range", s)
			}
			return time.Duration(n) * unit, err
		}
	}
	return dialect.ParseSeconds(s)
}

// parseWorkers gives 0 for auto.
func parseWorkers(s string) (int, error) {
	if s == "auto" {
		return 0, nil
	}
	n, err := dialect.ParseInt(s)
	if err == nil && (n < 1 || n > 64) {
		err = fmt.Errorf("%d is out of range", n)
	}
	return n, err
}

// parseHeaderBuffers gives the bytes of all buffers.
func parseHeaderBuffers(s string) (int64, error) {
	words := strings.Fields(s)
	if len(words) != 2 {
		return 0, errors.New("it is no number and a size")
	}
	n, err := dialect.ParseInt(words[0])
	if err != nil {
		return 0, err
	}
	size, err := parseSize(words[1])
	if err == nil && (n < 1 || n > 64 || size < 1 || size > 256<<10 || int64(n)*size > 256<<10) {
		err = fmt.Errorf("%s is out of range", s)
	}
	return int64(n) * size, err
}
