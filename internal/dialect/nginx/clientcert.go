package nginx

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	authTLSSecret = &dialect.Key[dialect.Object]{
		Description: dialect.Description{
			Key: "auth-tls-secret", Values: "namespace/name of a Secret with ca.crt, and ca.crl if certificates are revoked",
			Doc:  "The certificate authorities that sign client certificates of the host. It holds for every path of the host, of all its Ingresses.",
			Risk: dialect.RiskMedium, Guard: true,
		},
		Parse: dialect.ParseObject,
	}
	authTLSVerify = &dialect.Key[model.VerifyMode]{
		Description: dialect.Description{
			Key: "auth-tls-verify-client", Values: "on, off, optional or optional_no_ca", Default: "on",
			Doc:  "Whether a certificate is needed. A value that is none of the four counts as on.",
			Risk: dialect.RiskMedium,
		},
		Parse: parseVerifyMode,
	}
	authTLSDepth = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "auth-tls-verify-depth", Values: "a number of intermediate certificates, at least 1", Default: "1",
			Doc: "The most intermediates between a client certificate and a CA of the Secret. 0 means 1.",
		},
		Parse: parseDepth,
	}
	authTLSErrorPage = &dialect.Key[*model.ErrorPage]{
		Description: dialect.Description{
			Key: "auth-tls-error-page", Values: "an absolute URL such as https://login.example.com/certificate",
			Doc:     "Where a client without a valid certificate is sent, by 302. Without it the answer is 400.",
			Support: dialect.Partial,
			Instead: "A page on the protected host itself (/path or @name) is answered with 400: ingress-nginx would serve that path without a certificate.",
			Risk:    dialect.RiskHigh,
		},
		Parse:   parseErrorPage,
		Differs: func(page *model.ErrorPage) bool { return page == nil },
	}
	authTLSMatchCN = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "auth-tls-match-cn", Values: "CN= and a regular expression",
			Doc:  "An expression that the subject of the certificate must match, otherwise 403. It is not anchored, and compared with the whole subject in the form of RFC 2253.",
			Risk: dialect.RiskHigh, Guard: true,
		},
		Parse: parseMatchCN,
	}
	authTLSPass = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "auth-tls-pass-certificate-to-upstream", Values: "true or false", Default: "false",
			Doc: "Send the certificate to the backend, URL-encoded PEM in ssl-client-cert.",
		},
		Parse: dialect.ParseBool,
	}
	optionalCANames = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "auth-tls-optional-no-ca-names", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Send the names of the CAs to clients of optional_no_ca hosts, as nginx does. Clients that obey the names (Go, Java, browsers) then present no certificate of another CA.",
		},
		Parse: dialect.ParseBool,
	}
)

var clientCert = &dialect.Feature{
	Name: "client-cert", Title: "Client certificates",
	Doc: "Checked once per host, before any redirect, path or other policy. 400 without a valid certificate, 403 for a subject that does not match, " +
		"421 when the Host is not the name that the TLS connection was made for. A Secret that is missing or unusable closes the host with 403. " +
		"Headers named ssl-client-* that a client sends reach no backend of any host.",
	Keys: []dialect.Spec{authTLSSecret, authTLSVerify, authTLSDepth, authTLSErrorPage, authTLSMatchCN, authTLSPass, optionalCANames},
	Host: clientCertHost,
}

func clientCertHost(p *dialect.Pass, h *model.Host) {
	if !p.Set(authTLSSecret) {
		reportOrphans(p)
		return
	}
	policy := readClientCert(p)
	switch current := h.ClientCert; {
	case current == nil:
		h.ClientCert = policy
	case current.Verify != model.VerifyDeny && policy.Verify == model.VerifyDeny:
		policy.Others = append(current.Others, current.Origin)
		h.ClientCert = policy
	default:
		reportConflict(p, h, policy)
		current.Others = append(current.Others, policy.Origin)
	}
}

// reportOrphans names annotations that have no effect because nothing says which CA to trust.
func reportOrphans(p *dialect.Pass) {
	for _, key := range []dialect.Spec{authTLSVerify, authTLSDepth, authTLSErrorPage, authTLSMatchCN, authTLSPass} {
		name := key.Describe().Key
		if p.Set(key) {
			p.Report(issue.Issue{
				Code: issue.ClientCertRisk, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(name),
				Message:    "It has no effect without auth-tls-secret on the same Ingress, as in ingress-nginx: this Ingress asks for no client certificate.",
				Suggestion: p.Field(authTLSSecret.Key) + ": " + authTLSSecret.Values,
			})
		}
	}
}

func reportConflict(p *dialect.Pass, h *model.Host, policy *model.ClientCert) {
	if samePolicy(h.ClientCert, policy) {
		return
	}
	p.Report(issue.Issue{
		Code: issue.Conflict, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(authTLSSecret.Key),
		Message: fmt.Sprintf("Host %s has the client-certificate policy of %s: the oldest Ingress decides, a broken one closes.",
			h.Name, h.ClientCert.Origin),
		Suggestion: "the same auth-tls-* annotations on every Ingress of the host, or on one only",
	})
}

func samePolicy(a, b *model.ClientCert) bool {
	page := func(c *model.ClientCert) string {
		if c.ErrorPage == nil {
			return ""
		}
		return c.ErrorPage.URL
	}
	return a.Verify == b.Verify && a.Secret == b.Secret && a.Depth == b.Depth && a.MatchCN == b.MatchCN &&
		a.PassCert == b.PassCert && page(a) == page(b)
}

// readClientCert returns a policy in every case: what can't be honoured is VerifyDeny.
func readClientCert(p *dialect.Pass) *model.ClientCert {
	policy := &model.ClientCert{Verify: model.VerifyOn, Depth: 1, Origin: p.Object()}
	if mode, ok := authTLSVerify.Get(p); ok {
		policy.Verify = mode
	}
	if depth, ok := authTLSDepth.Get(p); ok {
		policy.Depth = max(depth, 1)
	}
	if page, ok := authTLSErrorPage.Get(p); ok {
		policy.ErrorPage = page
	}
	if pass, ok := authTLSPass.Get(p); ok {
		policy.PassCert = pass
	}
	if policy.Verify == model.VerifyOptionalNoCA {
		names, _ := optionalCANames.Get(p)
		policy.HideCANames = !names
	}
	name, ok := authTLSSecret.Get(p)
	if !ok {
		return policy.Closed("auth-tls-secret can't be read")
	}
	policy.Secret = p.Snapshot.Ref("Secret", name.Namespace, name.Name)
	if p.Set(authTLSMatchCN) {
		if policy.MatchCN, ok = authTLSMatchCN.Get(p); !ok {
			return policy.Closed("auth-tls-match-cn can't be read")
		}
		warnSubject(p, policy.MatchCN)
	}
	ca, problem := loadClientCA(p, name)
	if problem != "" {
		return policy.Closed(problem)
	}
	policy.CA = ca
	return policy
}

// warnSubject tells what authors of an expression rarely know: "CN=alice" accepts CN=alice2 too, and the subject that it
// is compared with has no letter beyond ASCII.
func warnSubject(p *dialect.Pass, expression string) {
	if strings.ContainsFunc(expression, func(c rune) bool { return c >= 0x80 }) {
		p.Report(issue.Issue{
			Code: issue.ClientCertRisk, Severity: issue.Warning, Effect: issue.None, Field: p.Field(authTLSMatchCN.Key),
			Message:    "It matches no certificate, as in ingress-nginx: RFC 2253 writes letters beyond ASCII as their bytes, ü as \\C3\\BC.",
			Suggestion: "the bytes in hexadecimal, each behind two backslashes, or a dot for each character of that form",
		})
	}
	if !strings.Contains(expression, "|") && anchored(expression) || strings.HasSuffix(expression, "(,|$)") && strings.Count(expression, "|") == 1 {
		return
	}
	suggestion := p.Field(authTLSMatchCN.Key) + ": " + expression + "(,|$)"
	if strings.Contains(expression, "|") {
		suggestion = "(,|$) behind every alternative"
	}
	p.Report(issue.Issue{
		Code: issue.ClientCertRisk, Severity: issue.Info, Effect: issue.None, Field: p.Field(authTLSMatchCN.Key),
		Message:    "The expression is not anchored, as in ingress-nginx: it also accepts longer names, and the same text elsewhere in the subject.",
		Suggestion: suggestion,
	})
}

func anchored(expression string) bool {
	return strings.HasSuffix(expression, "$") || strings.HasSuffix(expression, ",")
}

func parseVerifyMode(s string) (model.VerifyMode, error) {
	for _, m := range []model.VerifyMode{model.VerifyOn, model.VerifyOff, model.VerifyOptional, model.VerifyOptionalNoCA} {
		if m.String() == s {
			return m, nil
		}
	}
	return 0, fmt.Errorf("%q is none of on, off, optional, optional_no_ca, so a valid certificate is needed", s)
}

func parseDepth(s string) (int, error) {
	n, err := dialect.ParseInt(s)
	if err != nil {
		return 0, err
	}
	if n < 0 || n > 100 {
		return 0, fmt.Errorf("a depth of %d is out of range", n)
	}
	return n, nil
}

// errorPageForm is what ingress-nginx accepts: @name, a URL without query, or a path.
var errorPageForm = regexp.MustCompile(`^(@[A-Za-z0-9_-]+|((https?://)?[A-Za-z0-9\-.]+(:\d+)?)?(/[A-Za-z0-9\-_.]+)*/?)$`)

// parseErrorPage returns nil for a page that would be served by the protected host itself.
func parseErrorPage(s string) (*model.ErrorPage, error) {
	if !errorPageForm.MatchString(s) {
		return nil, fmt.Errorf("%q is no URL without a query", s)
	}
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "@") {
		return nil, nil
	}
	return &model.ErrorPage{URL: s}, nil
}

func parseMatchCN(s string) (string, error) {
	expression, ok := strings.CutPrefix(s, "CN=")
	if !ok {
		return "", errors.New("it does not start with CN=")
	}
	if _, err := regexp.Compile(expression); err != nil {
		return "", fmt.Errorf("the expression does not compile: %w", err)
	}
	if strings.ContainsAny(s, "\x00\r\n") {
		return "", errors.New("the expression has control characters")
	}
	return s, nil
}
