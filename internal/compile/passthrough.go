package compile

import (
	"fmt"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// passThrough finds the backend of a host whose connections are passed through: that of its path /. It tells every
// Ingress of the host that nothing else of it holds for HTTPS.
func passThrough(h *host) {
	pass := h.Passthrough
	if pass == nil {
		return
	}
	pass.Reason = "the host has no path /"
	for _, r := range h.Routes {
		if r.Match.Path != "/" {
			continue
		}
		switch action := r.Action.(type) {
		case model.Forward:
			pass.Backend, pass.Reason = &action.Backend, ""
		case model.Withhold:
			pass.Reason = action.Reason
		case model.Redirect, model.Respond, model.SlashRedirect:
			pass.Reason = "its path / has no backend"
		default:
			panic(fmt.Sprintf("route %s has an action that is none: %T", r.Match.Path, action))
		}
		break
	}
	if h.ClientCert != nil && h.ClientCert.Verify == model.VerifyDeny {
		pass.Backend, pass.Reason = nil, h.ClientCert.Reason
	}
	for _, p := range h.ingresses {
		i := issue.Issue{
			Code: issue.Passthrough, Severity: issue.Info, Effect: issue.Approximated, Field: p.Field("ssl-passthrough"),
			Message: fmt.Sprintf("TLS connections for %s go to the Service of its path /: no other path, annotation or certificate of its Ingresses holds for HTTPS.", h.Name),
		}
		if p.Object() != pass.Origin {
			i.Severity = issue.Warning
			i.Message = fmt.Sprintf("%s asks for it. %s", pass.Origin, i.Message)
		}
		if pass.Backend == nil {
			i.Severity, i.Effect = issue.Error, issue.Withheld
			i.Message = fmt.Sprintf("TLS connections for %s are closed: %s.", h.Name, pass.Reason)
		}
		p.Report(i)
	}
}
