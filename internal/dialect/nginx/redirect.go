package nginx

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

// dropped is the code of a redirect that an empty code switches off.
const dropped = 0

var (
	permanentRedirect = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "permanent-redirect", Values: "a URL or path without variables", Risk: dialect.RiskMedium,
			Doc: "Every request is sent there; path and query are not appended. A path is made a URL of the host, unless relative-redirects is set.",
		},
		Parse: parseRedirectURL,
	}
	permanentCode = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "permanent-redirect-code", Values: "300 to 308", Default: "301",
			Doc: "Status of permanent-redirect. An empty value switches the redirect off.",
		},
		Parse: parseCode(308), Empty: true,
	}
	temporalRedirect = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "temporal-redirect", Values: "a URL that begins with http:// or https://, without variables", Risk: dialect.RiskMedium,
			Doc: "As permanent-redirect, which it overrides.",
		},
		Parse: parseTemporalURL,
	}
	temporalCode = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "temporal-redirect-code", Values: "300 to 307", Default: "302",
			Doc: "Status of temporal-redirect. An empty value switches the redirect off.",
		},
		Parse: parseCode(307), Empty: true,
	}
)

var redirects = &dialect.Feature{
	Name: "redirect", Title: "Fixed redirects",
	Doc:  "Answered before the redirect to HTTPS and before every access check; the backend is not asked.",
	Keys: []dialect.Spec{permanentRedirect, permanentCode, temporalRedirect, temporalCode},
	Route: func(p *dialect.Pass, r *model.Route) {
		if to, ok := temporalRedirect.Get(p); ok {
			fixedRedirect(p, r, to, temporalCode, 302)
		} else if to, ok := permanentRedirect.Get(p); ok {
			fixedRedirect(p, r, to, permanentCode, 301)
		}
	},
}

func fixedRedirect(p *dialect.Pass, r *model.Route, to string, key *dialect.Key[int], usual int) {
	code, ok := key.Get(p)
	if !ok {
		code = usual
	}
	if code == dropped {
		return
	}
	redirectTo(r, sameHost(to, linkStyle(p)), code)
}

// sameHost makes a URL of a path, as nginx does unless absolute_redirect is off.
func sameHost(to string, style model.LinkStyle) model.Template {
	if !strings.HasPrefix(to, "/") || style.Relative {
		return model.Text(to)
	}
	out := model.Template{{Var: model.VarScheme}, {Text: "://"}, {Var: model.VarHost}}
	if style.Port {
		out = append(out, model.Part{Var: model.VarPortSuffix})
	}
	return append(out, model.Part{Text: to})
}

var redirectURL = regexp.MustCompile(`^[-._~a-zA-Z0-9/:,?&=]*$`)

func parseRedirectURL(s string) (string, error) {
	if len(s) > maxText {
		return "", fmt.Errorf("it is longer than %d characters", maxText)
	}
	if !redirectURL.MatchString(s) {
		return "", fmt.Errorf("%q may have letters, digits and -._~/:,?&= only", s)
	}
	return s, nil
}

func parseTemporalURL(s string) (string, error) {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		return "", fmt.Errorf("%q does not begin with http:// or https://", s)
	}
	return parseRedirectURL(s)
}

// parseCode accepts 300 to the given code.
func parseCode(last int) func(string) (int, error) {
	return func(s string) (int, error) {
		if s == "" {
			return dropped, nil
		}
		code, err := dialect.ParseInt(s)
		if err != nil {
			return 0, err
		}
		if code < 300 || code > last {
			return 0, fmt.Errorf("%d is not between 300 and %d", code, last)
		}
		return code, nil
	}
}
