package nginx

import "github.com/hawser-ingress/hawser/internal/dialect"

// noFirewall is why nothing of ModSecurity is served.
const noFirewall = "There is no web application firewall here; one can stand in front, or beside the application."

// unserved has the annotations of ingress-nginx that are known and not served; those that protect a route close it.
var unserved = &dialect.Feature{
	Name: "unserved", Title: "Known, not served",
	Doc: "Setting one of these is reported; where it protects a route, the route is closed with 503.",
	Keys: []dialect.Spec{
		dialect.Unserved{Key: "enable-modsecurity", Scope: dialect.Both, Guard: true, Doc: noFirewall},
		dialect.Unserved{Key: "enable-opentelemetry", Scope: dialect.Both, Doc: noTraces},
		dialect.Unserved{Key: "enable-owasp-core-rules", Guard: true, Doc: noFirewall},
		dialect.Unserved{Key: "enable-rewrite-log", Doc: "A log of rewriting in nginx's error log.", Instead: "hawser explain tells what becomes of a request"},
		dialect.Unserved{Key: "modsecurity-snippet", Scope: dialect.Both, Risk: dialect.RiskCritical, Guard: true, Doc: noFirewall},
		dialect.Unserved{Key: "modsecurity-transaction-id", Risk: dialect.RiskHigh, Doc: noFirewall},
		dialect.Unserved{Key: "opentelemetry-operation-name", Scope: dialect.Both, Risk: dialect.RiskMedium, Doc: noTraces},
		dialect.Unserved{Key: "opentelemetry-trust-incoming-span", Scope: dialect.Both, Doc: noTraces},
		dialect.Unserved{Key: "stream-snippet", Scope: dialect.Both, Risk: dialect.RiskCritical, Instead: "--tcp-services-configmap opens TCP ports."},
	},
}
