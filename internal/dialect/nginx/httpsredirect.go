package nginx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	sslRedirect = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "ssl-redirect", Values: "true or false", Default: "true", Scope: dialect.Both,
			Doc: "Send plain HTTP to HTTPS if an Ingress of the host has a tls section. One trailing slash of the URL is dropped, as ingress-nginx does.",
		},
		Parse: dialect.ParseBool,
	}
	forceSSLRedirect = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "force-ssl-redirect", Values: "true or false", Default: "false", Scope: dialect.Both,
			Doc: "Send plain HTTP to HTTPS even if no Ingress of the host has a tls section.", Risk: dialect.RiskMedium,
		},
		Parse: dialect.ParseBool,
	}
	redirectCode = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "http-redirect-code", Values: "301, 302, 307 or 308", Default: "308", Scope: dialect.Setting,
			Doc: "Status of the redirect to HTTPS.",
		},
		Parse: parseRedirectCode,
	}
	noRedirect = &dialect.Key[[]string]{
		Description: dialect.Description{
			Key: "no-tls-redirect-locations", Values: "beginnings of paths, separated by commas", Default: acmePrefix, Scope: dialect.Setting,
			Doc: "Paths of Ingresses that begin with one of these are not redirected to HTTPS: /health is one for /healthy too. The path of " +
				"the request does not count, as in ingress-nginx.",
		},
		Parse: parseList,
	}
)

// acmePrefix is where certificate authorities look for the answer to a challenge (RFC 8555, 8.3).
const acmePrefix = "/.well-known/acme-challenge"

var httpsRedirect = &dialect.Feature{
	Name: "https-redirect", Title: "Redirect to HTTPS",
	Doc: "Answered on the HTTP port with 308 and the URL of the request. Exempt are paths of an Ingress that start with " + acmePrefix +
		", as in ingress-nginx v1.15: a request below / is redirected, whatever its path.",
	Keys: []dialect.Spec{sslRedirect, forceSSLRedirect, redirectCode, noRedirect},
	Global: func(p *dialect.Pass, g *model.Global) {
		if code, ok := redirectCode.Get(p); ok {
			g.RedirectCode = code
		}
	},
	Route: func(p *dialect.Pass, r *model.Route) {
		exempt, ok := noRedirect.Get(p)
		if !ok {
			exempt = []string{acmePrefix}
		}
		if slices.ContainsFunc(exempt, func(start string) bool { return strings.HasPrefix(r.Match.Path, start) }) {
			return
		}
		redirect, ok := sslRedirect.Get(p)
		force, _ := forceSSLRedirect.Get(p)
		switch {
		case force:
			r.Policy.HTTPS = model.HTTPSIfForwarded
		case redirect || !ok:
			r.Policy.HTTPS = model.HTTPSIfSecure
		}
	},
}

func parseRedirectCode(s string) (int, error) {
	code, err := dialect.ParseInt(s)
	if err != nil {
		return 0, err
	}
	switch code {
	case 301, 302, 307, 308:
		return code, nil
	default:
		return 0, fmt.Errorf("%d is no redirect that a client follows to HTTPS", code)
	}
}

// parseList splits at commas; empty parts are none.
func parseList(s string) ([]string, error) {
	var out []string
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out, nil
}
