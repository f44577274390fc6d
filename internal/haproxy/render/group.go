package render

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
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
	single  bool            // nothing but routes leads to it
	canary  *group          // where some of the requests go; nil: there is none
	secure  *group          // where requests by HTTPS go; nil: they stay
	standIn *group          // where they go while there is no endpoint; nil: nowhere
	missing model.BackendID // of a group that stands in: for whom
	routes  []*model.Route
	hosts   []*model.Host // of routes, at the same index
}

// groupRoutes finds the backends of a shard, in the order of hosts and routes, and remembers which route leads where. They
// follow from the shard alone; the routes that groupCommon groups are only listed.
func groupRoutes(hosts []*model.Host) *fragment {
	f := &fragment{byRoute: map[*model.Route]*group{}}
	grouping := &grouping{known: map[string]*group{}, names: map[string]int{}}
	for _, h := range hosts {
		for _, route := range h.Routes {
			if route.Ingress.Kind == "Service" {
				f.common = append(f.common, hosted{h, route})
			} else if g := grouping.add(h, route); g != nil {
				f.byRoute[route] = g
			}
		}
	}
	f.groups = grouping.groups
	return f
}

// hosted is a route of a host.
type hosted struct {
	host  *model.Host
	route *model.Route
}

// groupCommon finds the backends of routes that belong to no Ingress, but to the Service for what nothing else serves: it is
// on the hosts of all shards. It is nil if there are no such routes.
func (n *Renderer) groupCommon(fragments []*fragment) *fragment {
	out := &fragment{byRoute: map[*model.Route]*group{}}
	grouping := &grouping{known: map[string]*group{}, names: map[string]int{}, prints: n.prints}
	prints := map[*model.Route]string{}
	for _, f := range fragments {
		for _, r := range f.common {
			if g := grouping.add(r.host, r.route); g != nil {
				out.byRoute[r.route] = g
			}
			prints[r.route] = grouping.print(r.route)
		}
	}
	n.prints = prints
	out.groups = grouping.groups
	if len(out.byRoute) == 0 {
		return nil
	}
	return out
}

// leads are the names of the backends that the common routes of a fragment lead to.
func (f *fragment) leads(common *fragment) []string {
	var out []string
	for _, r := range f.common {
		if g := common.byRoute[r.route]; g != nil {
			out = append(out, g.name)
		}
	}
	return out
}

func (n *grouping) add(h *model.Host, route *model.Route) *group {
	g := n.groupOf(h, route, "")
	if g == nil {
		return nil
	}
	if route.Canary != nil {
		g.settled = false // a spare backend has no canary
		g.canary = n.groupOf(h, canaryRoute(route), "of "+g.name)
		g.canary.settled = false
		n.secureOf(h, canaryRoute(route), g.canary)
	}
	n.secureOf(h, route, g)
	if forward, ok := route.Action.(model.Forward); ok && route.StandIn != nil {
		g.standIn = n.groupOf(h, standInRoute(route), "for "+g.name)
		g.standIn.settled = false
		g.standIn.missing = forward.Backend
		n.secureOf(h, standInRoute(route), g.standIn)
		if twin := g.standIn.secure; twin != nil {
			twin.missing = forward.Backend
		}
	}
	return g
}

// grouping is what is known while the groups are found.
type grouping struct {
	known  map[string]*group
	names  map[string]int // how many groups have a name before the number
	groups []*group
	prints map[*model.Route]string // what is known of print
}

// print is equal for routes that do the same.
func (n *grouping) print(route *model.Route) string {
	if known, ok := n.prints[route]; ok {
		return known
	}
	return strings.Join([]string{fingerprint(route.Policy), fingerprint(route.Action), fingerprint(route.Canary), fingerprint(route.StandIn)}, "\x00")
}

// groupOf returns the group of a route, a new one if need be; nil for a route that needs none. Routes are in the same
// group only if role is the same and they have the same canary.
func (n *grouping) groupOf(h *model.Host, route *model.Route, role string) *group {
	base := groupName(route)
	if base == "" {
		return nil
	}
	k := strings.Join([]string{base, n.print(route), role}, "\x00")
	g := n.known[k]
	if g == nil {
		g = &group{name: base, ingress: route.Ingress, action: route.Action, policy: route.Policy, settled: settled(route.Action, route.Policy), single: role == ""}
		if count := n.names[base]; count > 0 {
			g.name = fmt.Sprintf("%s:%d", base, count+1)
		}
		n.names[base]++
		n.known[k] = g
		n.groups = append(n.groups, g)
	}
	g.routes = append(g.routes, route)
	g.hosts = append(g.hosts, h)
	return g
}

// defaultsOf: a backend without servers does not answer 503 for want of one.
func (r *renderer) defaultsOf(g *group) string {
	if _, forwards := g.action.(model.Forward); !forwards {
		return frontendDefaults
	}
	if rules := g.policy.Rules; rules != nil && (model.Answers(rules.First) || model.Answers(rules.Then)) {
		return frontendDefaults // no server is ever asked
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

// fingerprint is equal for equal values. Actions and policies are plain data. What most routes have is written shortly: of
// ten thousand routes each is compared.
func fingerprint(v any) string {
	if forward, ok := v.(model.Forward); ok {
		id := forward.Backend
		return strings.Join([]string{"to", id.Namespace, id.Service, id.Port, strconv.FormatBool(id.Virtual)}, "\x01")
	}
	if v == nil || reflect.ValueOf(v).IsZero() {
		return ""
	}
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("a %T can't be written as JSON: %v", v, err))
	}
	return fmt.Sprintf("%T%s", v, data)
}

// backends writes the groups of the fragment, by name.
func (r *renderer) backends() {
	for _, g := range r.at.groups {
		b := &haproxy.Backend{Name: g.name, Owner: g.ingress, Rules: r.text(r.section(g.name, g))}
		if forward, ok := g.action.(model.Forward); ok {
			b.Lists = r.ownLists(g)
			b.Movable = g.single && g.policy.Limit == nil && g.canary == nil && g.secure == nil && g.standIn == nil
			b.CookieKey = g.cookieKey()
			b.Servers = r.servers(g, r.backendOf(forward.Backend))
		}
		r.bundle.Backends = append(r.bundle.Backends, b)
	}
	slices.SortFunc(r.bundle.Backends, compareBackends)
}

func compareBackends(a, b *haproxy.Backend) int { return cmp.Compare(a.Name, b.Name) }

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
