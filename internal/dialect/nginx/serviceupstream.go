package nginx

import "github.com/hawser-ingress/hawser/internal/dialect"

var serviceUpstreamOn = &dialect.Key[bool]{
	Description: dialect.Description{
		Key: "service-upstream", Values: "true or false", Default: "false", Scope: dialect.Both,
		Doc: "Sends requests to the cluster IP of the Service, behind which the cluster chooses an endpoint. A Service without one is asked at its endpoints.",
	},
	Parse: dialect.ParseBool,
}

var serviceUpstream = &dialect.Feature{
	Name: "service-upstream", Title: "The cluster IP in place of endpoints",
	Doc:  "Sessions, upstream-hash-by and tries at another endpoint mean nothing then: there is one address. It holds for the Ingress that asks for it; in ingress-nginx the oldest with the same port of a Service decides for all.",
	Keys: []dialect.Spec{serviceUpstreamOn},
}

// ServiceUpstream tells whether the backends of an Ingress are the cluster IPs of their Services.
func ServiceUpstream(p *dialect.Pass) bool {
	on, _ := serviceUpstreamOn.Get(p)
	return on
}
