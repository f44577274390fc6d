package nginx

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var externalAuth = &dialect.Feature{
	Name: "external-auth", Title: "External authentication",
	Doc: "A service is asked for every request, with its method, URL and headers, before the backend is. An answer that does not come, " +
		"in time or at all, is 500: nobody is let in. What `auth-response-headers` names never reaches the backend from a client. " +
		"Each cookie of the service is a header of its own (at most eight). A URL whose host is a variable is resolved for each request; on the catch-all host, " +
		"where a client could name any host, it closes the Ingress. The service gets no X-Forwarded-Host, -Port, -Proto and -Scheme of a client, which nginx lets through.",
	Keys: slices.Concat(routeAuth.specs(), []dialect.Spec{
		authProxySetHeaders, authKeepalive, authKeepaliveRequests, authKeepaliveTimeout, authKeepaliveShareVars, enableGlobalAuth,
	}, globalAuth.specs(), []dialect.Spec{enableAuthLog}),
	Global: func(p *dialect.Pass, g *model.Global) { g.LogAuth, _ = enableAuthLog.Get(p) },
	Host: func(p *dialect.Pass, h *model.Host) {
		if h.Name != "" || !p.Set(routeAuth.url) && !p.Set(globalAuth.url) {
			return
		}
		if keys, address, ok := authInForce(p); ok {
			if t, err := parseAuthTarget(address, routeNames(&model.Route{})); err == nil && t.service.Name == "" {
				closeAuth(p, keys.url, "on the catch-all host a client could choose the service that decides about it", "a URL with a fixed host, or a rule with a host")
			}
		}
	},
	Route: func(p *dialect.Pass, r *model.Route) {
		if authExempt(p, r) {
			return
		}
		keys, address, ok := authInForce(p)
		if !ok {
			return
		}
		auth, err := buildAuth(p, r, keys, address)
		if err != nil {
			closeAuth(p, keys.url, err.Error(), urlValues)
			return
		}
		r.Policy.ExternalAuth = auth
	},
}

// authInForce finds the set of keys that decides. Without any, nobody is asked; if the URL can't be read, the key is a
// guard and closes the routes.
func authInForce(p *dialect.Pass) (authKeys, string, bool) {
	if p.Set(routeAuth.url) {
		address, ok := routeAuth.url.Get(p)
		return routeAuth, address, ok
	}
	if enabled, ok := enableGlobalAuth.Get(p); ok && !enabled {
		return authKeys{}, "", false
	}
	address, ok := globalAuth.url.Get(p)
	return globalAuth, address, ok
}

func buildAuth(p *dialect.Pass, r *model.Route, keys authKeys, address string) (*model.ExternalAuth, error) {
	known := routeNames(r)
	target, err := parseAuthTarget(address, known)
	if err != nil {
		return nil, err
	}
	auth := &model.ExternalAuth{Service: target.service, Host: target.host, URI: target.uri, Method: "GET"}
	auth.Service.KeepAlive = keepAlive(p, target.service)
	auth.Service.Backend = serviceOfName(p, target.service)
	method, withMethod := keys.method.Get(p)
	if withMethod {
		auth.Method = method
	}
	auth.Headers = questionHeaders(withMethod)
	if redirect, ok := keys.redirect.Get(p); ok {
		auth.Headers = append(auth.Headers, model.AuthHeader{Name: "X-Auth-Request-Redirect", Value: model.Text(redirect)})
	} else {
		auth.Headers = append(auth.Headers, model.AuthHeader{Name: "X-Auth-Request-Redirect", Value: model.Template{{Var: model.VarRequestURI}}})
	}
	if keys.url == routeAuth.url {
		more, err := configuredHeaders(p, known)
		if err != nil {
			return nil, err
		}
		auth.Headers = append(auth.Headers, more...)
	}
	auth.Copied, _ = keys.copied.Get(p)
	auth.AlwaysCookie, _ = keys.always.Get(p)
	if err := addSignIn(p, auth, keys, known); err != nil {
		return nil, err
	}
	auth.Cache = authCache(p, r, keys)
	return auth, nil
}

func addSignIn(p *dialect.Pass, auth *model.ExternalAuth, keys authKeys, known map[string]string) (err error) {
	signIn, ok := keys.signIn.Get(p)
	if !ok {
		return nil
	}
	param, ok := keys.param.Get(p)
	if !ok {
		param = "rd"
	}
	auth.SignIn, err = signInTemplate(signIn, param, known)
	return err
}

// questionHeaders are those of ingress-nginx.
func questionHeaders(withMethod bool) []model.AuthHeader {
	one := func(name string, parts ...model.Part) model.AuthHeader {
		return model.AuthHeader{Name: name, Value: parts}
	}
	scheme, uri := model.Part{Var: model.VarScheme}, model.Part{Var: model.VarRequestURI}
	out := []model.AuthHeader{
		one("X-Original-URL", scheme, model.Part{Text: "://"}, model.Part{Var: model.VarHostHeader}, uri),
		one("X-Original-Method", model.Part{Var: model.VarMethod}),
		one("X-Sent-From", model.Part{Text: "nginx-ingress-controller"}),
	}
	if withMethod {
		out = append(out, one("X-Original-URI", uri), one("X-Scheme", scheme))
	}
	return out
}

func configuredHeaders(p *dialect.Pass, known map[string]string) ([]model.AuthHeader, error) {
	name, ok := authProxySetHeaders.Get(p)
	if !ok {
		return nil, nil
	}
	if name.Namespace == "" {
		name.Namespace = p.Namespace
	}
	if across, _ := allowCrossNamespace.Get(p); name.Namespace != p.Namespace && !across {
		return nil, fmt.Errorf("the ConfigMap %s is in another namespace", name)
	}
	config := p.Snapshot.ConfigMap(name.Namespace, name.Name)
	if config == nil {
		return nil, fmt.Errorf("there is no ConfigMap %s", name)
	}
	var out []model.AuthHeader
	for _, header := range slices.Sorted(maps.Keys(config.Data)) {
		if err := checkHeaderName(header); err != nil {
			return nil, fmt.Errorf("the ConfigMap %s: %w", name, err)
		}
		value, err := requestTemplate(strings.TrimSpace(config.Data[header]), known)
		if err == nil && strings.ContainsAny(config.Data[header], "\r\n\x00") {
			err = fmt.Errorf("the value of %s has more than one line", header)
		}
		if err != nil {
			return nil, fmt.Errorf("the ConfigMap %s: %w", name, err)
		}
		out = append(out, model.AuthHeader{Name: header, Value: value})
	}
	return out, nil
}

func keepAlive(p *dialect.Pass, s model.AuthService) model.KeepAlive {
	number := func(key *dialect.Key[int], preset int) int {
		if n, ok := key.Get(p); ok {
			return n
		}
		return preset
	}
	authKeepaliveShareVars.Get(p) // a bad value is reported
	idle, requests, seconds := number(authKeepalive, 0), number(authKeepaliveRequests, 1000), number(authKeepaliveTimeout, 60)
	if s.Name == "" || idle <= 0 || requests <= 0 || seconds <= 0 {
		return model.KeepAlive{}
	}
	return model.KeepAlive{Idle: min(idle, 10_000), Timeout: time.Duration(min(seconds, 86_400)) * time.Second}
}

// serviceOfName finds the Service that a name of the cluster stands for: name.namespace.svc, with or without the domain.
// The name of an external or headless Service stands for what DNS says.
func serviceOfName(p *dialect.Pass, s model.AuthService) model.BackendID {
	parts := strings.SplitN(s.Name, ".", 4)
	if len(parts) < 3 || parts[2] != "svc" {
		return model.BackendID{}
	}
	service := p.Snapshot.Service(parts[1], parts[0])
	if service == nil || service.Spec.Type == corev1.ServiceTypeExternalName || service.Spec.ClusterIP == corev1.ClusterIPNone {
		return model.BackendID{}
	}
	known := slices.ContainsFunc(service.Spec.Ports, func(port corev1.ServicePort) bool {
		return port.Port == int32(s.Port) && (port.Protocol == "" || port.Protocol == corev1.ProtocolTCP)
	})
	if !known {
		return model.BackendID{}
	}
	return model.BackendID{Namespace: parts[1], Service: parts[0], Port: fmt.Sprint(s.Port)}
}

func authCache(p *dialect.Pass, r *model.Route, keys authKeys) *model.AuthCache {
	times, ok := keys.cacheTimes.Get(p)
	if !ok {
		times, _ = parseCacheTimes(defaultCacheTimes)
	}
	key, ok := keys.cacheKey.Get(p)
	if !ok {
		return nil
	}
	credential := slices.ContainsFunc(key, func(part model.Part) bool {
		return part.Var == model.VarHeader || part.Var == model.VarCookie || part.Var == model.VarArgument || part.Var == model.VarClientAddr ||
			part.Var == model.VarCertSubject || part.Var == model.VarCertPEM
	})
	if !credential {
		p.Report(issue.Issue{
			Code: issue.AuthRisk, Severity: issue.Warning, Effect: issue.None, Field: fieldOf(p, keys.cacheKey),
			Message:    "The key names nothing that tells one client from another: after one is let in, everybody is until the answer is forgotten.",
			Suggestion: fieldOf(p, keys.cacheKey) + ": $http_authorization$http_cookie",
		})
	}
	return &model.AuthCache{Route: fmt.Sprintf("%s %s", r.Match.Kind, r.Match.Path), Key: key, Valid: times}
}

func closeAuth(p *dialect.Pass, key dialect.Spec, problem, suggestion string) {
	p.Report(issue.Issue{
		Code: issue.AuthBroken, Severity: issue.Error, Effect: issue.Withheld, Field: fieldOf(p, key),
		Message: fmt.Sprintf("The routes are closed: %s.", problem), Suggestion: suggestion,
	})
	p.Withhold(key.Describe().Key + " can't be honoured")
}

// fieldOf is how the object that holds a key writes it.
func fieldOf(p *dialect.Pass, key dialect.Spec) string {
	d := key.Describe()
	if d.Scope == dialect.Setting {
		return d.Key
	}
	return p.Field(d.Key)
}
