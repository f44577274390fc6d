package nginx

import (
	"time"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	hstsOn = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "hsts", Values: "true or false", Default: "true", Scope: dialect.Setting,
			Doc: "Send Strict-Transport-Security with every HTTPS response.",
		},
		Parse: dialect.ParseBool,
	}
	hstsMaxAge = &dialect.Key[time.Duration]{
		Description: dialect.Description{
			Key: "hsts-max-age", Values: "a number of seconds", Default: "31536000", Scope: dialect.Setting,
			Doc: "How long a client must use HTTPS only.",
		},
		Parse: parseLongSeconds,
	}
	hstsSubdomains = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "hsts-include-subdomains", Values: "true or false", Default: "true", Scope: dialect.Setting,
			Doc: "The header holds for subdomains too.",
		},
		Parse: dialect.ParseBool,
	}
	hstsPreload = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "hsts-preload", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "The header asks browsers to add the domain to the list that they ship.",
		},
		Parse: dialect.ParseBool,
	}
)

var hsts = &dialect.Feature{
	Name: "hsts", Title: "Strict transport security",
	Doc:  "RFC 6797, on every response of the HTTPS port, errors and redirects included.",
	Keys: []dialect.Spec{hstsOn, hstsMaxAge, hstsSubdomains, hstsPreload},
	Global: func(p *dialect.Pass, g *model.Global) {
		if on, ok := hstsOn.Get(p); ok && !on {
			g.HSTS = nil
			return
		}
		h := &model.HSTS{MaxAge: 31536000 * time.Second, IncludeSubdomains: true}
		if age, ok := hstsMaxAge.Get(p); ok {
			h.MaxAge = age
		}
		if sub, ok := hstsSubdomains.Get(p); ok {
			h.IncludeSubdomains = sub
		}
		if preload, ok := hstsPreload.Get(p); ok {
			h.Preload = preload
		}
		g.HSTS = h
	},
}

// parseLongSeconds allows decades, unlike the seconds of a timeout.
func parseLongSeconds(s string) (time.Duration, error) {
	n, err := dialect.ParseInt(s)
	if err != nil {
		return 0, err
	}
	return time.Duration(max(n, 0)) * time.Second, nil
}
