package nginx

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	enableCORS = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "enable-cors", Values: "true or false", Default: "false",
			Doc: "Answer preflight requests, and send Access-Control-* headers with every answer.",
		},
		Parse: dialect.ParseBool,
	}
	corsOrigin = &dialect.Key[[]string]{
		Description: dialect.Description{
			Key: "cors-allow-origin", Values: "*, or a list of origins such as https://shop.example.com, https://*.example.com:8443", Default: "*",
			Doc: "Origins that are let in. The one that asks is sent back; * is sent as it is. Without a scheme an entry counts for nothing.", Risk: dialect.RiskMedium,
		},
		Parse: parseOrigins,
	}
	corsMethods = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "cors-allow-methods", Values: "a list of methods", Default: defaultCORSMethods,
			Doc: "Access-Control-Allow-Methods, as written.", Risk: dialect.RiskMedium,
		},
		Parse: form(`^([A-Za-z]+,?\s?)+$`, "a list of methods"),
	}
	corsHeaders = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "cors-allow-headers", Values: "a list of header names", Default: defaultCORSHeaders,
			Doc: "Access-Control-Allow-Headers, as written.", Risk: dialect.RiskMedium,
		},
		Parse: form(`^[A-Za-z0-9-_, ]+$`, "a list of header names"),
	}
	corsExpose = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "cors-expose-headers", Values: "* or a list of header names",
			Doc: "Access-Control-Expose-Headers, as written.", Risk: dialect.RiskMedium,
		},
		Parse: form(`^(([A-Za-z0-9\-_]+|\*),?\s?)+$`, "a list of header names"),
	}
	corsCredentials = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "cors-allow-credentials", Values: "true or false", Default: "true",
			Doc: "Send Access-Control-Allow-Credentials: true, also beside *, which browsers then do not accept.",
		},
		Parse: dialect.ParseBool,
	}
	corsMaxAge = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "cors-max-age", Values: "a number of seconds", Default: "1728000",
			Doc: "Access-Control-Max-Age of the answer to a preflight request.",
		},
		Parse: dialect.ParseInt,
	}
)

const (
	defaultCORSMethods = "GET, PUT, POST, DELETE, PATCH, OPTIONS"
	defaultCORSHeaders = "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization"
)

var cors = &dialect.Feature{
	Name: "cors", Title: "Cross-origin requests",
	Doc: "OPTIONS of an origin that is let in is answered with 204 by the controller, before any redirect, allow-list, password or limit; " +
		"with * every OPTIONS is, an Origin or not. What a backend says about origins is replaced.",
	Keys: []dialect.Spec{enableCORS, corsOrigin, corsMethods, corsHeaders, corsExpose, corsCredentials, corsMaxAge},
	Route: func(p *dialect.Pass, r *model.Route) {
		if on, ok := enableCORS.Get(p); !ok || !on {
			return
		}
		c := &model.CORS{Methods: defaultCORSMethods, Headers: defaultCORSHeaders, Credentials: true, MaxAge: 1728000}
		origins, ok := corsOrigin.Get(p)
		c.AnyOrigin = !ok
		for _, o := range origins {
			if o == "*" {
				c.AnyOrigin = true
			} else {
				c.Origins = append(c.Origins, model.Origin{Pattern: o})
			}
		}
		if v, ok := corsMethods.Get(p); ok {
			c.Methods = v
		}
		if v, ok := corsHeaders.Get(p); ok {
			c.Headers = v
		}
		c.Expose, _ = corsExpose.Get(p)
		if v, ok := corsCredentials.Get(p); ok {
			c.Credentials = v
		}
		if v, ok := corsMaxAge.Get(p); ok {
			c.MaxAge = v
		}
		if c.AnyOrigin || len(c.Origins) > 0 {
			r.Policy.CORS = c
		}
	},
}

var originForm = regexp.MustCompile(`^([a-z]+://)(\*\.)?[A-Za-z0-9\-.]*(:\d+)?$`)

// parseOrigins drops entries without a scheme, as ingress-nginx does.
func parseOrigins(s string) ([]string, error) {
	if !regexp.MustCompile(`^((((([a-z]+://)?(\*\.)?[A-Za-z0-9\-.]*(:\d+)?,?)|null)+)|\*)?$`).MatchString(strings.ReplaceAll(s, " ", "")) {
		return nil, errors.New("it is no list of origins, so every origin is let in")
	}
	var out []string
	for entry := range strings.SplitSeq(strings.ReplaceAll(s, " ", ""), ",") {
		if entry == "*" || entry == "null" || originForm.MatchString(entry) {
			out = append(out, entry)
		}
	}
	return out, nil
}

// form accepts what an expression matches.
func form(expression, what string) func(string) (string, error) {
	return func(s string) (string, error) {
		if !regexp.MustCompile(expression).MatchString(s) {
			return "", fmt.Errorf("it is not %s", what)
		}
		return s, nil
	}
}
