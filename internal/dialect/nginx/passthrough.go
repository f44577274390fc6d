package nginx

import (
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var sslPassthrough = &dialect.Key[bool]{
	Description: dialect.Description{
		Key: "ssl-passthrough", Values: "true or false", Default: "false",
		Doc:     "TLS connections for the host go to the Service of its path / as they are: nothing else of the host's Ingresses holds for them. Without --enable-ssl-passthrough it does nothing.",
		Support: dialect.Partial,
		Instead: "Connections go to the endpoints of the Service, not to its cluster IP (unless service-upstream asks for that); they also do for aliases and for a wildcard, " +
			"whose TLS ingress-nginx ends itself. Requests for the host on connections that were made for another name are 421; ingress-nginx would serve them.",
	},
	Parse: dialect.ParseBool, Differs: func(on bool) bool { return on },
}

var passthrough = &dialect.Feature{
	Name: "passthrough", Title: "TLS that servers end",
	Doc: "Decided by the name in the handshake (SNI). Over plain HTTP the host is served as usual. A host without the path / has no backend: connections are closed, as those " +
		"of a host whose route for / is closed. As long as any host asks for it, each connection to the port of HTTPS takes one inside of HAProxy more, so half as many fit.",
	Keys: []dialect.Spec{sslPassthrough},
	Host: func(p *dialect.Pass, h *model.Host) {
		if !p.Set(sslPassthrough) {
			return
		}
		if !p.Snapshot.Settings.Passthrough {
			p.Report(issue.Issue{
				Code: issue.Passthrough, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(sslPassthrough.Key),
				Message:    "TLS is ended here and not by the servers, as in ingress-nginx without the flag.",
				Suggestion: "--enable-ssl-passthrough",
			})
			return
		}
		if on, _ := sslPassthrough.Get(p); !on || h.Passthrough != nil {
			return
		}
		if h.Name == "" {
			p.Report(issue.Issue{
				Code: issue.Passthrough, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(sslPassthrough.Key),
				Message:    "Connections for no host in particular are not passed through, as in ingress-nginx.",
				Suggestion: "a host in every rule",
			})
			return
		}
		h.Passthrough = &model.Passthrough{Origin: p.Object()}
	},
}
