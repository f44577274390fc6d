package nginx

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	originalURI = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "proxy-add-original-uri-header", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Servers get the path and query as the client sent them in X-Original-URI.",
		},
		Parse: dialect.ParseBool,
	}
	addHeaders = &dialect.Key[dialect.Object]{
		Description: dialect.Description{
			Key: "add-headers", Values: "a ConfigMap, namespace/name", Scope: dialect.Setting,
			Doc: "Headers of every answer, on every host, errors included.",
		},
		Parse: dialect.ParseObject,
	}
	proxySetHeaders = &dialect.Key[dialect.Object]{
		Description: dialect.Description{
			Key: "proxy-set-headers", Values: "a ConfigMap, namespace/name", Scope: dialect.Setting,
			Doc: "Headers that servers get, with variables; an empty value takes the header away. What the controller itself sends, Host aside, stays " +
				"and the header is there twice, as in ingress-nginx.",
		},
		Parse: dialect.ParseObject,
	}
	hideHeaders = &dialect.Key[[]string]{
		Description: dialect.Description{
			Key: "hide-headers", Values: "names of headers, separated by commas", Scope: dialect.Setting,
			Doc: "Headers of servers that clients do not get.",
		},
		Parse: parseHidden,
	}
	keepServer = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "allow-backend-server-header", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Clients get the Server header of servers.",
		},
		Parse: dialect.ParseBool,
	}
)

var setHeaders = &dialect.Feature{
	Name: "headers", Title: "Headers of every request and answer",
	Doc: "ConfigMaps are followed: a change holds at once. One that is missing is reported, and nothing is set. Answers never name the " +
		"program that makes them, whatever server-tokens says.",
	Keys: []dialect.Spec{addHeaders, proxySetHeaders, hideHeaders, keepServer, originalURI},
	Global: func(p *dialect.Pass, g *model.Global) {
		h := &g.Headers
		h.Original, _ = originalURI.Get(p)
		if name, ok := addHeaders.Get(p); ok {
			headers, err := responseHeaders(p, name)
			h.Response = headers
			reportHeaders(p, addHeaders.Key, err)
		}
		if name, ok := proxySetHeaders.Get(p); ok {
			headers, err := requestHeaders(p, name)
			h.Request = slices.DeleteFunc(headers, isHost)
			reportHeaders(p, proxySetHeaders.Key, err)
		}
		h.Hide, _ = hideHeaders.Get(p)
		h.KeepServer, _ = keepServer.Get(p)
	},
	// Host is a matter of each route, because redirects and checks before it speak of the host that was asked for.
	Route: func(p *dialect.Pass, r *model.Route) {
		name, ok := proxySetHeaders.Get(p)
		if !ok || len(r.Policy.Vhost) > 0 {
			return
		}
		headers, _ := requestHeaders(p, name)
		if i := slices.IndexFunc(headers, isHost); i >= 0 {
			r.Policy.Vhost = headers[i].Value
		}
	},
}

func isHost(h model.Header) bool { return strings.EqualFold(h.Name, "host") }

func reportHeaders(p *dialect.Pass, key string, err error) {
	if err == nil {
		return
	}
	p.Report(issue.Issue{
		Code: issue.BadSetting, Severity: issue.Error, Effect: issue.Ignored, Field: p.Field(key),
		Message:    fmt.Sprintf("No header is set: %v.", err),
		Suggestion: key + ": namespace/name of a ConfigMap whose keys are names of headers",
	})
}

// requestHeaders reads a ConfigMap of headers with variables, by name: all of them, or none.
func requestHeaders(p *dialect.Pass, name dialect.Object) ([]model.Header, error) {
	config := p.Snapshot.ConfigMap(name.Namespace, name.Name)
	if config == nil {
		return nil, fmt.Errorf("there is no ConfigMap %s", name)
	}
	var out []model.Header
	for _, key := range slices.Sorted(maps.Keys(config.Data)) {
		text := strings.TrimSpace(config.Data[key])
		switch {
		case !headerName.MatchString(key):
			return nil, fmt.Errorf("the ConfigMap %s has %q, which is no name of a header", name, key)
		case framing(key):
			return nil, fmt.Errorf("the ConfigMap %s has %s, which belongs to the connection", name, key)
		case strings.HasPrefix(strings.ToLower(key), "ssl-client-"):
			return nil, fmt.Errorf("the ConfigMap %s has %s, which only a client certificate may decide", name, key)
		case strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }):
			return nil, fmt.Errorf("the ConfigMap %s has control characters in %s", name, key)
		}
		value, err := requestTemplate(text, nil)
		if err != nil {
			return nil, fmt.Errorf("the ConfigMap %s, %s: %w", name, key, err)
		}
		out = append(out, model.Header{Name: key, Value: value})
	}
	return out, nil
}

func parseHidden(s string) ([]string, error) {
	names, _ := parseList(s)
	for _, name := range names {
		if !headerName.MatchString(name) {
			return nil, fmt.Errorf("%q is no name of a header", name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
