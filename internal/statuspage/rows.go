package statuspage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/control"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// Host is a row of hosts.
type Host struct {
	Name        string   `json:"name"` // "*" for the catch-all
	Aliases     []string `json:"aliases,omitempty"`
	Certificate string   `json:"certificate"`          // "namespace/name" of the Secret; "": the default certificate
	Passthrough bool     `json:"passthrough"`          // TLS ends at the servers
	ClientCert  string   `json:"clientCert,omitempty"` // on, off, optional, optional_no_ca or deny; "": not asked for
	Routes      int      `json:"routes"`
	Closed      int      `json:"closed"`
	Ingresses   []string `json:"ingresses"`
}

// Route is a row of routes.
type Route struct {
	Host    string `json:"host"`
	Kind    string `json:"kind"` // Exact, Prefix, Regex or Start
	Path    string `json:"path"`
	Ingress string `json:"ingress"`
	Action  string `json:"action"` // forward, redirect, respond, slash-redirect or withhold
	Target  string `json:"target"` // namespace/service:port, a status, or the reason for a closed route
	Canary  string `json:"canary,omitempty"`
	Closed  bool   `json:"closed"`
}

// Port is a row of ports.
type Port struct {
	Port      uint16 `json:"port"`
	Backend   string `json:"backend"`
	Endpoints int    `json:"endpoints"`
}

// built is what is shown of a step, worked out once.
type built struct {
	model  *model.Model // nil: nothing is live
	hour   int64        // in which certificates were looked at: some end, whatever changes
	tables map[string][]row
}

// build works the rows out, if they are not those of the step already. The caller holds building.
func (s *Status) build(live control.Step) *built {
	now := s.options.Now()
	hour := now.Unix() / 3600
	if s.built != nil && s.built.model == live.Model && s.built.hour == hour {
		return s.built
	}
	b := &built{model: live.Model, hour: hour, tables: map[string][]row{}}
	s.built = b
	if b.model == nil {
		return b
	}
	for _, h := range b.model.Hosts {
		b.tables[Hosts] = append(b.tables[Hosts], hostRow(h))
		for _, r := range h.Routes {
			b.tables[Routes] = append(b.tables[Routes], routeRow(h, r))
		}
	}
	b.tables[ClientCerts] = clientCertRows(b.model, now)
	b.tables[Certificates] = certRows(b.model, now)
	endpoints := map[model.BackendID]int{}
	for _, backend := range b.model.Backends {
		endpoints[backend.ID] = len(backend.Endpoints)
	}
	for _, stream := range b.model.Streams {
		p := Port{stream.Port, stream.Backend.String(), endpoints[stream.Backend]}
		b.tables[Ports] = append(b.tables[Ports], newRow(p, p.Endpoints == 0, fmt.Sprint(p.Port), p.Backend))
	}
	return b
}

func hostRow(h *model.Host) row {
	out := Host{Name: h.Name.String(), Routes: len(h.Routes), Passthrough: h.Passthrough != nil, Ingresses: []string{}}
	for _, a := range h.Aliases {
		out.Aliases = append(out.Aliases, a.String())
	}
	for _, pattern := range h.Patterns {
		out.Aliases = append(out.Aliases, "~"+pattern)
	}
	if h.TLS != nil {
		out.Certificate = h.TLS.ID
	}
	if h.ClientCert != nil {
		out.ClientCert = h.ClientCert.Verify.String()
	}
	for _, r := range h.Routes {
		if _, closed := r.Action.(model.Withhold); closed {
			out.Closed++
		}
	}
	for _, from := range h.Origins {
		out.Ingresses = append(out.Ingresses, object(from))
	}
	problem := out.Closed > 0 || h.ClientCert != nil && h.ClientCert.Verify == model.VerifyDeny
	return newRow(out, problem, append(slices.Concat(out.Aliases, out.Ingresses), out.Name, out.Certificate, out.ClientCert)...)
}

// object names an Ingress as "namespace/name", anything else with its kind.
func object(r issue.Ref) string {
	if r.Kind == "Ingress" {
		return r.Namespace + "/" + r.Name
	}
	return r.String()
}

func routeRow(h *model.Host, r *model.Route) row {
	out := Route{Host: h.Name.String(), Kind: r.Match.Kind.String(), Path: r.Match.Path, Ingress: object(r.Ingress)}
	switch a := r.Action.(type) {
	case model.Forward:
		out.Action, out.Target = "forward", a.Backend.String()
	case model.Redirect:
		out.Action, out.Target = "redirect", fmt.Sprint(a.Code)
	case model.Respond:
		out.Action, out.Target = "respond", fmt.Sprint(a.Status)
	case model.SlashRedirect:
		out.Action, out.Target = "slash-redirect", "301"
	case model.Withhold:
		out.Action, out.Target, out.Closed = "withhold", fmt.Sprintf("%d: %s", a.Status, a.Reason), true
	default:
		panic(fmt.Sprintf("route %s has an action that is none: %T", r.Match.Path, a))
	}
	if r.Canary != nil {
		out.Canary = r.Canary.Backend.String()
	}
	return newRow(out, out.Closed, out.Host, out.Path, out.Host+out.Path, out.Ingress, out.Action, out.Target, out.Canary)
}

// issueRows has those that close something first.
func issueRows(list issue.List) []row {
	rank := func(i issue.Issue) int {
		return slices.Index([]issue.Severity{issue.Error, issue.Warning, issue.Info}, i.Severity)
	}
	sorted := slices.Clone(list)
	slices.SortStableFunc(sorted, func(a, b issue.Issue) int { return cmp.Compare(rank(a), rank(b)) })
	var out []row
	for _, i := range sorted {
		out = append(out, newRow(i, i.Severity == issue.Error, i.Object.String(), i.Object.File, string(i.Code), i.Field, i.Message, string(i.Severity), string(i.Effect)))
	}
	return out
}

func changeRows(changes []Change) []row {
	var out []row
	for _, c := range changes {
		kind := "commands"
		if c.Reload {
			kind = "reload"
		}
		out = append(out, newRow(c, c.Error != "", kind, strings.Join(c.Reasons, " "), c.Error))
	}
	return out
}
