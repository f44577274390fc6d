package nginx

import "github.com/hawser-ingress/hawser/internal/dialect"

// unserved has the annotations of ingress-nginx that are known and not served; those that protect a route close it.
var unserved = &dialect.Feature{
	Name: "unserved", Title: "Known, not served",
	Doc: "Setting one of these is reported; where it protects a route, the route is closed with 503.",
	Keys: []dialect.Spec{
		dialect.Unserved{Key: "enable-modsecurity", Scope: dialect.Both, Guard: true},
		dialect.Unserved{Key: "enable-opentelemetry", Scope: dialect.Both},
		dialect.Unserved{Key: "enable-owasp-core-rules", Guard: true},
		dialect.Unserved{Key: "enable-rewrite-log"},
		dialect.Unserved{Key: "http2-push-preload"},
		dialect.Unserved{Key: "modsecurity-snippet", Scope: dialect.Both, Risk: dialect.RiskCritical, Guard: true},
		dialect.Unserved{Key: "modsecurity-transaction-id", Risk: dialect.RiskHigh},
		dialect.Unserved{Key: "opentelemetry-operation-name", Scope: dialect.Both, Risk: dialect.RiskMedium},
		dialect.Unserved{Key: "opentelemetry-trust-incoming-span", Scope: dialect.Both},
		dialect.Unserved{Key: "proxy-http-version", Scope: dialect.Both},
		dialect.Unserved{Key: "ssl-prefer-server-ciphers"},
		dialect.Unserved{Key: "stream-snippet", Scope: dialect.Both, Risk: dialect.RiskCritical, Instead: "--tcp-services-configmap opens TCP ports."},
	},
}
