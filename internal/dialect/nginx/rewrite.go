package nginx

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	rewriteTarget = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "rewrite-target", Values: "a path with $1 to $9, such as /$2, or a URL to redirect to", Risk: dialect.RiskMedium,
			Doc: "The path that the backend gets instead of the whole path; $1 to $9 are the groups of the Ingress path. It switches the " +
				"host to expressions, as use-regex does. The query is kept. The path is sent decoded, normalised and encoded anew.",
		},
		Parse: parsePathWithGroups,
	}
	forwardedPrefix = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "x-forwarded-prefix", Values: "a path, $1 to $9 are groups of the Ingress path", Risk: dialect.RiskMedium,
			Doc: "Value of the header X-Forwarded-Prefix; it is sent only if rewrite-target is in force.",
		},
		Parse: parsePathWithGroups,
	}
)

var rewrite = &dialect.Feature{
	Name: "rewrite", Title: "Rewriting of paths",
	Doc:  "A target that begins with http://, https:// or $scheme is a redirect (302) with the query of the request.",
	Keys: []dialect.Spec{rewriteTarget, forwardedPrefix},
	Route: func(p *dialect.Pass, r *model.Route) {
		target, ok := rewriteTarget.Get(p)
		if !ok || unchanged(p, r.Match, target) {
			return
		}
		r.Regex = true
		to := mustTemplate(target)
		if absoluteURL(target) {
			redirectTo(r, append(to, model.Part{Var: model.VarSuffix}), 302)
			return
		}
		r.Policy.Rewrite = &model.Rewrite{To: to}
		if prefix, ok := forwardedPrefix.Get(p); ok {
			r.Policy.Rewrite.Prefix = mustTemplate(prefix)
		}
	},
}

// unchanged reports that a target is the path itself, which asks for nothing. But a Prefix stands for itself and for
// what is below it, and the latter is rewritten, unless use-regex makes one expression of both.
func unchanged(p *dialect.Pass, m model.Match, target string) bool {
	if target != m.Path {
		return false
	}
	on, _ := useRegex.Get(p)
	return on || m.Kind == model.Exact || m.Path == "/"
}

func absoluteURL(target string) bool {
	return strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "https://") || strings.HasPrefix(target, "$scheme")
}

// redirectTo replaces the backend of a route; a route that is closed stays so.
func redirectTo(r *model.Route, to model.Template, code int) {
	if _, forwards := r.Action.(model.Forward); forwards {
		r.Action = model.Redirect{To: to, Code: code}
	}
}

var pathWithGroups = regexp.MustCompile(`^/?[-._~a-zA-Z0-9/:$]*$`)

// maxText is how long a path, URL, name or expression may be, so that it fits into a line of every table.
const maxText = 2000

// parsePathWithGroups returns the text, which is known to be a template.
func parsePathWithGroups(s string) (string, error) {
	if len(s) > maxText {
		return "", fmt.Errorf("it is longer than %d characters", maxText)
	}
	if !pathWithGroups.MatchString(s) {
		return "", fmt.Errorf("%q is no path: it may have letters, digits, -._~/: and $", s)
	}
	if _, err := parseTemplate(s, nil); err != nil {
		return "", err
	}
	return s, nil
}

// mustTemplate reads what a parser has accepted.
func mustTemplate(s string) model.Template {
	t, err := parseTemplate(s, nil)
	if err != nil {
		panic(fmt.Sprintf("a template that was accepted can't be read: %v", err))
	}
	return t
}
