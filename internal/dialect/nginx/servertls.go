package nginx

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	proxySSLSecret = &dialect.Key[dialect.Object]{
		Description: dialect.Description{
			Key: "proxy-ssl-secret", Values: "namespace/name of a Secret with ca.crt, with tls.crt and tls.key, or with all three", Guard: true,
			Doc: "The certificate that servers are shown, and the authorities of their certificates. A Secret that is missing, broken or in another " +
				"namespace closes the routes. TLS to servers is then 1.2 unless proxy-ssl-protocols says otherwise.",
			Risk: dialect.RiskMedium,
		},
		Parse: dialect.ParseObject,
	}
	proxySSLVerify = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "proxy-ssl-verify", Values: "on or off", Default: "off", Guard: true,
			Doc: "Whether a server must show a certificate of ca.crt for the name of proxy-ssl-name, otherwise 502. Without a ca.crt the routes are closed; ingress-nginx would verify nothing.",
		},
		Parse: dialect.OneOf("on", "off"),
	}
	proxySSLVerifyDepth = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "proxy-ssl-verify-depth", Values: "a number of intermediate certificates, at least 1", Default: "1",
			Doc: "The most intermediates between the certificate of a server and a CA of the Secret. 0 means 1.",
		},
		Parse: parseDepth,
	}
	proxySSLName = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "proxy-ssl-name", Values: "a host name, which may have variables such as $host", Default: nginxName, Risk: dialect.RiskHigh,
			Doc: "The name that the certificate of a server must have, and that is sent to it with proxy-ssl-server-name. Verifying a name with variables needs proxy-ssl-server-name.",
		},
		Parse: checkServerName,
	}
	proxySSLServerName = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "proxy-ssl-server-name", Values: "on or off", Default: "off",
			Doc: "Whether servers are told the name of proxy-ssl-name in the handshake (SNI).",
		},
		Parse: dialect.OneOf("on", "off"),
	}
	proxySSLProtocols = &dialect.Key[[]model.TLSVersion]{
		Description: dialect.Description{
			Key: "proxy-ssl-protocols", Values: "TLSv1.2, TLSv1.3, or both", Default: "TLSv1.2",
			Doc: "Versions of TLS to servers, where the Secret has a ca.crt.",
		},
		Parse: parseServerVersions,
	}
	proxySSLCiphers = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "proxy-ssl-ciphers", Values: "a list of OpenSSL", Default: "DEFAULT", Risk: dialect.RiskMedium,
			Doc: "Ciphers of TLS 1.2 to servers, where the Secret has a ca.crt.",
		},
		Parse: parseServerCiphers,
	}
	proxySSLLocationOnly = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "proxy-ssl-location-only", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Whether the keys hold for the routes of their Ingress only. Otherwise the oldest Ingress of a host whose Secret has a ca.crt also decides for routes of others to servers with TLS.",
		},
		Parse: dialect.ParseBool,
	}
)

// nginxName is what nginx calls all servers of ingress-nginx, and so the name that it sends and verifies by default.
const nginxName = "upstream_balancer"

var serverTLS = &dialect.Feature{
	Name: "server-tls", Title: "TLS to servers",
	Doc: "For backend-protocol HTTPS, GRPCS and AUTO_HTTP. Without proxy-ssl-secret all other keys do nothing, as in ingress-nginx. Connections are never shared " +
		"by routes with other certificates or names. Beside the alternative names of a certificate its common name counts.",
	Keys: []dialect.Spec{proxySSLSecret, proxySSLVerify, proxySSLVerifyDepth, proxySSLName, proxySSLServerName, proxySSLProtocols, proxySSLCiphers, proxySSLLocationOnly},
	Host: func(p *dialect.Pass, h *model.Host) {
		if only, _ := proxySSLLocationOnly.Get(p); only || h.ServerTLS != nil || !p.Set(proxySSLSecret) {
			return
		}
		if t := readServerTLS(p); t != nil && t.CA != nil {
			h.ServerTLS = t
		}
	},
	Route: func(p *dialect.Pass, r *model.Route) {
		if !p.Set(proxySSLSecret) {
			reportUntrusted(p)
			return
		}
		t := readServerTLS(p)
		if u := r.Policy.Upstream; u.Encrypted() {
			u.Trust = t
		} else if t != nil {
			p.Report(issue.Issue{
				Code: issue.Conflict, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(proxySSLSecret.Key),
				Message:    "It has no effect, as in ingress-nginx: the servers are not spoken to by TLS.",
				Suggestion: p.Field(backendProtocol.Key) + ": HTTPS",
			})
		}
	},
}

// reportUntrusted names keys that have no effect because nothing says whom to trust.
func reportUntrusted(p *dialect.Pass) {
	for _, key := range []dialect.Spec{proxySSLVerify, proxySSLVerifyDepth, proxySSLName, proxySSLServerName, proxySSLProtocols, proxySSLCiphers} {
		if !p.Set(key) {
			continue
		}
		p.Report(issue.Issue{
			Code: issue.Conflict, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(key.Describe().Key),
			Message:    "It has no effect without proxy-ssl-secret on the same Ingress, as in ingress-nginx: servers are not verified.",
			Suggestion: p.Field(proxySSLSecret.Key) + ": " + proxySSLSecret.Values,
		})
	}
}

// readServerTLS is nil where the routes are closed instead.
func readServerTLS(p *dialect.Pass) *model.ServerTLS {
	name, ok := proxySSLSecret.Get(p)
	if !ok {
		return nil
	}
	out := loadServerTLS(p, name)
	if out == nil {
		return nil
	}
	verify, ok := proxySSLVerify.Get(p)
	if !ok && p.Set(proxySSLVerify) {
		return nil
	}
	out.Verify = verify == "on"
	text, named := proxySSLName.Get(p)
	if !named {
		text = nginxName
	}
	out.Name, _ = parseTemplate(text, nil) // checked by the key
	send, _ := proxySSLServerName.Get(p)
	_, notIP := netip.ParseAddr(text)
	out.SendName = send == "on" && notIP != nil
	if out.CA != nil {
		readServerRules(p, out)
	}
	if !trustworthy(p, out, named) {
		return nil
	}
	return out
}

// readServerRules are for Secrets with a CA, as in ingress-nginx.
func readServerRules(p *dialect.Pass, out *model.ServerTLS) {
	out.Depth = 1
	if depth, ok := proxySSLVerifyDepth.Get(p); ok {
		out.Depth = max(depth, 1)
	}
	versions, ok := proxySSLProtocols.Get(p)
	if !ok {
		versions = []model.TLSVersion{model.TLS12}
	}
	out.Min, out.Max = slices.Min(versions), slices.Max(versions)
	out.Ciphers, _ = proxySSLCiphers.Get(p)
}

// trustworthy closes the routes if what they ask for can't be verified.
func trustworthy(p *dialect.Pass, t *model.ServerTLS, named bool) bool {
	if !t.Verify {
		return true
	}
	field := p.Field(proxySSLVerify.Key)
	closed := func(problem, suggestion string) bool {
		p.Withhold(problem)
		p.Report(issue.Issue{
			Code: issue.ServerTrust, Severity: issue.Error, Effect: issue.Withheld, Field: field,
			Message: fmt.Sprintf("The routes of the Ingress are closed with 503: %s.", problem), Suggestion: suggestion,
		})
		return false
	}
	_, constant := t.Name.Constant()
	switch {
	case t.CA == nil:
		return closed("the Secret of proxy-ssl-secret has no ca.crt to verify servers by", "a Secret with the key ca.crt (ingress-nginx would verify nothing)")
	case !constant && !t.SendName:
		return closed("a name with variables is only verified where it is sent", p.Field(proxySSLServerName.Key)+": on")
	case !named:
		p.Report(issue.Issue{
			Code: issue.ServerTrust, Severity: issue.Warning, Effect: issue.None, Field: field,
			Message:    fmt.Sprintf("Servers are only asked if their certificate is for %s, as in ingress-nginx; everything else is 502.", nginxName),
			Suggestion: p.Field(proxySSLName.Key) + ": the name in the certificate of the servers",
		})
	}
	return true
}

var serverNameForm = regexp.MustCompile(`^[A-Za-z0-9._-]*$`)

// checkServerName accepts host names and variables that are known.
func checkServerName(s string) (string, error) {
	t, err := parseTemplate(s, nil)
	if err != nil {
		return "", err
	}
	for _, part := range t {
		if part.Var == model.VarNone && !serverNameForm.MatchString(part.Text) {
			return "", fmt.Errorf("%q is no host name", s)
		}
	}
	return s, nil
}

func parseServerVersions(s string) ([]model.TLSVersion, error) {
	var out []model.TLSVersion
	for _, word := range strings.Fields(s) {
		switch word {
		case "TLSv1.2":
			out = append(out, model.TLS12)
		case "TLSv1.3":
			out = append(out, model.TLS13)
		default:
			return nil, fmt.Errorf("%q is neither TLSv1.2 nor TLSv1.3", word)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("it names no version")
	}
	return out, nil
}

var serverCipherForm = regexp.MustCompile(`^[A-Za-z0-9+:_\-!]*$`)

func parseServerCiphers(s string) (string, error) {
	if !serverCipherForm.MatchString(s) {
		return "", fmt.Errorf("%q is no list of ciphers", s)
	}
	return s, nil
}
