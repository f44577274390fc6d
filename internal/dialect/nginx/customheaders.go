package nginx

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	customHeaders = &dialect.Key[dialect.Object]{
		Description: dialect.Description{
			Key: "custom-headers", Values: "a ConfigMap, namespace/name", Risk: dialect.RiskMedium,
			Doc: "Headers of every answer of the routes, errors included. Without the ConfigMap, or with a header that the operator did not allow, the routes are closed.",
		},
		Parse: parseHeaderMap,
	}
	allowedHeaders = &dialect.Key[[]string]{
		Description: dialect.Description{
			Key: "global-allowed-response-headers", Values: "names of headers, separated by commas", Scope: dialect.Setting,
			Doc: "What custom-headers may set. Letters count as they are written.",
		},
		Parse: parseList,
	}
)

var custom = &dialect.Feature{
	Name: "custom-headers", Title: "Headers of a ConfigMap",
	Doc:  "The ConfigMap is followed: a change of it holds at once, which in ingress-nginx waits for the next reload.",
	Keys: []dialect.Spec{customHeaders, allowedHeaders},
	Route: func(p *dialect.Pass, r *model.Route) {
		name, ok := customHeaders.Get(p)
		if !ok {
			return
		}
		allowed, _ := allowedHeaders.Get(p)
		headers, err := responseHeaders(p, name)
		for _, h := range headers {
			if !slices.Contains(allowed, h.Name) {
				err = fmt.Errorf("%s is not in global-allowed-response-headers", h.Name)
				break
			}
		}
		if err == nil {
			r.Policy.ResponseHeaders = headers
			return
		}
		field := p.Field(customHeaders.Key)
		p.Withhold(field + " can't be honoured")
		p.Report(issue.Issue{
			Code: issue.BadValue, Severity: issue.Error, Effect: issue.Withheld, Field: field,
			Message:    fmt.Sprintf("The routes are closed: %v.", err),
			Suggestion: field + ": " + p.Namespace + "/headers",
		})
	},
}

// parseHeaderMap also takes a bare name, of which no ConfigMap is found.
func parseHeaderMap(s string) (dialect.Object, error) {
	if strings.Contains(s, "/") {
		return dialect.ParseObject(s)
	}
	o, err := dialect.ParseObject("x/" + s)
	return dialect.Object{Name: o.Name}, err
}

var (
	headerName  = regexp.MustCompile(`^[a-zA-Z\d_-]+$`)
	headerValue = regexp.MustCompile(`^[a-zA-Z\d_ :;.,\\/"'?!(){}\[\]@<>=\-+*#&` + "`" + `|~^%]*$`)
)

// responseHeaders reads a ConfigMap of headers, by name.
func responseHeaders(p *dialect.Pass, name dialect.Object) ([]model.Header, error) {
	config := p.Snapshot.ConfigMap(name.Namespace, name.Name)
	if name.Namespace == "" || config == nil {
		return nil, fmt.Errorf("there is no ConfigMap %s", name)
	}
	var out []model.Header
	for _, key := range slices.Sorted(maps.Keys(config.Data)) {
		value := strings.TrimSpace(config.Data[key])
		switch {
		case !headerName.MatchString(key):
			return nil, fmt.Errorf("the ConfigMap %s has %q, which is no name of a header", name, key)
		case framing(key):
			return nil, fmt.Errorf("the ConfigMap %s has %s, which belongs to the connection", name, key)
		case !headerValue.MatchString(value):
			return nil, fmt.Errorf("the ConfigMap %s has a value of %s that can't be sent; variables have no meaning in answers", name, key)
		}
		out = append(out, model.Header{Name: key, Value: model.Text(value)})
	}
	return out, nil
}

// framing holds for headers that say how a message is read: with another value it would be read as something else.
func framing(name string) bool {
	switch strings.ToLower(name) {
	case "connection", "content-length", "transfer-encoding", "te", "upgrade", "keep-alive", "trailer":
		return true
	default:
		return false
	}
}
