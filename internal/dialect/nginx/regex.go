package nginx

import (
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var useRegex = &dialect.Key[bool]{
	Description: dialect.Description{
		Key: "use-regex", Values: "true or false", Default: "false",
		Doc: "Paths are PCRE2 expressions for the beginning of a path, in any case. This then holds for every path of the host, " +
			"also for Exact ones and those of other Ingresses. The longest text is tried first, equal lengths from z to a.",
	},
	Parse: dialect.ParseBool,
}

var regex = &dialect.Feature{
	Name: "regex", Title: "Paths as regular expressions",
	Doc: "The path of a request is decoded and normalised before it is compared. An expression that does not compile is found " +
		"before anything goes live, and closes only what begins with its text.",
	Keys: []dialect.Spec{useRegex},
	Route: func(p *dialect.Pass, r *model.Route) {
		on, _ := useRegex.Get(p)
		r.Regex = r.Regex || on
	},
}

// NginxText reads a path as nginx's configuration does where it is an expression: between double quotes a backslash
// takes itself, a quote and the letters t, r and n along; before anything else it stays.
func NginxText(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\'`, `'`, `\t`, "\t", `\r`, "\r", `\n`, "\n").Replace(s)
}
