package nginx

import "github.com/hawser-ingress/hawser/internal/dialect"

var allowCrossNamespace = &dialect.Key[bool]{
	Description: dialect.Description{
		Key: "allow-cross-namespace-resources", Values: "true or false", Default: "false", Scope: dialect.Setting,
		Doc: "Annotations may name Secrets and ConfigMaps of other namespaces.",
	},
	Parse: dialect.ParseBool,
}

var security = &dialect.Feature{
	Name: "security", Title: "What annotations may do",
	Doc:  "Limits that the operator sets for the authors of Ingresses.",
	Keys: []dialect.Spec{allowCrossNamespace},
}
