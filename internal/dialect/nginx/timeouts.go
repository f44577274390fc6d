package nginx

import (
	"time"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	connectTimeout = &dialect.Key[time.Duration]{
		Description: dialect.Description{
			Key: "proxy-connect-timeout", Values: "a number of seconds, without a unit", Default: "5", Scope: dialect.Both,
			Doc:     "How long a connection to a server may take.",
			Support: dialect.Partial,
			Instead: "A server that does not take the connection in time is answered by 502; nginx says 504.",
		},
		Parse: dialect.ParseSeconds,
	}
	readTimeout = &dialect.Key[time.Duration]{
		Description: dialect.Description{
			Key: "proxy-read-timeout", Values: "a number of seconds, without a unit", Default: "60", Scope: dialect.Both,
			Doc: "How long a server may be silent; then 504. It also ends a WebSocket on which nothing is sent.",
		},
		Parse: dialect.ParseSeconds,
	}
	sendTimeout = &dialect.Key[time.Duration]{
		Description: dialect.Description{
			Key: "proxy-send-timeout", Values: "a number of seconds, without a unit", Default: "60", Scope: dialect.Both,
			Doc:     "How long a server may take no more of a request.",
			Support: dialect.Partial,
			Instead: "HAProxy has one time for both directions: the longer one of proxy-read-timeout and proxy-send-timeout holds for both.",
		},
		Parse: dialect.ParseSeconds,
	}
)

var timeouts = &dialect.Feature{
	Name: "timeouts", Title: "Timeouts of servers",
	Doc:  "Seconds, without a unit: \"60s\" is not one, here and in ingress-nginx. 0 is no time at all, not no limit.",
	Keys: []dialect.Spec{connectTimeout, readTimeout, sendTimeout},
	Global: func(p *dialect.Pass, g *model.Global) {
		if d, ok := connectTimeout.Get(p); ok {
			g.Timeouts.Connect = least(d)
		}
		read, readOK := readTimeout.Get(p)
		send, sendOK := sendTimeout.Get(p)
		if readOK || sendOK {
			g.Timeouts.Server = serverTimeout(read, readOK, send, sendOK)
		}
	},
	Route: func(p *dialect.Pass, r *model.Route) {
		if d, ok := connectTimeout.Own(p); ok {
			r.Policy.Connect = least(d)
		}
		read, own := readTimeout.Own(p)
		send, ownSend := sendTimeout.Own(p)
		if !own && !ownSend {
			return
		}
		if !own {
			read, own = readTimeout.Get(p)
		}
		if !ownSend {
			send, ownSend = sendTimeout.Get(p)
		}
		r.Policy.Server = serverTimeout(read, own, send, ownSend)
	},
}

const defaultServerTimeout = time.Minute

func serverTimeout(read time.Duration, readOK bool, send time.Duration, sendOK bool) time.Duration {
	switch {
	case !readOK:
		read = defaultServerTimeout
	case !sendOK:
		return least(read) // nobody asked for another time to send
	}
	return least(max(read, send))
}

// least keeps 0 from meaning "no limit".
func least(d time.Duration) time.Duration { return max(d, time.Millisecond) }
