package explain

import (
	"cmp"
	"slices"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
)

// settings are those of the Ingress that serves, then those of the Ingress that decides about certificates, then the
// controller's.
func (e *explainer) settings() []dialect.InForce {
	registry := compile.Registry()
	var out []dialect.InForce
	seen := map[dialect.InForce]bool{}
	add := func(list []dialect.InForce) {
		for _, s := range list {
			if !seen[s] {
				seen[s] = true
				out = append(out, s)
			}
		}
	}
	for _, ref := range e.ingresses() {
		for _, ingress := range e.world.Snapshot.Ingresses {
			if e.world.Snapshot.IngressRef(ingress) == ref {
				add(registry.InForce(dialect.NewPass(e.world.Snapshot, ref, ingress.Annotations)))
			}
		}
	}
	add(registry.InForce(dialect.NewSettingsPass(e.world.Snapshot)))
	return out
}

// ingresses are those that decide: without a route, all of the host.
func (e *explainer) ingresses() []issue.Ref {
	var out []issue.Ref
	switch {
	case e.route != nil:
		out = append(out, e.route.Ingress)
	case e.host != nil:
		out = append(out, e.host.Origins...)
	}
	if e.host != nil && e.host.ClientCert != nil && e.host.ClientCert.Origin.Kind == "Ingress" && !slices.Contains(out, e.host.ClientCert.Origin) {
		out = append(out, e.host.ClientCert.Origin)
	}
	return out
}

// involved are the objects whose issues matter to the request.
func (e *explainer) involved() []issue.Ref {
	out := e.ingresses()
	config := e.world.Snapshot.Settings.ConfigMap
	out = append(out, e.world.Snapshot.Ref("ConfigMap", config.Namespace, config.Name))
	if e.host != nil {
		out = append(out, e.host.Origins...)
		if c := e.host.ClientCert; c != nil {
			out = append(out, c.Origin, c.Secret)
		}
	}
	if e.route != nil {
		out = append(out, e.route.Origins...)
	}
	slices.SortFunc(out, func(a, b issue.Ref) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return slices.Compact(out)
}
