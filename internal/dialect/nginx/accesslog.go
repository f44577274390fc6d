package nginx

import (
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	accessLogOn = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "enable-access-log", Values: "true or false", Default: "true",
			Doc: "Write requests of the routes into the access log.",
		},
		Parse: dialect.ParseBool,
	}
	accessLogOff = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "disable-access-log", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Write no access log at all.",
		},
		Parse: dialect.ParseBool,
	}
	httpLogOff = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "disable-http-access-log", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Write no access log of HTTP.",
		},
		Parse: dialect.ParseBool,
	}
	skippedURLs = &dialect.Key[[]string]{
		Description: dialect.Description{
			Key: "skip-access-log-urls", Values: "paths with their queries, separated by commas", Scope: dialect.Setting,
			Doc: "Requests for exactly these are not written into the access log.",
		},
		Parse: parseList,
	}
)

var accessLog = &dialect.Feature{
	Name: "access-log", Title: "Access log",
	Doc:  "What is not written is counted in the figures all the same.",
	Keys: []dialect.Spec{accessLogOn, accessLogOff, httpLogOff, skippedURLs},
	Global: func(p *dialect.Pass, g *model.Global) {
		all, _ := accessLogOff.Get(p)
		http, _ := httpLogOff.Get(p)
		if all || http {
			g.LogFormat = model.LogOff
		}
		g.LogSkip, _ = skippedURLs.Get(p)
	},
	Route: func(p *dialect.Pass, r *model.Route) {
		if on, ok := accessLogOn.Get(p); ok {
			r.Policy.Quiet = !on
		}
	},
}
