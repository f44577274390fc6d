package nginx

import (
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var appRoot = &dialect.Key[string]{
	Description: dialect.Description{
		Key: "app-root", Values: "a path that begins with a slash", Scope: dialect.Both, Risk: dialect.RiskMedium,
		Doc: "A request for exactly / is sent there with 302, whatever path the Ingress has; scheme and Host stay, the query is lost. " +
			"It comes before the redirect to HTTPS. Of several Ingresses the one with the longest path decides. " +
			"The ConfigMap key has no effect, as in ingress-nginx.",
	},
	Parse: parseAppRoot,
}

var root = &dialect.Feature{
	Name: "app-root", Title: "Start page",
	Doc:  "Where a request for / is sent.",
	Keys: []dialect.Spec{appRoot},
	Route: func(p *dialect.Pass, r *model.Route) {
		if path, ok := appRoot.Own(p); ok {
			r.AppRoot = path
		}
	},
}

func parseAppRoot(s string) (string, error) {
	if !strings.HasPrefix(s, "/") {
		return "", fmt.Errorf("%q does not begin with a slash", s)
	}
	t, err := parsePathWithGroups(s)
	if err == nil && strings.Contains(t, "$") {
		return "", fmt.Errorf("variables can't be used here")
	}
	return t, err
}
