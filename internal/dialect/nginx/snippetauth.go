package nginx

import (
	"errors"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/nginxconf"
)

const authSnippetSome = "Only proxy_set_header has a rule; with any other line the routes are closed."

var (
	authSnippet = snippetKey(dialect.Description{
		Key: "auth-snippet", Values: snippetValues, Risk: dialect.RiskCritical, Guard: true,
		Doc: "Lines for the question to the service of auth-url.", Support: dialect.Partial, Instead: authSnippetSome,
	})
	globalAuthSnippet = snippetKey(dialect.Description{
		Key: "global-auth-snippet", Values: snippetValues, Scope: dialect.Setting, Guard: true,
		Doc: "Lines for the question to the service of global-auth-url.", Support: dialect.Partial, Instead: authSnippetSome,
	})
)

// authSnippets adds headers to the question of external authentication. Any other line could be what the decision of the
// service depends on.
func authSnippets(p *dialect.Pass, r *model.Route) {
	auth := r.Policy.ExternalAuth
	key, object, field := authSnippet, p.Object(), p.Field(authSnippet.Key)
	text, ok := authSnippet.Get(p)
	switch {
	case auth == nil && ok:
		p.Report(issue.Issue{
			Code: issue.SnippetLine, Severity: issue.Info, Effect: issue.None, Field: field, Message: "No service is asked, so it has no effect.",
		})
		return
	case auth == nil:
		return
	case !p.Set(routeAuth.url):
		key, object, field = globalAuthSnippet, p.Settings(), globalAuthSnippet.Key
		text, ok = globalAuthSnippet.Get(p)
	}
	if !ok {
		return
	}
	if key == authSnippet && !allowedUnless(p, key.Key, text, true) {
		return
	}
	list, err := nginxconf.Parse(text)
	var broken *nginxconf.Error
	if errors.As(err, &broken) {
		reportLines(p, []snippetLine{{object: object, field: field, line: broken.Line, reason: broken.Reason, guard: true}})
		return
	}
	var lines []snippetLine
	for _, d := range list {
		header, err := questionHeader(d, routeNames(r))
		if err != nil {
			lines = append(lines, snippetLine{object: object, field: field, line: d.Line, text: d.Name, reason: err.Error(), guard: true})
			continue
		}
		auth.Headers = append(auth.Headers, header)
	}
	reportLines(p, lines)
}

func questionHeader(d nginxconf.Directive, known map[string]string) (model.AuthHeader, error) {
	if d.Name != "proxy_set_header" || d.Open || len(d.Args) != 2 {
		return model.AuthHeader{}, errors.New("only proxy_set_header name value has a rule here")
	}
	if err := checkHeaderName(d.Args[0]); err != nil {
		return model.AuthHeader{}, err
	}
	if strings.ContainsAny(d.Args[1], "\r\n\x00") {
		return model.AuthHeader{}, errors.New("its value has more than one line")
	}
	value, err := requestTemplate(d.Args[1], known)
	return model.AuthHeader{Name: d.Args[0], Value: value}, err
}
