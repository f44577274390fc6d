package explain

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// redirects: to a slash, and to HTTPS.
func (e *explainer) redirects() bool {
	host, _, _ := strings.Cut(e.request.Host, ":")
	switch action := e.route.Action.(type) {
	case model.SlashRedirect:
		path, query, hasQuery := strings.Cut(e.request.Target, "?")
		location := e.scheme() + "://" + host + path + "/"
		if hasQuery {
			location += "?" + query
		}
		return e.redirect(301, location, "only the path with a slash at its end is served")
	case model.Withhold:
		return e.reply(action.Status, "the route is closed: "+action.Reason)
	case model.Forward, model.Redirect, model.Respond:
	default:
		panic(fmt.Sprintf("route %s has an action that is none", e.route.Match.Path))
	}
	if !e.request.Secure && e.route.Policy.HTTPS != model.HTTPSNever {
		e.redirect(e.world.Model.Global.RedirectCode, "https://"+host+strings.TrimSuffix(e.request.Target, "/"), "plain HTTP is sent to HTTPS")
		e.answer.Result.Unless = e.unless()
		return true
	}
	return e.shut() && e.reply(403, shutReason)
}

// act is what the route does.
func (e *explainer) act() bool {
	switch action := e.route.Action.(type) {
	case model.Redirect:
		e.redirect(action.Code, e.expand(action.To), "the Ingress asks for this redirect")
	case model.Respond:
		e.reply(action.Status, "the Ingress asks for this answer")
	case model.Forward:
		e.forward(action)
	case model.SlashRedirect, model.Withhold:
		panic("a route was not answered where it should be")
	default:
		panic(fmt.Sprintf("route %s has an action that is none", e.route.Match.Path))
	}
	e.answer.Result.Unless = e.unless()
	return true
}

func (e *explainer) forward(f model.Forward) {
	backend := &Backend{Service: f.Backend.String(), Endpoints: []string{}}
	for _, b := range e.world.Model.Backends {
		if b.ID != f.Backend {
			continue
		}
		for _, s := range b.Endpoints {
			backend.Endpoints = append(backend.Endpoints, endpoint(s))
		}
	}
	e.answer.Backend = backend
	if len(backend.Endpoints) == 0 {
		e.reply(503, "the Service has no endpoint that is ready")
		return
	}
	e.answer.Result = Result{From: FromBackend, Why: "the request is forwarded"}
}

func endpoint(s model.Endpoint) string {
	host := s.Name
	if host == "" {
		host = s.Addr.String()
		if s.Addr.Is6() {
			host = "[" + host + "]"
		}
	}
	text := fmt.Sprintf("%s:%d", host, s.Port)
	if s.Draining {
		text += " (draining)"
	}
	return text
}

// unless names the policies of the route that this package does not evaluate.
func (e *explainer) unless() []string {
	var out []string
	policy := reflect.ValueOf(e.route.Policy)
	for i := range policy.NumField() {
		name := policy.Type().Field(i).Name
		if name != "HTTPS" && !policy.Field(i).IsZero() {
			out = append(out, name)
		}
	}
	return out
}
