package nginx

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

// authKeys are the keys of a question. There are two sets: annotations, and settings for routes that have none.
type authKeys struct {
	url, method, signIn, param, redirect *dialect.Key[string]
	copied                               *dialect.Key[[]string]
	always                               *dialect.Key[bool]
	cacheKey                             *dialect.Key[model.Template]
	cacheTimes                           *dialect.Key[[]model.CacheTime]
}

const urlValues = "an http:// or https:// URL, variables of nginx allowed; as host only $host and $http_host"

var (
	routeAuth  = newAuthKeys("", dialect.Annotation)
	globalAuth = newAuthKeys("global-", dialect.Setting)
)

// newAuthKeys declares a set. Whatever would leave a route open or change who is let in is a guard: where
// ingress-nginx drops the authentication, the routes are closed.
func newAuthKeys(prefix string, scope dialect.Scope) authKeys {
	d := func(key, values, preset, doc string, risk dialect.Risk, guard bool) dialect.Description {
		return dialect.Description{Key: prefix + key, Values: values, Default: preset, Doc: doc, Scope: scope, Risk: risk, Guard: guard}
	}
	url := d("auth-url", urlValues, "", "Every request is asked for first: 2xx lets it pass, 401 and 403 are passed on, "+
		"anything else is 500. The body is not sent; the certificate of the service is not verified.", dialect.RiskHigh, true)
	if scope == dialect.Setting {
		url.Doc = "The auth-url of every route that has none of its own. If it can't be read, these routes are closed; ingress-nginx opens them."
	}
	method := d("auth-method", strings.Join(authMethods(), ", "), "GET", "Method of the question. If it is set, X-Original-URI and X-Scheme are sent as well.", dialect.RiskLow, true)
	method.Support, method.Instead = dialect.Partial, "HAProxy sends CONNECT to no path: nobody is let in with it, every request is 500."
	return authKeys{
		url:    &dialect.Key[string]{Description: url, Parse: checkAuthURL},
		method: &dialect.Key[string]{Description: method, Parse: dialect.OneOf(authMethods()...), Differs: func(m string) bool { return m == "CONNECT" }},
		signIn: &dialect.Key[string]{
			Description: d("auth-signin", "a URL or a path, variables of nginx allowed", "", "Where a client that gets 401 is sent to by 302. The URL of the request is appended as an argument, unless the argument is there.", dialect.RiskHigh, false),
			Parse:       checkSignIn,
		},
		param: &dialect.Key[string]{
			Description: d("auth-signin-redirect-param", "a name", "rd", "Name of the argument that auth-signin gets.", dialect.RiskMedium, false),
			Parse:       parseSignInParam,
		},
		redirect: &dialect.Key[string]{
			Description: d("auth-request-redirect", "a URL or path without variables", "$request_uri", "X-Auth-Request-Redirect of the question.", dialect.RiskMedium, true),
			Parse:       parseRedirectURL,
		},
		copied: &dialect.Key[[]string]{
			Description: d("auth-response-headers", "names of headers, separated by commas", "", "Headers of the answer that the backend gets. What the client sends under these names is removed.", dialect.RiskMedium, true),
			Parse:       parseCopiedHeaders,
		},
		always: &dialect.Key[bool]{
			Description: d("auth-always-set-cookie", "true or false", "false", "Cookies of the service reach the client with errors, too. Otherwise only with 200, 201, 204, 206, 301 to 304, 307 and 308.", dialect.RiskLow, true),
			Parse:       dialect.ParseBool,
		},
		cacheKey: &dialect.Key[model.Template]{
			Description: d("auth-cache-key", "text with variables of nginx", "", "Requests of a host and path whose keys are equal get the same answer for auth-cache-duration. Answers with cookies are never kept. "+
				"A key that names no credential, such as $host, lets everybody in after the first: ingress-nginx does the same, here it is reported.", dialect.RiskMedium, false),
			Parse: parseCacheKey,
		},
		cacheTimes: &dialect.Key[[]model.CacheTime]{
			Description: d("auth-cache-duration", "statuses and a time such as 200 202 401 5m, separated by commas", defaultCacheTimes, "How long an answer is kept. Cache-Control and X-Accel-Expires of the answer go first.", dialect.RiskMedium, true),
			Parse:       parseCacheTimes,
		},
	}
}

const defaultCacheTimes = "200 202 401 5m"

func (k authKeys) specs() []dialect.Spec {
	return []dialect.Spec{k.url, k.method, k.signIn, k.param, k.redirect, k.copied, k.always, k.cacheKey, k.cacheTimes}
}

var (
	authProxySetHeaders = &dialect.Key[dialect.Object]{
		Description: dialect.Description{
			Key: "auth-proxy-set-headers", Values: "name or namespace/name of a ConfigMap",
			Doc:  "Headers of the question; values may have variables of nginx. A missing ConfigMap closes the routes. A change of it is seen at once.",
			Risk: dialect.RiskMedium, Guard: true,
		},
		Parse: parseSecretName,
	}
	authKeepalive = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "auth-keepalive", Values: "a number", Default: "0",
			Doc: "How many idle connections to the service are kept. 0 closes each after its answer. Nothing is kept if the URL has a variable as host. " +
				"Other than in ingress-nginx, use-http2 makes no difference.",
		},
		Parse: dialect.ParseInt,
	}
	authKeepaliveRequests = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "auth-keepalive-requests", Values: "a number", Default: "1000", Doc: "Questions on one connection; 0 or less keeps none.",
			Support: dialect.Partial,
			Instead: "HAProxy does not count what a connection of HTTP/1.1 has carried: it is kept until it is idle for too long.",
		},
		Parse: dialect.ParseInt, Differs: func(n int) bool { return n > 0 },
	}
	authKeepaliveTimeout = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "auth-keepalive-timeout", Values: "seconds", Default: "60", Doc: "After this time half of the connections that are idle are closed; 0 or less keeps none.",
		},
		Parse: dialect.ParseInt,
	}
	authKeepaliveShareVars = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "auth-keepalive-share-vars", Values: "true or false", Default: "false",
			Doc: "Needs nothing: a question sees the variables of its request, whether connections are kept or not.",
		},
		Parse: dialect.ParseBool,
	}
	enableAuthLog = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "enable-auth-access-log", Values: "true or false", Default: "false", Scope: dialect.Setting,
			Doc: "Whether questions to authentication services are in the access log.",
		},
		Parse: dialect.ParseBool,
	}
	enableGlobalAuth = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "enable-global-auth", Values: "true or false", Default: "true", Doc: "Whether global-auth-url holds for the Ingress.",
		},
		Parse: dialect.ParseBool,
	}
)

func authMethods() []string {
	return []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"}
}

// parseCopiedHeaders reads a list of names. Those that frame a message are not to be set from outside.
func parseCopiedHeaders(s string) ([]string, error) {
	var out []string
	for name := range strings.SplitSeq(s, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if err := checkHeaderName(name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, nil
}

func checkHeaderName(name string) error {
	for _, c := range []byte(name) {
		if !isWord(c) && c != '-' {
			return fmt.Errorf("%q is no name of a header", name)
		}
	}
	switch strings.ToLower(name) {
	case "":
		return errors.New("a name is empty")
	case "host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "expect":
		return fmt.Errorf("%s belongs to the connection and can't be set", name)
	}
	return nil
}
