package nginx

import (
	"net/netip"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

const networkList = "addresses and networks, separated by commas, such as 10.0.0.0/8, 192.0.2.7"

var (
	allowlist = &dialect.Key[[]netip.Prefix]{
		Description: dialect.Description{
			Key: "allowlist-source-range", Values: networkList,
			Doc:  "Only clients of these networks reach the routes of the Ingress; others get 403. It replaces the list of the ConfigMap. An empty list closes the routes.",
			Risk: dialect.RiskMedium, Guard: true,
		},
		Parse: dialect.ParseNetworks, Empty: true,
	}
	whitelist = &dialect.Key[[]netip.Prefix]{
		Description: dialect.Description{
			Key: "whitelist-source-range", Values: networkList, Scope: dialect.Both,
			Doc:  "Older name of `allowlist-source-range`, which is stronger. An empty list asks for nothing. In the ConfigMap it holds for every Ingress that has no list of its own.",
			Risk: dialect.RiskMedium, Guard: true,
		},
		Parse: dialect.ParseNetworks,
	}
	denylist = &dialect.Key[[]netip.Prefix]{
		Description: dialect.Description{
			Key: "denylist-source-range", Values: networkList, Scope: dialect.Both,
			Doc:  "Clients of these networks get 403, even if they are allowed as well. It replaces the list of the ConfigMap. An empty list on an Ingress closes its routes.",
			Risk: dialect.RiskMedium, Guard: true,
		},
		Parse: dialect.ParseNetworks, Empty: true,
	}
)

var sourceRange = &dialect.Feature{
	Name: "source-range", Title: "Client addresses",
	Doc: "Compared is the address of the client, after the redirect to HTTPS and before any password. A list that can't be read " +
		"closes the routes of its Ingress with 503, a broken list of the ConfigMap those of all that depend on it.",
	Keys: []dialect.Spec{allowlist, whitelist, denylist},
	Route: func(p *dialect.Pass, r *model.Route) {
		a := model.Addresses{Deny: denied(p), Allow: allowed(p)}
		if len(a.Deny)+len(a.Allow) > 0 {
			r.Policy.Addresses = &a
		}
	},
}

func allowed(p *dialect.Pass) []netip.Prefix {
	if p.Set(allowlist) {
		list, _ := allowlist.Get(p)
		return list
	}
	if list, ok := whitelist.Own(p); ok {
		return list
	}
	if _, ok := allowlist.Get(p); ok {
		closeEmpty(p, allowlist)
	}
	list, _ := whitelist.Get(p)
	return list
}

func denied(p *dialect.Pass) []netip.Prefix {
	if list, ok := denylist.Own(p); ok {
		if len(list) == 0 {
			closeEmpty(p, denylist)
		}
		return list
	}
	list, _ := denylist.Get(p)
	return list
}

// closeEmpty closes the routes of an Ingress with an empty list: nobody can tell whether all or none were meant.
func closeEmpty(p *dialect.Pass, k dialect.Spec) {
	field := p.Field(k.Describe().Key)
	p.Report(issue.Issue{
		Code: issue.BadValue, Severity: issue.Error, Effect: issue.Withheld, Field: field,
		Message: "The routes of the Ingress are closed: the list is empty.", Suggestion: field + ": " + networkList,
	})
	p.Withhold(field + " is empty")
}
