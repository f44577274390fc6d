package compile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/dialect/nginx"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// addIngress puts the rules, the default backend and the tls sections of an Ingress into its hosts.
func (c *compiler) addIngress(ingress *netv1.Ingress) {
	p := &ingressPass{dialect.NewPass(c.snapshot, c.snapshot.IngressRef(ingress), ingress.Annotations), ingress}
	c.passes = append(c.passes, p.Pass)
	c.registry.CheckAnnotations(p.Pass)
	spec, isCanary := nginx.Canary(p.Pass) // even if the annotation is not admitted: a canary takes no path from others
	for _, f := range c.registry.Features {
		if f.Admit != nil {
			f.Admit(p.Pass, c.registry)
		}
	}
	if reason, refused := c.options.Refused[p.Object()]; refused {
		p.Withhold(reason)
	}
	if isCanary {
		c.addCanary(p, spec)
		return
	}
	named := 0
	for i := range ingress.Spec.Rules {
		rule := &ingress.Spec.Rules[i]
		h := c.hostFor(p, rule.Host, fmt.Sprintf("spec.rules[%d].host", i))
		if h == nil {
			continue
		}
		if rule.Host != "" {
			named++
		}
		c.addRule(p, h, rule, i)
	}
	c.addDefaultBackend(p, named)
	c.addTLS(p)
}

// hostFor returns the host and notes that the Ingress contributes to it; nil if the name can't be served.
func (c *compiler) hostFor(p *ingressPass, name, field string) *host {
	parsed, err := model.ParseHostname(name)
	if err != nil {
		p.Report(issue.Issue{
			Code: issue.HostInvalid, Severity: issue.Error, Effect: issue.Withheld, Field: field,
			Message: fmt.Sprintf("The rule is not served: %v.", err), Suggestion: field + ": shop.example.com",
		})
		return nil
	}
	h := c.hosts[parsed]
	if h == nil {
		h = &host{Host: &model.Host{Name: parsed}, routes: map[model.Match]*route{}}
		c.hosts[parsed] = h
	}
	if !slices.Contains(h.ingresses, p) {
		h.ingresses = append(h.ingresses, p)
		h.Origins = append(h.Origins, p.Object())
	}
	return h
}

func (c *compiler) addRule(p *ingressPass, h *host, rule *netv1.IngressRule, index int) {
	if rule.HTTP == nil {
		return // a rule without paths only names the host: its defaultBackend serves it
	}
	for i := range rule.HTTP.Paths {
		path := &rule.HTTP.Paths[i]
		field := fmt.Sprintf("spec.rules[%d].http.paths[%d]", index, i)
		match, ok := c.match(p, path, field)
		if !ok {
			continue
		}
		r := &route{pass: p, Route: &model.Route{Match: match, Ingress: p.Object(), Origins: []issue.Ref{p.Object()}}}
		r.Action = c.action(p, &path.Backend, field+".backend")
		if older := h.routes[match]; older != nil {
			reportDuplicate(p, h, older, match, field)
			continue
		}
		r.order = len(h.routes)
		h.routes[match] = r
	}
}

// maxPath is how long a path may be, so that every way to write it fits into a table of the data plane.
const maxPath = 2000

// match reads path and pathType. ImplementationSpecific is Prefix, as in ingress-nginx.
func (c *compiler) match(p *ingressPass, path *netv1.HTTPIngressPath, field string) (model.Match, bool) {
	m := model.Match{Kind: model.Prefix, Path: cmp.Or(path.Path, "/")}
	if path.PathType != nil && *path.PathType == netv1.PathTypeExact {
		m.Kind = model.Exact
	}
	if !strings.HasPrefix(m.Path, "/") || strings.ContainsAny(m.Path, "\x00\r\n") || len(m.Path) > maxPath {
		p.Report(issue.Issue{
			Code: issue.PathInvalid, Severity: issue.Error, Effect: issue.Withheld, Field: field + ".path",
			Message:    fmt.Sprintf("The path %q can't match any request.", path.Path),
			Suggestion: field + ".path: /" + strings.TrimLeft(path.Path, "/"),
		})
		return m, false
	}
	return m, true
}

func reportDuplicate(p *ingressPass, h *host, older *route, m model.Match, field string) {
	p.Report(issue.Issue{
		Code: issue.PathDuplicate, Severity: issue.Warning, Effect: issue.Ignored, Field: field + ".path",
		Message:    fmt.Sprintf("%s %s of host %s is served by %s, which is older.", m.Kind, m.Path, h.Name, older.Ingress),
		Suggestion: "another path, or only one of the two",
	})
}

// reportUnused names a defaultBackend that nobody reaches.
func reportUnused(p *ingressPass, h *host, used *route) {
	if used.pass == p || p.ingress.Spec.DefaultBackend == nil {
		return
	}
	p.Report(issue.Issue{
		Code: issue.PathDuplicate, Severity: issue.Warning, Effect: issue.Ignored, Field: "spec.defaultBackend",
		Message:    fmt.Sprintf("The rest of host %s is served by %s.", h.Name, used.Ingress),
		Suggestion: "one backend for the rest of a host",
	})
}

// addDefaultBackend serves, in the hosts of the rules, the paths that no rule has; without a host it is the catch-all.
func (c *compiler) addDefaultBackend(p *ingressPass, named int) {
	backend := p.ingress.Spec.DefaultBackend
	if backend == nil {
		return
	}
	hosts := []string{""}
	if named > 0 {
		hosts = nil
		for i := range p.ingress.Spec.Rules {
			hosts = append(hosts, p.ingress.Spec.Rules[i].Host)
		}
	}
	action := c.action(p, backend, "spec.defaultBackend")
	for _, name := range hosts {
		h := c.hostFor(p, name, "spec.rules")
		if h == nil {
			continue
		}
		if h.fallback != nil {
			reportUnused(p, h, h.fallback)
			continue
		}
		h.fallback = &route{pass: p, Route: &model.Route{
			Match: model.Match{Kind: model.Prefix, Path: "/"}, Action: action, Ingress: p.Object(), Origins: []issue.Ref{p.Object()},
		}}
	}
}

// sortedHosts puts the catch-all first.
func (c *compiler) sortedHosts() []*host {
	out := slices.Collect(maps.Values(c.hosts))
	slices.SortFunc(out, func(a, b *host) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
