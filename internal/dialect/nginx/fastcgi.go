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
	fastCGIIndex = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "fastcgi-index", Values: "the name of a file", Risk: dialect.RiskMedium,
			Doc: "What a path that ends with a slash is followed by in the name of the script.",
		},
		Parse: matching(`^[A-Za-z0-9.\-_]+$`),
	}
	fastCGIParams = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "fastcgi-params-configmap", Values: "name or namespace/name of a ConfigMap of the Ingress's namespace", Risk: dialect.RiskMedium,
			Doc: "Parameters that the application gets, with variables such as $fastcgi_script_name; most need SCRIPT_FILENAME. A ConfigMap that is missing, or has a value that can't be read, closes the routes.",
		},
		Parse: matching(`^[/\-._~a-zA-Z0-9:]+$`),
	}
)

var fastCGI = &dialect.Feature{
	Name: "fastcgi", Title: "FastCGI",
	Doc: "For backend-protocol FCGI. Applications get the parameters of nginx's fastcgi_params, each header as HTTP_*, and DOCUMENT_ROOT " + documentRoot +
		" unless the ConfigMap says otherwise. The ConfigMap is followed: a change holds at once. A connection is for one request.",
	Keys: []dialect.Spec{fastCGIIndex, fastCGIParams},
	Route: func(p *dialect.Pass, r *model.Route) {
		index, _ := fastCGIIndex.Get(p)
		name, ok := fastCGIParams.Get(p)
		var params []model.Param
		if ok {
			params = loadParams(p, name, r)
		}
		if u := r.Policy.Upstream; u != nil && u.FastCGI != nil {
			*u.FastCGI = model.FastCGI{Index: index, Params: params}
		}
	},
}

// paramName is what keys of a ConfigMap are made of.
var paramName = regexp.MustCompile(`^[-._a-zA-Z0-9]+$`)

// documentRoot is that of ingress-nginx.
const documentRoot = "/etc/nginx/html"

func matching(form string) func(string) (string, error) {
	expression := regexp.MustCompile(form)
	return func(s string) (string, error) {
		if !expression.MatchString(s) {
			return "", fmt.Errorf("%q has characters that stand in no such name", s)
		}
		return s, nil
	}
}

// loadParams reads the ConfigMap; what can't be read closes the routes. Another namespace gives no parameters, as in
// ingress-nginx.
func loadParams(p *dialect.Pass, reference string, r *model.Route) []model.Param {
	name := reference
	if namespace, rest, ok := strings.Cut(reference, "/"); ok {
		if namespace != p.Namespace {
			p.Report(issue.Issue{
				Code: issue.BadValue, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(fastCGIParams.Key),
				Message:    "There are no parameters, as in ingress-nginx: the ConfigMap is in another namespace.",
				Suggestion: p.Field(fastCGIParams.Key) + ": " + p.Namespace + "/" + rest,
			})
			return nil
		}
		name = rest
	}
	config := p.Snapshot.ConfigMap(p.Namespace, name)
	if config == nil {
		closeFastCGI(p, fmt.Sprintf("there is no ConfigMap %s/%s", p.Namespace, name))
		return nil
	}
	var out []model.Param
	for _, key := range slices.Sorted(maps.Keys(config.Data)) {
		value, err := parseParameter(config.Data[key], routeNames(r))
		if !paramName.MatchString(key) {
			err = fmt.Errorf("it is no name of a parameter")
		}
		if err != nil {
			closeFastCGI(p, fmt.Sprintf("%s in the ConfigMap %s/%s: %v", key, p.Namespace, name, err))
			return nil
		}
		out = append(out, model.Param{Name: key, Value: value})
	}
	return out
}

func closeFastCGI(p *dialect.Pass, problem string) {
	p.Withhold(problem)
	p.Report(issue.Issue{
		Code: issue.BadValue, Severity: issue.Error, Effect: issue.Withheld, Field: p.Field(fastCGIParams.Key),
		Message:    fmt.Sprintf("The routes of the Ingress are closed with 503: %s.", problem),
		Suggestion: "a ConfigMap whose keys are names of parameters, in the namespace of the Ingress",
	})
}

// parseParameter knows the variables of FastCGI beside the others.
func parseParameter(s string, known map[string]string) (model.Template, error) {
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return nil, fmt.Errorf("it has control characters")
	}
	const script = "\x00"
	known = maps.Clone(known)
	known["document_root"], known["fastcgi_path_info"], known["fastcgi_script_name"] = documentRoot, "", script
	parsed, err := parseTemplate(s, known)
	if err != nil {
		return nil, err
	}
	var out model.Template
	for _, part := range parsed {
		for i, text := range strings.Split(part.Text, script) {
			if i > 0 {
				out = append(out, model.Part{Var: model.VarScript})
			}
			if text != "" || part.Var != model.VarNone {
				out = append(out, model.Part{Text: text, Var: part.Var, Name: part.Name})
			}
		}
	}
	return out, nil
}
