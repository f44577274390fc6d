package explain

import (
	"cmp"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// redirects: what the frontend answers for a route, to a slash and to HTTPS above all.
func (e *explainer) redirects() bool {
	switch action := e.route.Action.(type) {
	case model.Withhold:
		return e.reply(action.Status, "the route is closed: "+action.Reason)
	case model.SlashRedirect:
		return e.slash(e.route.Policy.Links)
	case model.Redirect:
		if e.ruled() {
			return true
		}
		// Served before the redirect to HTTPS, but where none is asked for a closed host is closed.
		return e.route.Policy.HTTPS == model.HTTPSNever && e.closeShut()
	case model.Respond:
		return e.ruled() || e.route.Policy.HTTPS == model.HTTPSNever && e.closeShut()
	case model.Forward:
		return e.ruled() || e.secured() || e.closeShut()
	default:
		panic(fmt.Sprintf("route %s has an action that is none", e.route.Match.Path))
	}
}

func (e *explainer) closeShut() bool { return e.shut() && e.reply(403, shutReason) }

// requestHost is the name that was asked for, as it was written.
func (e *explainer) requestHost() string {
	host, _, _ := strings.Cut(e.request.Host, ":")
	return host
}

func (e *explainer) slash(style model.LinkStyle) bool {
	path, query, hasQuery := strings.Cut(e.request.Target, "?")
	location := path + "/"
	if hasQuery {
		location += "?" + query
	}
	if !style.Relative {
		port := ""
		if style.Port {
			port = e.portSuffix()
		}
		location = e.scheme() + "://" + e.requestHost() + port + location
	}
	return e.redirect(301, location, "only the path with a slash at its end is served")
}

// secured sends plain HTTP to HTTPS. An alias is sent there only if that is forced.
func (e *explainer) secured() bool {
	policy := e.route.Policy
	if !e.isPlain() || policy.HTTPS == model.HTTPSNever || policy.HTTPS == model.HTTPSIfSecure && e.alias {
		return false
	}
	target := e.request.Target
	if !policy.Links.KeepSlash {
		target = strings.TrimSuffix(target, "/")
	}
	port := ""
	if policy.Links.Port {
		port = ":" + strconv.Itoa(int(e.world.Model.Global.HTTPSPort))
	}
	e.redirect(e.world.Model.Global.RedirectCode, "https://"+e.requestHost()+port+target, "plain HTTP is sent to HTTPS")
	if e.request.Method == "OPTIONS" {
		e.answer.Result.Unless = e.unless()
	}
	return true
}

// refuse is reply for an answer that a service for errors may be asked about.
func (e *explainer) refuse(status int, why string) bool {
	if s := e.route.Policy.Errors; s != nil && slices.Contains(s.Codes, status) {
		why += "; " + s.Service.Name + " is asked what to say about it"
	}
	return e.reply(status, why)
}

// act is what the route does.
func (e *explainer) act() bool {
	if _, forwards := e.route.Action.(model.Forward); forwards && e.refusedAddress() {
		return e.refuse(403, "the address of the client is not allowed")
	}
	if _, redirects := e.route.Action.(model.Redirect); !redirects && e.refusedByRule() {
		return e.refuse(403, "the address of the client is not allowed")
	}
	switch action := e.route.Action.(type) {
	case model.Redirect:
		e.redirect(action.Code, e.expand(action.To), "the Ingress asks for this redirect")
	case model.Respond:
		e.reply(action.Status, "the Ingress asks for this answer")
	case model.Forward:
		e.forward(action)
		e.answer.Result.Unless = append(e.answer.Result.Unless, e.unless()...)
	case model.SlashRedirect, model.Withhold:
		panic("a route was not answered where it should be")
	default:
		panic(fmt.Sprintf("route %s has an action that is none", e.route.Match.Path))
	}
	return true
}

// refusedAddress holds where the address alone decides.
func (e *explainer) refusedAddress() bool {
	a := e.route.Policy.Addresses
	if a == nil || e.route.Policy.SatisfyAny || !e.request.Client.IsValid() {
		return false
	}
	from := func(p netip.Prefix) bool { return p.Contains(e.request.Client.Unmap()) }
	return slices.ContainsFunc(a.Deny, from) || len(a.Allow) > 0 && !slices.ContainsFunc(a.Allow, from)
}

func (e *explainer) forward(f model.Forward) {
	backend := e.backend(f.Backend)
	if id := e.route.StandIn; id != nil && len(backend.Endpoints) == 0 {
		if other := e.backend(*id); len(other.Endpoints) > 0 {
			backend = other
		}
	}
	e.answer.Backend = backend
	e.canary()
	backend = e.answer.Backend
	if len(backend.Endpoints) == 0 {
		e.refuse(503, "the Service has no endpoint that is ready")
		return
	}
	if rewrite := e.route.Policy.Rewrite; rewrite != nil && (e.run == nil || !e.run.ended) {
		backend.Target = e.rewritten(rewrite.To)
	}
	if e.run != nil && e.run.target != "" {
		backend.Target = e.run.target
	}
	e.answer.Result = Result{From: FromBackend, Why: "the request is forwarded", Unless: e.answer.Result.Unless}
}

func (e *explainer) backend(id model.BackendID) *Backend {
	out := &Backend{Service: id.String(), Endpoints: []string{}}
	for _, b := range e.world.Model.Backends {
		if b.ID != id {
			continue
		}
		for _, s := range b.Endpoints {
			out.Endpoints = append(out.Endpoints, endpoint(s))
		}
	}
	return out
}

// rewritten is the URI that the backend gets: the path is encoded anew, and an empty query is dropped.
func (e *explainer) rewritten(to model.Template) string {
	path := e.expand(to)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if _, query, _ := strings.Cut(e.request.Target, "?"); query != "" {
		return encodePath(path) + "?" + query
	}
	return encodePath(path)
}

func encodePath(path string) string {
	var b strings.Builder
	for _, c := range []byte(path) {
		if isLetterOrDigit(c) || strings.IndexByte("-_.~!$&'()*+,;=:@/", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func endpoint(s model.Endpoint) string {
	host := cmp.Or(s.Name, s.Addr.String())
	if s.Name == "" && s.Addr.Is6() {
		host = "[" + host + "]"
	}
	text := fmt.Sprintf("%s:%d", host, s.Port)
	if s.Draining {
		text += " (draining)"
	}
	return text
}

// unless names the policies that this package does not evaluate and that may answer first.
func (e *explainer) unless() []string {
	decided := []string{"HTTPS", "Links", "Rewrite", "Groups", "Vhost"}
	silent := []string{"Compression", "Bandwidth", "Connect", "Server", "Retry", "Upstream", "Mirror"} // they never answer
	if rules := e.route.Policy.Rules; rules != nil && (len(rules.Access) == 0 || e.request.Client.IsValid() && !e.route.Policy.SatisfyAny) {
		decided = append(decided, "Rules")
	}
	if e.request.Client.IsValid() && !e.route.Policy.SatisfyAny {
		decided = append(decided, "Addresses")
	}
	if e.request.Method != "OPTIONS" {
		silent = append(silent, "CORS")
	}
	if slices.Contains([]string{"GET", "HEAD", "OPTIONS", "DELETE"}, e.request.Method) {
		silent = append(silent, "MaxBody")
	}
	var out []string
	policy := reflect.ValueOf(e.route.Policy)
	for i := range policy.NumField() {
		name := policy.Type().Field(i).Name
		if !slices.Contains(decided, name) && !slices.Contains(silent, name) && !policy.Field(i).IsZero() {
			out = append(out, name)
		}
	}
	if !reflect.ValueOf(e.world.Model.Global.Block).IsZero() {
		out = append(out, "Block")
	}
	return out
}
