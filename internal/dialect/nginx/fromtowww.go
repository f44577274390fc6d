package nginx

import (
	"fmt"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var fromToWWW = &dialect.Key[bool]{
	Description: dialect.Description{
		Key: "from-to-www-redirect", Values: "true or false", Default: "false",
		Doc: "Requests for www.example.com are sent to the host example.com of the Ingress, or the other way round, with http-redirect-code. " +
			"The URL has the port, and loses one slash at its end. A name that is the host of an Ingress is served by that.",
	},
	Parse: dialect.ParseBool,
}

var www = &dialect.Feature{
	Name: "from-to-www", Title: "Redirect from and to www",
	Doc:  "The certificate of the host is used if it is for the other name as well, else the default certificate.",
	Keys: []dialect.Spec{fromToWWW},
	Host: func(p *dialect.Pass, h *model.Host) {
		on, _ := fromToWWW.Get(p)
		if !on {
			return
		}
		if h.Name == "" || h.Name.Wildcard() {
			p.Report(issue.Issue{
				Code: issue.Conflict, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(fromToWWW.Key),
				Message: fmt.Sprintf("The host %s has no counterpart with www.", h.Name), Suggestion: "a rule with a host that is no wildcard",
			})
			return
		}
		h.WWW = true
	},
}
