package nginx

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	defaultBackend = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "default-backend", Values: "name of a Service of the same namespace",
			Doc: "Its first port serves while the Service of a path has no endpoints, with the request as it came and `X-Code: 503`. It is also asked about the errors of `custom-http-errors`.",
		},
		Parse: parseServiceName,
	}
	customHTTPErrors = &dialect.Key[[]int]{
		Description: dialect.Description{
			Key: "custom-http-errors", Values: "statuses from 400 to 599 with commas between", Scope: dialect.Both,
			Doc:     "Answers with these statuses are replaced by what the Service of `default-backend`, else that of `--default-backend-service`, answers to `/`.",
			Support: dialect.Partial,
			Instead: "502 and 504 of a server that does not answer stay as they are; a service's answer above 36,000 bytes is not used; a request's body goes to it up to 16 KiB.",
		},
		Parse: parseErrorCodes,
	}
	disableIntercept = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "disable-proxy-intercept-errors", Values: "true or false", Default: "false", Scope: dialect.Both,
			Doc: "Answers of servers stay; only those that Hawser gives itself, such as 403 and 413, are replaced.",
		},
		Parse: dialect.ParseBool,
	}
)

var customErrors = &dialect.Feature{
	Name: "custom-errors", Title: "A service for errors",
	Doc: "It gets the method and the headers of the request with X-Code, X-Format (the Accept header), X-Original-URI, X-Namespace, X-Ingress-Name, X-Service-Name, " +
		"X-Service-Port and X-Request-ID, and its answer, status included, is what the client gets. If it does not answer in time, the error stays.",
	Keys: []dialect.Spec{defaultBackend, customHTTPErrors, disableIntercept},
	Route: func(p *dialect.Pass, r *model.Route) {
		forward, forwards := r.Action.(model.Forward)
		service := ownDefault(p)
		if service != nil && forwards {
			r.StandIn = &model.BackendID{Namespace: service.Namespace, Service: service.Name, Port: fmt.Sprint(service.Spec.Ports[0].Port)}
		}
		codes, ok := customHTTPErrors.Get(p)
		if !ok {
			return
		}
		if _, own := customHTTPErrors.Own(p); service == nil || !own {
			service = serviceWithPort(p, p.Snapshot.Settings.DefaultBackend.Namespace, p.Snapshot.Settings.DefaultBackend.Name)
		}
		if service == nil {
			p.Report(issue.Issue{
				Code: issue.PartialSupport, Severity: issue.Info, Effect: issue.Ignored, Field: p.Field(customHTTPErrors.Key),
				Message: "No service for errors is named, so they stay as they are.", Suggestion: p.Field(defaultBackend.Key) + ": name of a Service",
			})
			return
		}
		own, _ := disableIntercept.Get(p)
		r.Policy.Errors = &model.Errors{Codes: codes, Own: own, Service: errorService(service), About: model.About{Service: forward.Backend.Service, Port: forward.Backend.Port}}
		if r.Ingress.Kind == "Ingress" {
			r.Policy.Errors.About.Namespace, r.Policy.Errors.About.Ingress = r.Ingress.Namespace, r.Ingress.Name
		}
	},
}

// ownDefault is the Service of the annotation; nil, with an issue, if it can't serve.
func ownDefault(p *dialect.Pass) *corev1.Service {
	name, ok := defaultBackend.Get(p)
	if !ok {
		return nil
	}
	service := serviceWithPort(p, p.Namespace, name)
	if service == nil {
		p.Report(issue.Issue{
			Code: issue.ServiceMissing, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(defaultBackend.Key),
			Message: fmt.Sprintf("There is no Service %s/%s with a port that can be asked.", p.Namespace, name),
		})
	}
	return service
}

// serviceWithPort is nil for a Service that can't be asked.
func serviceWithPort(p *dialect.Pass, namespace, name string) *corev1.Service {
	service := p.Snapshot.Service(namespace, name)
	if service == nil || len(service.Spec.Ports) == 0 {
		return nil
	}
	if service.Spec.Type == corev1.ServiceTypeExternalName {
		host, err := model.ParseHostname(service.Spec.ExternalName)
		if err != nil || host == "" || host.Wildcard() || p.Snapshot.Settings.NoExternalName {
			return nil
		}
	}
	return service
}

// errorService is asked at its endpoints, or at the name that it stands for.
func errorService(s *corev1.Service) model.AuthService {
	port := uint16(s.Spec.Ports[0].Port)
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		return model.AuthService{Name: s.Spec.ExternalName, Port: port}
	}
	return model.AuthService{
		Name: s.Name + "." + s.Namespace + ".svc", Port: port,
		Backend: model.BackendID{Namespace: s.Namespace, Service: s.Name, Port: fmt.Sprint(port)},
	}
}

var serviceNameForm = regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)

func parseServiceName(s string) (string, error) {
	if !serviceNameForm.MatchString(s) {
		return "", fmt.Errorf("%q is no name of a Service", s)
	}
	return s, nil
}

// parseErrorCodes gives the statuses sorted, each once.
func parseErrorCodes(s string) ([]int, error) {
	var out []int
	for word := range strings.SplitSeq(strings.TrimSuffix(s, ","), ",") {
		code, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || code < 400 || code > 599 {
			return nil, fmt.Errorf("%q is no status from 400 to 599", strings.TrimSpace(word))
		}
		out = append(out, code)
	}
	if len(out) == 0 {
		return nil, errors.New("it has no status")
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
