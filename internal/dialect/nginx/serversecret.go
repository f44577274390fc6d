package nginx

import (
	"fmt"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
)

// loadServerTLS reads the Secret of proxy-ssl-secret; nil closes the routes, with the reason.
func loadServerTLS(p *dialect.Pass, name dialect.Object) *model.ServerTLS {
	across, _ := allowCrossNamespace.Get(p)
	closed := func(problem, suggestion string) *model.ServerTLS {
		p.Withhold(problem)
		p.Report(issue.Issue{
			Code: issue.ServerTrust, Severity: issue.Error, Effect: issue.Withheld, Field: p.Field(proxySSLSecret.Key),
			Message: fmt.Sprintf("The routes of the Ingress are closed with 503: %s.", problem), Suggestion: suggestion,
		})
		return nil
	}
	secret := p.Snapshot.Secret(name.Namespace, name.Name)
	const wanted = "a Secret with ca.crt, with tls.crt and tls.key, or with all three"
	switch {
	case name.Namespace != p.Namespace && !across:
		return closed(fmt.Sprintf("the Secret %s is in another namespace", name), fmt.Sprintf("%s: %s/%s, or the setting %s: \"true\"",
			p.Field(proxySSLSecret.Key), p.Namespace, name.Name, allowCrossNamespace.Key))
	case secret == nil:
		return closed(fmt.Sprintf("there is no Secret %s", name), wanted)
	}
	out := &model.ServerTLS{Secrets: []issue.Ref{p.Snapshot.Ref("Secret", name.Namespace, name.Name)}}
	ca, cert, key := secret.Data["ca.crt"], secret.Data["tls.crt"], secret.Data["tls.key"]
	var err error
	if len(cert) > 0 || len(key) > 0 {
		if out.Cert, err = pki.ServerCert(cert, key); err != nil {
			return closed(fmt.Sprintf("the Secret %s can't be used: %v", name, err), wanted)
		}
		out.Cert.ID, out.Cert.Origin = name.String(), out.Secrets[0]
	}
	if len(ca) > 0 {
		if out.CA, err = pki.ClientCA(ca, nil); err != nil {
			return closed(fmt.Sprintf("the Secret %s can't be used: %v", name, err), wanted)
		}
		out.CA.ID = name.String()
	}
	if out.Cert == nil && out.CA == nil {
		return closed(fmt.Sprintf("the Secret %s has neither a certificate nor an authority", name), wanted)
	}
	return out
}
