package nginx

import (
	"bytes"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
)

// loadClientCA reads the Secret of auth-tls-secret; problem says why the host must be closed.
func loadClientCA(p *dialect.Pass, name dialect.Object) (ca *model.ClientCA, problem string) {
	across, _ := allowCrossNamespace.Get(p)
	if name.Namespace != p.Namespace && !across {
		problem = fmt.Sprintf("the Secret %s is in another namespace", name)
		reportClosed(p, issue.ClientCAMissing, problem, fmt.Sprintf("%s: %s/%s, or the setting %s: \"true\"",
			p.Field(authTLSSecret.Key), p.Namespace, name.Name, allowCrossNamespace.Key))
		return nil, problem
	}
	secret := p.Snapshot.Secret(name.Namespace, name.Name)
	if secret == nil {
		problem = fmt.Sprintf("there is no Secret %s", name)
		reportClosed(p, issue.ClientCAMissing, problem, "a Secret with the key ca.crt")
		return nil, problem
	}
	if len(secret.Data["ca.crt"]) == 0 {
		problem = fmt.Sprintf("the Secret %s has no ca.crt", name)
		reportClosed(p, issue.ClientCABroken, problem, "a Secret with the key ca.crt (ingress-nginx would serve the host to everybody)")
		return nil, problem
	}
	ca, err := pki.ClientCA(secret.Data["ca.crt"], secret.Data["ca.crl"])
	if err != nil {
		problem = fmt.Sprintf("the Secret %s can't be used: %v", name, err)
		reportClosed(p, issue.ClientCABroken, problem, "PEM certificates in ca.crt, PEM revocation lists in ca.crl")
		return nil, problem
	}
	ca.ID = name.String()
	warnPair(p, secret, ca)
	return ca, ""
}

func reportClosed(p *dialect.Pass, code issue.Code, problem, suggestion string) {
	p.Report(issue.Issue{
		Code: code, Severity: issue.Error, Effect: issue.Withheld, Field: p.Field(authTLSSecret.Key),
		Message:    fmt.Sprintf("Every path of its hosts is closed with 403: %s.", problem),
		Suggestion: suggestion,
	})
}

// warnPair names a root that only ingress-nginx trusts: it adds tls.crt of the same Secret to the CA list.
func warnPair(p *dialect.Pass, secret *corev1.Secret, ca *model.ClientCA) {
	pair, err := pki.Certs(secret.Data[corev1.TLSCertKey])
	if err != nil {
		return
	}
	for _, cert := range pair {
		known := false
		for _, anchor := range ca.Certs {
			known = known || bytes.Equal(anchor.Raw, cert.Raw)
		}
		if !known && bytes.Equal(cert.RawIssuer, cert.RawSubject) {
			p.Report(issue.Issue{
				Code: issue.ClientCertRisk, Severity: issue.Warning, Effect: issue.Approximated, Field: p.Field(authTLSSecret.Key),
				Message: fmt.Sprintf("tls.crt of the Secret holds the self-signed %q; ingress-nginx accepts client certificates that it signed, here only ca.crt counts.",
					cert.Subject),
				Suggestion: "that certificate in ca.crt too, if its clients are wanted",
			})
		}
	}
}
