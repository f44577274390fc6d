package render

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"path"
	"slices"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/cfg"
	"github.com/hawser-ingress/hawser/internal/model"
)

// Bounds of questions to authentication services.
const (
	innerFrontend   = "hawser-inner"
	maxQuestions    = 512             // at a time to one server; more wait
	questionQueue   = 5 * time.Second // how long they do
	questionReserve = 2 * time.Second // what a program waits longer than the servers may take
)

// answerTime is how long a program waits for an answer, at most.
func (r *renderer) answerTime() time.Duration {
	return questionQueue + r.model.Global.Timeouts.Connect + r.serviceTime() + questionReserve
}

// serviceTime is how long a service may think: as long as any server, and not longer than nginx waits for one.
func (r *renderer) serviceTime() time.Duration {
	return min(r.model.Global.Timeouts.Server, time.Minute)
}

// services are those that a route asks, about authentication or errors or that copies are for, by the names of their backends.
func (r *renderer) services() map[string]model.AuthService {
	out := map[string]model.AuthService{}
	for _, auth := range r.questions() {
		out[serviceName(auth.Service)] = auth.Service
	}
	for _, g := range r.groups {
		if e := g.policy.Errors; e != nil {
			out[serviceName(e.Service)] = e.Service
		}
		if m := g.policy.Mirror; m != nil {
			out[serviceName(m.Service)] = m.Service
		}
	}
	return out
}

// questions are those of all routes that are served.
func (r *renderer) questions() []*model.ExternalAuth {
	var out []*model.ExternalAuth
	for _, h := range r.model.Hosts {
		for _, route := range h.Routes {
			if auth := route.Policy.ExternalAuth; auth != nil && groupName(route) != "" {
				out = append(out, auth)
			}
		}
	}
	return out
}

// serviceName is made of what a service is, so that a worker of an earlier configuration that is about to end finds it in
// this one.
func serviceName(s model.AuthService) string {
	scheme, name := "http", "-"
	if s.TLS {
		scheme = "https"
	}
	if s.Name != "" {
		name = safe(s.Name)
	}
	out := fmt.Sprintf("hawser-auth-%s-%s-%d", scheme, name, s.Port)
	if k := s.KeepAlive; k.Idle > 0 {
		out += fmt.Sprintf("-%d-%d", k.Idle, int(k.Timeout/time.Second))
	}
	return out
}

// asking loads the programs that ask, and tells them where.
func (r *renderer) asking() []cfg.Line {
	if len(r.services()) == 0 {
		return nil
	}
	out := []cfg.Line{cfg.L("set-var proc.hawser_inner", cfg.Expr(cfg.Str(r.innerSocket())))}
	if !r.anyExpressions() && len(r.model.UserLists()) == 0 {
		out = append(out, boolsInLua()...)
	}
	if len(r.questions()) == 0 {
		return out
	}
	r.bundle.Static[askFile] = haproxy.File{Data: askProgram}
	out = append(out, cfg.L("lua-load-per-thread", cfg.Word(askFile)))
	if slices.ContainsFunc(r.questions(), func(a *model.ExternalAuth) bool { return a.Cache != nil }) {
		r.bundle.Static[askCacheFile] = haproxy.File{Data: askCacheProgram}
		r.bundle.Static[askCacheMap] = haproxy.File{}
		out = append(out, cfg.L("lua-load-per-thread", cfg.Word(askCacheFile)))
	}
	return out
}

// questionRoom keeps a fifth of the connections for questions: clients that fill a port must not keep those that are
// connected already from being asked for.
func (r *renderer) questionRoom() []cfg.Line {
	if r.options.MaxConn == 0 || len(r.services()) == 0 {
		return nil
	}
	return []cfg.Line{cfg.L("maxconn", cfg.Int(max(r.options.MaxConn*4/5, 1)))}
}

// innerSocket is next to the runtime socket. A worker that ends asks where the new one listens.
func (r *renderer) innerSocket() string {
	return "unix@" + path.Join(path.Dir(r.options.Socket), "auth.sock")
}

// inner is where programs ask, and the services that have no Service of the cluster.
func (r *renderer) inner() []cfg.Section {
	services := r.services()
	if len(services) == 0 {
		return nil
	}
	front := cfg.Section{Header: cfg.L("frontend", cfg.Name(innerFrontend), cfg.Kw("from"), cfg.Name(frontendDefaults))}
	service := cfg.Var("txn.service")
	front.Add(cfg.L("bind", cfg.Word(r.innerSocket()), cfg.Kw("mode 600")))
	if !r.model.Global.LogAuth {
		front.Add(cfg.L("http-request set-log-level silent"))
	}
	front.Add(
		set("txn.service", cfg.Fetch("req.hdr", "x-hawser-service")),
		cfg.L("http-request del-header", cfg.Word("x-hawser-service")),
		cfg.L("use_backend", cfg.Format(cfg.Print(service))).If(cfg.Found(service)),
		cfg.L("default_backend", cfg.Name(notFoundBackend)),
	)
	out := []cfg.Section{front}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		if s := services[name]; s.Backend == (model.BackendID{}) {
			section := r.serviceRules(name, s)
			section.Add(r.namedServer(s)...)
			out = append(out, section)
		}
	}
	return out
}

// clusterServices are those whose servers are endpoints of a Service: they change at run time.
func (r *renderer) clusterServices() {
	services := r.services()
	for _, name := range slices.Sorted(maps.Keys(services)) {
		s := services[name]
		known := r.backend(s.Backend)
		if s.Backend == (model.BackendID{}) || known == nil {
			continue
		}
		b := &haproxy.Backend{Name: name, Owner: known.Origin, Rules: r.text(r.serviceRules(name, s))}
		for _, e := range known.Endpoints {
			if !e.Draining { // a question is never a part of a session
				b.Servers = append(b.Servers, r.endpointServer(s, e, known))
			}
		}
		slices.SortFunc(b.Servers, func(a, b haproxy.Server) int { return cmp.Compare(a.Name, b.Name) })
		r.bundle.Backends = append(r.bundle.Backends, b)
	}
}

func (r *renderer) serviceRules(name string, s model.AuthService) cfg.Section {
	out := cfg.Section{Header: cfg.L("backend", cfg.Name(name), cfg.Kw("from"), cfg.Name(frontendDefaults))}
	out.Add(cfg.L("timeout queue", cfg.Millis(questionQueue)), cfg.L("timeout server", cfg.Millis(r.serviceTime())))
	if s.KeepAlive.Idle > 0 {
		out.Add(cfg.L("http-reuse always"), cfg.L("retries", cfg.Int(1)), cfg.L("retry-on conn-failure empty-response"))
	} else {
		out.Add(cfg.L("option httpclose"), cfg.L("retries", cfg.Int(0)))
	}
	if r.anyErrors() {
		out.Add(cfg.L("http-response set-header X-Hawser-Answered yes")) // HAProxy's own answers have no such header
	}
	return out
}

// asksNames reports whether a service has to be resolved.
func (r *renderer) asksNames() bool {
	for _, s := range r.services() {
		if _, err := netip.ParseAddr(s.Name); err != nil && s.Backend == (model.BackendID{}) {
			return true
		}
	}
	return false
}
