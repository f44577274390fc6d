package nginx

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

// basicValues describes what parseBasic accepts.
const basicValues = "letters, digits and any of / - . _ ~ :"

var (
	canaryOn = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "canary", Values: "true or false", Default: "false",
			Doc: "The Ingress serves nothing of its own: its backends get a part of the requests of another Ingress with the same host, path and pathType.",
		},
		Parse: dialect.ParseBool,
	}
	canaryHeader = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "canary-by-header", Values: basicValues, Risk: dialect.RiskMedium,
			Doc: "A header of the request. Its value `always` is for the canary, `never` is not; any other lets the cookie and the weight decide.",
		},
		Parse: parseBasic,
	}
	canaryHeaderValue = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "canary-by-header-value", Values: basicValues, Risk: dialect.RiskMedium,
			Doc: "The value of the header that is for the canary, in place of `always`; `never` has no meaning then.",
		},
		Parse: parseBasic,
	}
	canaryHeaderPattern = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "canary-by-header-pattern", Values: "a regular expression (PCRE)", Risk: dialect.RiskMedium,
			Doc: "Values of the header in which the expression is found are for the canary. canary-by-header-value wins over it. If it is no expression, whoever sends the header is not for the canary.",
		},
		Parse: parsePattern,
	}
	canaryCookie = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "canary-by-cookie", Values: basicValues, Risk: dialect.RiskMedium,
			Doc: "A cookie whose value `always` is for the canary and `never` is not; any other lets the weight decide.",
		},
		Parse: parseBasic,
	}
	canaryWeight = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "canary-weight", Values: "a number", Default: "0",
			Doc: "How many of canary-weight-total requests are for the canary, by chance, where nothing else decides. It changes without a reload.",
		},
		Parse: dialect.ParseInt,
	}
	canaryTotal = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "canary-weight-total", Values: "a number above 100", Default: "100",
			Doc: "What the weight is a part of. A number below 100 counts as 100, as in ingress-nginx.",
		},
		Parse: dialect.ParseInt,
	}
)

var canary = &dialect.Feature{
	Name: "canary", Title: "Canaries",
	Doc: "One canary for each path; it has the policy of the Ingress whose requests it gets, and its other annotations have no effect, " +
		"client certificates aside. Without endpoints of its own it gets nothing; without those of the other Ingress the path answers 503. " +
		"Log and figures name the Ingress of the canary. The session decides before the header, the header before the cookie, the cookie before the weight.",
	Keys: []dialect.Spec{canaryOn, canaryHeader, canaryHeaderValue, canaryHeaderPattern, canaryCookie, canaryWeight, canaryTotal},
}

// Canary reads what an Ingress is the canary by; false if it is none.
func Canary(p *dialect.Pass) (model.Canary, bool) {
	if on, _ := canaryOn.Get(p); !on {
		return model.Canary{}, false
	}
	out := model.Canary{Ingress: p.Object(), Total: 100}
	if name, ok := canaryHeader.Get(p); ok {
		out.Header = strings.ReplaceAll(strings.ToLower(name), "_", "-")
		if value, ok := canaryHeaderValue.Get(p); ok {
			out.By, out.Value = model.HeaderValue, value
		} else if pattern, ok := canaryHeaderPattern.Get(p); ok {
			out.By, out.Value = model.HeaderPattern, pattern
		}
	}
	out.Cookie, _ = canaryCookie.Get(p)
	if n, ok := canaryTotal.Get(p); ok {
		out.Total = max(n, 100)
	}
	if n, ok := canaryWeight.Get(p); ok {
		out.Weight = min(max(n, 0), out.Total)
	}
	return out, true
}

// PatternField is where the expression of a canary stands.
func PatternField(p *dialect.Pass) string { return p.Field(canaryHeaderPattern.Key) }

// parseBasic accepts what can't be more than a name or a plain value.
func parseBasic(s string) (string, error) {
	if !regexp.MustCompile(`^[/\-._~a-zA-Z0-9:]+$`).MatchString(s) {
		return "", fmt.Errorf("%q has other characters than %s", s, basicValues)
	}
	return s, nil
}

// parsePattern accepts what may be an expression; the data plane says whether it is one.
func parsePattern(s string) (string, error) {
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return "", fmt.Errorf("%q has characters that no header has", s)
	}
	return s, nil
}
