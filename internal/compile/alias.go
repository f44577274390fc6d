package compile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// claimAliases removes the aliases that are a host of an Ingress, or an alias of an earlier host, and the expressions that
// HAProxy can't compile.
func (c *compiler) claimAliases(h *host) {
	h.Patterns = slices.DeleteFunc(slices.Clone(h.Patterns), func(pattern string) bool {
		reason, refused := c.options.Refused[model.ExpressionRef(pattern)]
		if refused {
			c.aliasIssue(h, issue.BadValue, fmt.Sprintf("%s is no regular expression: %s.", pattern, strings.TrimSuffix(reason, ".")))
		}
		return refused
	})
	h.Aliases = slices.DeleteFunc(slices.Clone(h.Aliases), func(name model.Hostname) bool {
		owner := c.aliased[name]
		if c.hosts[name] != nil {
			owner = name
		}
		if owner == "" {
			c.aliased[name] = h.Name
			return false
		}
		if owner != h.Name {
			c.aliasIssue(h, issue.Conflict, fmt.Sprintf("%s is no alias of host %s: it belongs to host %s.", name, h.Name, owner))
		}
		return true
	})
}

func (c *compiler) aliasIssue(h *host, code issue.Code, message string) {
	c.issues = append(c.issues, issue.Issue{
		Code: code, Severity: issue.Warning, Effect: issue.Ignored, Object: h.AliasFrom,
		Field: c.snapshot.Settings.AnnotationsPrefix + "/server-alias", Message: message,
	})
}

// wwwHost is the host that sends to h from its name with "www." in front, or without it; nil if that name is taken.
func (c *compiler) wwwHost(h *host) *model.Host {
	from := "www." + h.Name
	if bare, ok := strings.CutPrefix(string(h.Name), "www."); ok {
		from = model.Hostname(bare)
	}
	if _, aliased := c.aliased[from]; aliased || !h.WWW || c.hosts[from] != nil {
		return nil
	}
	out := &model.Host{Name: from, Origins: h.Origins}
	c.applyGlobalClientCert(&host{Host: out})
	if h.TLS != nil && certFor(h.TLS, from) {
		out.TLS = h.TLS
	}
	to := model.Template{
		{Var: model.VarScheme}, {Text: "://" + string(h.Name) + ":"}, {Var: model.VarListenPort}, {Var: model.VarBareURI},
	}
	out.Routes = []*model.Route{{
		Match:  model.Match{Kind: model.Prefix, Path: "/"},
		Action: model.Redirect{To: to, Code: c.global.RedirectCode}, Ingress: h.Origins[0], Origins: h.Origins,
	}}
	return out
}
