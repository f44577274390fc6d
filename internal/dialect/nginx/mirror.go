package nginx

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	mirrorTarget = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "mirror-target", Values: "a URL such as http://copy.other.svc$request_uri", Risk: dialect.RiskHigh,
			Doc:     "A copy of each request that is served goes to the URL. Its answer is dropped, and nobody waits for it. A path without a variable gets the query of the request.",
			Support: dialect.Partial,
			Instead: "Requests with a body above 16 KiB, or without its length, are not copied, nor are those beyond 64 copies at a time for each thread. The host of the URL can't be a variable.",
		},
		Parse: checkMirrorTarget,
	}
	mirrorHost = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "mirror-host", Values: "text with variables", Default: "the host of the target", Risk: dialect.RiskHigh,
			Doc: "The Host of the copies.",
		},
		Parse: checkMirrorHost,
	}
	mirrorBody = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "mirror-request-body", Values: "on or off", Default: "on",
			Doc: "Whether copies have the body of the request. Without it they say that they have none; nginx announces one and doesn't send it.",
		},
		Parse: dialect.OneOf("on", "off"),
	}
)

var mirror = &dialect.Feature{
	Name: "mirror", Title: "Copies of requests",
	Doc:  "Only requests that were let in are copied, with the headers and the URL as the client sent them, before anything is rewritten. A service that fails or is slow changes nothing for the client.",
	Keys: []dialect.Spec{mirrorTarget, mirrorHost, mirrorBody},
	Route: func(p *dialect.Pass, r *model.Route) {
		target, ok := mirrorTarget.Get(p)
		if _, forwards := r.Action.(model.Forward); !ok || !forwards {
			return
		}
		known := routeNames(r)
		t, err := parseMirrorTarget(target, known)
		if err != nil { // a name of the route makes it so
			p.Report(issue.Issue{
				Code: issue.BadValue, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(mirrorTarget.Key), Message: fmt.Sprintf("Nothing is copied: %v.", err),
			})
			return
		}
		m := &model.Mirror{Service: t.service, Host: t.host, URI: t.uri, Body: true}
		m.Service.Backend = serviceOfName(p, t.service)
		if host, ok := mirrorHost.Get(p); ok {
			if name, err := requestTemplate(host, known); err == nil {
				m.Host = name
			}
		}
		if body, ok := mirrorBody.Get(p); ok {
			m.Body = body == "on"
		}
		r.Policy.Mirror = m
	},
}

// parseMirrorTarget reads the URL. As in nginx one without a path stands for the URL of the request, and a path without
// a variable gets its query.
func parseMirrorTarget(s string, known map[string]string) (authTarget, error) {
	split, behind := splitTarget(s)
	t, err := parseAuthTarget(split, known)
	if err == nil && t.service.Name == "" {
		err = errors.New("the host is a variable")
	}
	if err == nil && behind != "" {
		t.uri, err = requestTemplate(behind, known)
	}
	if err != nil || behind != "" {
		return t, err
	}
	_, rest, _ := strings.Cut(s, "://")
	if !strings.ContainsAny(rest, "/?$") {
		t.uri = model.Template{{Var: model.VarRequestURI}}
	} else if text, constant := t.uri.Constant(); constant && !strings.Contains(text, "?") {
		t.uri = append(t.uri, model.Part{Var: model.VarSuffix})
	}
	return t, nil
}

// splitTarget cuts off a variable that stands right behind the host, as in http://copy.test$request_uri.
func splitTarget(s string) (target, behind string) {
	scheme, rest, _ := strings.Cut(s, "://")
	i := strings.IndexAny(rest, "/?$")
	if i <= 0 || rest[i] != '$' {
		return s, ""
	}
	return scheme + "://" + rest[:i], rest[i:]
}

func checkMirrorTarget(s string) (string, error) {
	_, err := parseMirrorTarget(s, routeNames(&model.Route{}))
	return s, err
}

func checkMirrorHost(s string) (string, error) {
	if strings.ContainsAny(s, " \t\r\n/") {
		return "", errors.New("it is no Host")
	}
	_, err := requestTemplate(s, routeNames(&model.Route{}))
	return s, err
}
