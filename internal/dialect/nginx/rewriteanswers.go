package nginx

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	cookieDomain = &dialect.Key[*model.Replacement]{
		Description: dialect.Description{
			Key: "proxy-cookie-domain", Values: "off, or two names: what servers say and what clients get", Default: "off", Scope: dialect.Both, Risk: dialect.RiskMedium,
			Doc: "Domain of cookies of servers; a dot in front of it stays.",
		},
		Parse: parsePair,
	}
	cookiePath = &dialect.Key[*model.Replacement]{
		Description: dialect.Description{
			Key: "proxy-cookie-path", Values: "off, or two paths: what servers say and what clients get", Default: "off", Scope: dialect.Both, Risk: dialect.RiskMedium,
			Doc: "The beginning of Path of cookies of servers.",
		},
		Parse: parsePair,
	}
	locationFrom = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "proxy-redirect-from", Values: "off, default, or the beginning of a URL", Default: "off", Scope: dialect.Both, Risk: dialect.RiskMedium,
			Doc: "What Location and Refresh of servers begin with where it is replaced by proxy-redirect-to. default replaces nothing.",
		},
		Parse: parseURLPart,
	}
	locationTo = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "proxy-redirect-to", Values: "off, or the beginning of a URL", Default: "off", Scope: dialect.Both, Risk: dialect.RiskMedium,
			Doc: "What clients get instead of proxy-redirect-from.",
		},
		Parse: parseURLPart,
	}
)

var rewriteAnswers = &dialect.Feature{
	Name: "rewrite-answers", Title: "Cookies and redirects of servers",
	Doc:  "For servers that know neither the host nor the path under which clients reach them. Expressions of nginx (~) are not read.",
	Keys: []dialect.Spec{cookieDomain, cookiePath, locationFrom, locationTo},
	Route: func(p *dialect.Pass, r *model.Route) {
		r.Policy.CookieDomain, _ = cookieDomain.Get(p)
		r.Policy.CookiePath, _ = cookiePath.Get(p)
		from, _ := locationFrom.Get(p)
		to, _ := locationTo.Get(p)
		if from != "" && from != "off" && from != "default" && to != "" && to != "off" {
			r.Policy.Location = &model.Replacement{From: from, To: to}
		}
	},
}

var urlPart = regexp.MustCompile(`^[-._~a-zA-Z0-9/:,?&=]+$`)

func parseURLPart(s string) (string, error) {
	if !urlPart.MatchString(s) || strings.HasPrefix(s, "~") {
		return "", fmt.Errorf("%q is no part of a URL", s)
	}
	return s, nil
}

// parsePair gives nil for off.
func parsePair(s string) (*model.Replacement, error) {
	if s == "off" {
		return nil, nil
	}
	words := strings.Fields(s)
	if len(words) != 2 {
		return nil, fmt.Errorf("it is not two words")
	}
	for _, word := range words {
		if _, err := parseURLPart(word); err != nil {
			return nil, err
		}
	}
	return &model.Replacement{From: words[0], To: words[1]}, nil
}
