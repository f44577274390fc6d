package compile

import (
	"fmt"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/dialect/nginx"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// canary is a path of an Ingress that serves nothing of its own.
type canary struct {
	model.Canary
	pass  *ingressPass
	match model.Match
	field string
}

// addCanary notes the paths of a canary. It is attached when its host has all routes, because it may be older than them.
func (c *compiler) addCanary(p *ingressPass, spec model.Canary) {
	for i := range p.ingress.Spec.Rules {
		rule := &p.ingress.Spec.Rules[i]
		h := c.hostFor(p, rule.Host, fmt.Sprintf("spec.rules[%d].host", i))
		if h == nil || rule.HTTP == nil {
			continue
		}
		for j := range rule.HTTP.Paths {
			c.addCanaryPath(p, h, spec, &rule.HTTP.Paths[j], fmt.Sprintf("spec.rules[%d].http.paths[%d]", i, j))
		}
	}
	if p.ingress.Spec.DefaultBackend != nil {
		p.Report(issue.Issue{
			Code: issue.Conflict, Severity: issue.Warning, Effect: issue.Ignored, Field: "spec.defaultBackend",
			Message: "A canary is for paths only.", Suggestion: "a rule with the same path as that of the other Ingress",
		})
	}
	c.addTLS(p)
}

func (c *compiler) addCanaryPath(p *ingressPass, h *host, spec model.Canary, path *netv1.HTTPIngressPath, field string) {
	match, ok := c.match(p, path, field)
	if !ok {
		return
	}
	forward, ok := c.action(p, &path.Backend, field+".backend").(model.Forward)
	if !ok {
		return
	}
	spec.Backend = forward.Backend
	h.canaries = append(h.canaries, &canary{Canary: spec, pass: p, match: match, field: field})
}

// attachCanaries gives each route its canary: the oldest one.
func (c *compiler) attachCanaries(h *host) {
	for _, next := range h.canaries {
		r := h.routes[next.match]
		if reason := c.inert(next, r); reason != "" {
			next.pass.Report(issue.Issue{
				Code: issue.Conflict, Severity: issue.Warning, Effect: issue.Ignored, Field: next.field,
				Message:    fmt.Sprintf("The canary gets no requests: %s.", reason),
				Suggestion: "host, path and pathType of an Ingress that is no canary, and one canary for each of its paths",
			})
			continue
		}
		spec := next.Canary
		c.checkPattern(next.pass, &spec)
		spec.Session = nginx.CanarySession(next.pass.Pass, r.Match.Path, r.Policy.Session)
		if spec.Session == nil {
			spec.Balance = nginx.ReadBalance(next.pass.Pass, r.Route)
		}
		r.Canary = &spec
		r.Origins = append(r.Origins, next.pass.Object())
	}
}

// inert is why a canary gets nothing; "" if it does.
func (c *compiler) inert(next *canary, r *route) string {
	if reason, refused := c.options.Refused[next.pass.Object()]; refused {
		return reason
	}
	if reason := next.pass.Withheld(); reason != "" {
		return reason
	}
	if r == nil {
		return "no other Ingress has this host, path and pathType"
	}
	if r.Canary != nil {
		return fmt.Sprintf("%s is the canary of this path", r.Canary.Ingress)
	}
	if _, forwards := r.Action.(model.Forward); !forwards {
		return fmt.Sprintf("%s does not forward this path", r.Ingress)
	}
	return ""
}

// checkPattern keeps those who send the header away from a canary whose expression HAProxy can't compile.
func (c *compiler) checkPattern(p *ingressPass, spec *model.Canary) {
	if spec.By != model.HeaderPattern {
		return
	}
	reason, refused := c.options.Refused[model.ExpressionRef(spec.Value)]
	if !refused {
		return
	}
	spec.By, spec.Value = model.HeaderBroken, ""
	p.Report(issue.Issue{
		Code: issue.BadValue, Severity: issue.Warning, Effect: issue.Ignored, Field: nginx.PatternField(p.Pass),
		Message: fmt.Sprintf("Requests with the header stay away from the canary, because this is no regular expression: %s", reason),
	})
}
