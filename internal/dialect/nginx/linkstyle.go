package nginx

import (
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	preserveTrailingSlash = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "preserve-trailing-slash", Values: "true or false", Default: "false", Scope: dialect.Both, Risk: dialect.RiskMedium,
			Doc: "The redirect to HTTPS keeps a slash at the end of the URL.",
		},
		Parse: dialect.ParseBool,
	}
	relativeRedirects = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "relative-redirects", Values: "true or false", Default: "false", Scope: dialect.Both,
			Doc: "The redirect to a path with a slash, and permanent-redirect to a path, have a Location without scheme and host. " +
				"The redirect to HTTPS and app-root stay as they are.",
		},
		Parse: dialect.ParseBool,
	}
	usePortInRedirects = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "use-port-in-redirects", Values: "true or false", Default: "false", Scope: dialect.Both,
			Doc: "URLs of redirects have the port: that to HTTPS always, those within the host unless it is the usual one of the scheme.",
		},
		Parse: dialect.ParseBool,
	}
)

var links = &dialect.Feature{
	Name: "links", Title: "How redirects are written",
	Doc:  "The Location of redirects that the controller makes itself; those of a backend pass unchanged.",
	Keys: []dialect.Spec{preserveTrailingSlash, relativeRedirects, usePortInRedirects},
	Route: func(p *dialect.Pass, r *model.Route) {
		r.Policy.Links = linkStyle(p)
	},
}

func linkStyle(p *dialect.Pass) model.LinkStyle {
	var s model.LinkStyle
	s.KeepSlash, _ = preserveTrailingSlash.Get(p)
	s.Relative, _ = relativeRedirects.Get(p)
	s.Port, _ = usePortInRedirects.Get(p)
	return s
}
