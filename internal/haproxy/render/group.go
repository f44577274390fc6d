package render

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// group is a backend of HAProxy: the routes of one Ingress that do the same with the same policy. HAProxy's figures of
// it are those of the Ingress, and its rules cost no other route anything.
type group struct {
	name    string
	ingress issue.Ref
	action  model.Action
	policy  model.Policy
	settled bool
	routes  []*model.Route
	hosts   []*model.Host // of routes, at the same index
}

// groups finds the backends, in the order of hosts and routes, and remembers which route leads where.
func (r *renderer) groupRoutes() {
	r.byRoute = map[*model.Route]*group{}
	known := map[string]*group{}
	names := map[string]int{}
	for _, h := range r.model.Hosts {
		for _, route := range h.Routes {
			base := groupName(route)
			if base == "" {
				continue
			}
			k := base + "\x00" + fingerprint(route.Policy) + "\x00" + fingerprint(route.Action)
			g := known[k]
			if g == nil {
				g = &group{name: base, ingress: route.Ingress, action: route.Action, policy: route.Policy, settled: settled(route.Action, route.Policy)}
				if n := names[base]; n > 0 {
					g.name = fmt.Sprintf("%s:%d", base, n+1)
				}
				names[base]++
				known[k] = g
				r.groups = append(r.groups, g)
			}
			g.routes = append(g.routes, route)
			g.hosts = append(g.hosts, h)
			r.byRoute[route] = g
		}
	}
}

// defaultsOf: a backend without servers does not answer 503 for want of one.
func (r *renderer) defaultsOf(g *group) string {
	if _, forwards := g.action.(model.Forward); !forwards {
		return frontendDefaults
	}
	return r.defaultsName(r.variantOf(g))
}

// groupName is unique by Ingress, service and port; "" for a route that needs no backend of its own. The colon
// separates, and stands in no name of Hawser's own backends.
func groupName(route *model.Route) string {
	service, port := "", ""
	switch a := route.Action.(type) {
	case model.Forward:
		service, port = a.Backend.Service, a.Backend.Port
	case model.Redirect, model.Respond:
		service, port = "-", "-"
	case model.SlashRedirect, model.Withhold:
		return ""
	default:
		panic(fmt.Sprintf("route %s has an action that is none: %T", route.Match.Path, a))
	}
	return strings.Join([]string{safe(route.Ingress.Namespace), safe(route.Ingress.Name), safe(service), safe(port)}, ":")
}

// fingerprint is equal for equal values. Actions and policies are plain data.
func fingerprint(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a %T can't be written as JSON: %v", v, err))
	}
	return fmt.Sprintf("%T%s", v, data)
}

// backends writes the groups, by name.
func (r *renderer) backends() {
	byID := map[model.BackendID]*model.Backend{}
	for _, b := range r.model.Backends {
		byID[b.ID] = b
	}
	for _, g := range r.groups {
		s := cfg.Section{Header: cfg.L("backend", cfg.Name(g.name), cfg.Kw("from"), cfg.Name(r.defaultsOf(g))).Of(g.ingress)}
		for _, step := range steps() {
			s.Add(step.lines(r, g)...)
		}
		b := haproxy.Backend{Name: g.name, Owner: g.ingress, Rules: r.text(s)}
		if forward, ok := g.action.(model.Forward); ok {
			b.Plain = g.settled
			b.Servers = r.servers(g, byID[forward.Backend])
		}
		r.bundle.Backends = append(r.bundle.Backends, b)
	}
	r.clusterServices(byID)
	slices.SortFunc(r.bundle.Backends, func(a, b haproxy.Backend) int { return cmp.Compare(a.Name, b.Name) })
}

// text renders a section; what HAProxy can't carry is remembered for Render.
func (r *renderer) text(sections ...cfg.Section) haproxy.Text {
	bytes, origins, err := cfg.File{Sections: sections}.Render()
	var refused *cfg.RefusedError
	if errors.As(err, &refused) {
		for _, line := range refused.Refusals {
			r.fail(append(line.From, issue.Ref{})[0], fmt.Errorf("HAProxy can't carry it: the line %s %s", line.Line, line.Reason))
		}
	}
	return haproxy.Text{Bytes: bytes, Origins: origins}
}
