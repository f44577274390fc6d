package nginx

import (
	"time"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	streamTimeout = &dialect.Key[time.Duration]{
		Description: dialect.Description{
			Key: "proxy-stream-timeout", Values: "a number with s, m or h", Default: "600s", Scope: dialect.Setting,
			Doc: "How long a connection of a TCP port may be silent.",
		},
		Parse: parseUnitTime,
	}
	streamNext = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "proxy-stream-next-upstream", Values: "true or false", Default: "true", Scope: dialect.Setting,
			Doc: "Try the next endpoint when one does not take a connection.",
		},
		Parse: dialect.ParseBool,
	}
	streamTries = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "proxy-stream-next-upstream-tries", Values: "a number; 0 means as many as there may be", Default: "3", Scope: dialect.Setting,
			Doc:     "How many endpoints are tried, the first one included.",
			Support: dialect.Partial,
			Instead: "0 means 10 tries here; nginx goes on until it has tried all.",
		},
		Parse:   parseTries,
		Differs: func(n int) bool { return n == endlessTries },
	}
	streamLogOff = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "disable-stream-access-log", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Write no log of connections to TCP ports.",
		},
		Parse: dialect.ParseBool,
	}
)

var streams = &dialect.Feature{
	Name: "streams", Title: "TCP ports",
	Doc:  "For the ports of --tcp-services-configmap.",
	Keys: []dialect.Spec{streamTimeout, streamNext, streamTries, streamLogOff},
	Global: func(p *dialect.Pass, g *model.Global) {
		if d, ok := streamTimeout.Get(p); ok {
			g.Timeouts.Stream = least(d)
		}
		g.StreamQuiet, _ = streamLogOff.Get(p)
		g.StreamTries, _ = streamTries.Get(p)
		if on, ok := streamNext.Get(p); ok && !on {
			g.StreamTries = 1
		}
	},
}
