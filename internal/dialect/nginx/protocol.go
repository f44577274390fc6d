package nginx

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	backendProtocol = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "backend-protocol", Values: "HTTP, HTTPS, GRPC, GRPCS, AUTO_HTTP or FCGI", Default: "HTTP",
			Doc:     "What the servers speak. AUTO_HTTP is HTTPS for requests that came by HTTPS, and HTTP for others. HTTPS and GRPCS do not verify the server's certificate unless proxy-ssl-verify asks for it, as in ingress-nginx.",
			Support: dialect.Partial,
			Instead: "With FCGI servers get the same X-Forwarded-* and X-Real-IP headers as by HTTP, where ingress-nginx passes on what the client says of itself.",
		},
		Parse:   parseProtocol,
		Differs: func(word string) bool { return word == "FCGI" },
	}
	upstreamVhost = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "upstream-vhost", Values: "a host, which may have variables such as $service_name", Default: "the Host of the request",
			Doc: "The Host header that servers see.",
		},
		Parse: checkVhost,
	}
)

var protocol = &dialect.Feature{
	Name: "protocol", Title: "What servers speak and see",
	Doc:  "gRPC needs HTTP/2 from the client too, which the HTTPS port speaks.",
	Keys: []dialect.Spec{backendProtocol, upstreamVhost},
	Route: func(p *dialect.Pass, r *model.Route) {
		word, ok := backendProtocol.Get(p)
		if ok {
			applyProtocol(r, word)
		}
		if text, ok := upstreamVhost.Get(p); ok {
			r.Policy.Vhost, _ = parseTemplate(text, routeNames(r)) // checked by the key
		}
	},
}

// vhostForm are the characters that ingress-nginx accepts.
var vhostForm = regexp.MustCompile(`^[-._~a-zA-Z0-9/:^$\[\](){}*+?|&=\\]+$`)

// checkVhost accepts what can stand in a Host header, and variables that are known.
func checkVhost(s string) (string, error) {
	if !vhostForm.MatchString(s) {
		return "", fmt.Errorf("%q is no host", s)
	}
	_, err := parseTemplate(s, routeNames(&model.Route{}))
	return s, err
}

func applyProtocol(r *model.Route, word string) {
	switch word {
	case "HTTPS":
		r.Policy.Upstream = &model.Upstream{TLS: true}
	case "GRPC":
		r.Policy.Upstream = &model.Upstream{HTTP2: true}
	case "GRPCS":
		r.Policy.Upstream = &model.Upstream{TLS: true, HTTP2: true}
	case "AUTO_HTTP":
		r.Policy.Upstream = &model.Upstream{Auto: true}
	case "FCGI":
		r.Policy.Upstream = &model.Upstream{FastCGI: &model.FastCGI{}}
	}
}

func parseProtocol(s string) (string, error) {
	word := strings.ToUpper(s)
	switch word {
	case "HTTP", "HTTPS", "GRPC", "GRPCS", "AUTO_HTTP", "FCGI":
		return word, nil
	default:
		return "", fmt.Errorf("%q is no protocol of a backend", s)
	}
}
