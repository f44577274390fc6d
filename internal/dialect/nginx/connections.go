package nginx

import (
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
	poolRequests   = countSetting("upstream-keepalive-requests", "10000", "Requests of a connection to a server.")
	poolTimeout    = secondsSetting("upstream-keepalive-timeout", "60", "How long a connection to a server waits for a request.")
	workerShutdown = &dialect.Key[time.Duration]{
		Description: dialect.Description{
			Key: "worker-shutdown-timeout", Values: "a number with s, m or h", Default: "240s", Scope: dialect.Setting,
			Doc: "How long a process that was replaced may serve its connections.",
		},
		Parse: parseUnitTime,
	}
)

var connections = &dialect.Feature{
	Name: "connections", Title: "Times and numbers of connections",
	Doc:  "Of clients and of servers, on every host.",
	Keys: []dialect.Spec{keepAliveTime, headerTimeout, bodyTimeout, poolIdle, poolRequests, poolTimeout, workerShutdown},
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
