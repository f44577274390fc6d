// Package haproxyorg is the dialect of the HAProxy Kubernetes ingress controller of haproxy.org, as far as it is read:
// the ConfigMap keys for client certificates, and the two that a policy for many hosts needs besides.
package haproxyorg

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
)

// Features lists every feature of the dialect.
func Features() []*dialect.Feature { return []*dialect.Feature{clientCert} }

var (
	clientCA = &dialect.Key[dialect.Object]{
		Description: dialect.Description{
			Key: "client-ca", Values: "namespace/name of a Secret with ca.crt or tls.crt", Scope: dialect.Setting, Guard: true,
			Doc: "The certificate authorities of clients, for every host that has no auth-tls-secret of its own. A certificate is needed unless client-crt-optional says otherwise.",
		},
		Parse: dialect.ParseObject,
	}
	clientOptional = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "client-crt-optional", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "A client may send no certificate; one that is sent must be valid.",
		},
		Parse: dialect.ParseBool,
	}
	clientIgnore = &dialect.Key[[]model.VerifyCode]{
		Description: dialect.Description{
			Key: "client-crt-ignore-err", Values: "a list of verification errors, by number or name, such as 20,CERT_HAS_EXPIRED", Scope: dialect.Setting, Guard: true,
			Doc: "Errors of client certificates that are let through; ssl-client-verify tells the backend which. Every error of the certificate must be on the list.",
		},
		Parse: parseVerifyCodes,
	}
	clientNoNames = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "client-no-ca-names", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Do not tell clients which CAs are accepted, so that those that obey the names present what they have.",
		},
		Parse: dialect.ParseBool,
	}
)

var clientCert = &dialect.Feature{
	Name: "client-ca", Title: "Client certificates for all hosts",
	Doc: "One policy for every host without an auth-tls-secret. A request without a valid certificate gets 400, on HTTPS; plain HTTP of such a host is redirected or closed. " +
		"The backend gets the same ssl-client-* headers as with auth-tls-secret.",
	Keys: []dialect.Spec{clientCA, clientOptional, clientIgnore, clientNoNames},
	Global: func(p *dialect.Pass, g *model.Global) {
		if p.Set(clientCA) {
			g.ClientCert = read(p)
			return
		}
		for _, key := range []dialect.Spec{clientOptional, clientIgnore, clientNoNames} {
			if p.Set(key) {
				p.Report(issue.Issue{
					Code: issue.ClientCertRisk, Severity: issue.Warning, Effect: issue.Ignored, Field: key.Describe().Key,
					Message: "It has no effect without client-ca.", Suggestion: "client-ca: " + clientCA.Values,
				})
			}
		}
	},
}

func read(p *dialect.Pass) *model.ClientCert {
	c := &model.ClientCert{Verify: model.VerifyOn, Depth: maxDepth, Global: true, Origin: p.Object()}
	if optional, ok := clientOptional.Get(p); ok && optional {
		c.Verify = model.VerifyOptional
	}
	if hide, ok := clientNoNames.Get(p); ok {
		c.HideCANames = hide
	}
	name, ok := clientCA.Get(p)
	if !ok {
		return c.Closed("client-ca can't be read")
	}
	c.Secret = p.Snapshot.Ref("Secret", name.Namespace, name.Name)
	if p.Set(clientIgnore) {
		if c.IgnoreErr, ok = clientIgnore.Get(p); !ok {
			return c.Closed("client-crt-ignore-err can't be read")
		}
	}
	var problem string
	if c.CA, problem = load(p, name); problem != "" {
		return c.Closed(problem)
	}
	return c
}

// maxDepth is what OpenSSL accepts when nobody asks for less.
const maxDepth = 100

func load(p *dialect.Pass, name dialect.Object) (*model.ClientCA, string) {
	code, problem := issue.ClientCAMissing, fmt.Sprintf("there is no Secret %s", name)
	if secret := p.Snapshot.Secret(name.Namespace, name.Name); secret != nil {
		bundle := secret.Data["ca.crt"]
		if len(bundle) == 0 {
			bundle = secret.Data["tls.crt"]
		}
		ca, err := pki.ClientCA(bundle, secret.Data["ca.crl"])
		if err == nil {
			ca.ID = name.String()
			return ca, ""
		}
		code, problem = issue.ClientCABroken, fmt.Sprintf("the Secret %s can't be used: %v", name, err)
	}
	p.Report(issue.Issue{
		Code: code, Severity: issue.Error, Effect: issue.Withheld, Field: clientCA.Key,
		Message:    fmt.Sprintf("Every host without an auth-tls-secret is closed with 403: %s.", problem),
		Suggestion: "client-ca: " + clientCA.Values,
	})
	return nil, problem
}

func parseVerifyCodes(s string) ([]model.VerifyCode, error) {
	var codes []model.VerifyCode
	for word := range strings.SplitSeq(s, ",") {
		if strings.TrimSpace(word) == "" {
			continue
		}
		code, err := model.ParseVerifyCode(word)
		if err != nil {
			return nil, err
		}
		if code != model.VerifyOK {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes), nil
}
