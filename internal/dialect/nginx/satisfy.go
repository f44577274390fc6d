package nginx

import (
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var satisfyKey = &dialect.Key[string]{
	Description: dialect.Description{
		Key: "satisfy", Values: "all or any", Default: "all",
		Doc: "Whether a client must pass every access check of the route (client addresses, password, external authentication), or one of them. " +
			"A value that is neither counts as all.",
	},
	Parse: dialect.OneOf("all", "any"),
}

var satisfy = &dialect.Feature{
	Name: "satisfy", Title: "All access checks or any",
	Doc: "With `any`, an address that is allowed needs no password, and who has a password may come from anywhere: also from " +
		"an address of `denylist-source-range`, as in ingress-nginx, which is reported.",
	Keys: []dialect.Spec{satisfyKey},
	Route: func(p *dialect.Pass, r *model.Route) {
		if mode, ok := satisfyKey.Get(p); !ok || mode != "any" {
			return
		}
		r.Policy.SatisfyAny = true
		authenticates := r.Policy.BasicAuth != nil || r.Policy.ExternalAuth != nil
		if a := r.Policy.Addresses; a != nil && len(a.Deny) > 0 && authenticates {
			p.Report(issue.Issue{
				Code: issue.Conflict, Severity: issue.Info, Effect: issue.None, Field: p.Field(satisfyKey.Key),
				Message:    "Clients of the denylist are served if they can authenticate, as in ingress-nginx.",
				Suggestion: "the setting block-cidrs, or satisfy: all, if they must never be served",
			})
		}
	},
}
