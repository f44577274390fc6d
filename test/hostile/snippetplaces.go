package hostile

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// allowSnippets lets every line of an annotation be read.
func allowSnippets(settings *corev1.ConfigMap) {
	settings.Data["annotations-risk-level"], settings.Data["allow-snippet-annotations"] = "Critical", "true"
}

// snippetPlaces are the arguments of lines of nginx: the text stands where @ does, in quotes of nginx, so that it arrives
// as it is. Those with an expression have "expression" in their name: only HAProxy knows which are none.
func snippetPlaces() []place {
	var out []place
	for _, kind := range []string{"configuration-snippet", "server-snippet"} {
		for name, line := range map[string]string{
			"header of answers":       `more_set_headers "@";`,
			"value of answers":        `more_set_headers "X-A: @";`,
			"status of answers":       `more_set_headers -s "@" "X-A: b";`,
			"type of answers":         `more_set_headers -t "@" "X-A: b";`,
			"cleared header":          `more_clear_headers "@" "@*";`,
			"added header":            `add_header "@" x;`,
			"value of added header":   `add_header X-A "$http_x $uri @" always;`,
			"header for servers":      `proxy_set_header "@" x;`,
			"value for servers":       `proxy_set_header X-A "@";`,
			"header of the request":   `more_set_input_headers "@: x";`,
			"value of the request":    `more_set_input_headers -r "X-A: @";`,
			"type of the request":     `more_set_input_headers -t "@" "X-A: x";`,
			"cleared by name":         `more_clear_input_headers "@";`,
			"hidden header":           `proxy_hide_header "@";`,
			"variable":                `set "@" x;`,
			"variable with a sign":    `set "$@" x; add_header X-A "${@}";`,
			"value of a variable":     `set $a "@"; add_header X-A $a; if ($a = "@") { return 403; }`,
			"text of an answer":       `return 200 "@";`,
			"type of a text":          `default_type "@"; return 200 x;`,
			"status of an answer":     `return "@";`,
			"place of a redirect":     `return 301 "@";`,
			"path of a redirect":      `return 301 "/@";`,
			"compared text":           `if ($http_a = "@") { return 403; }`,
			"compared variable":       `if ("$@" = a) { return 403; }`,
			"comparison":              `if ($http_a "@" a) { return 403; }`,
			"expression of an if":     `if ($http_a ~* "@") { return 403 "$1"; }`,
			"expression of a rewrite": `rewrite "@" /a/$1 permanent;`,
			"target of a rewrite":     `rewrite ^/a/(.*) "/@" break;`,
			"arguments of a rewrite":  `rewrite ^/a/(.*) "/$1?@" break;`,
			"target of a redirect":    `rewrite ^/b/(.*) "@" redirect;`,
			"flag of a rewrite":       `rewrite ^/b/(.*) / "@";`,
			"denied address":          `deny "@";`,
			"size":                    `client_max_body_size "@";`,
			"time":                    `proxy_read_timeout "@";`,
			"types to compress":       `gzip on; gzip_types "@";`,
			"name of a line":          `"@" x;`,
			"place":                   `location "/@" { return 403 x; }`,
			"exact place":             `location = "/@" { return 403 x; }`,
			"expression of a place":   `location ~ "@" { return 301 /$1; }`,
		} {
			out = append(out, place{kind + ": " + name, func(o *snapshot.Objects, s string) {
				quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
				ingress(o).Annotations["nginx.ingress.kubernetes.io/"+kind] = strings.ReplaceAll(line, "@", quoted)
			}})
		}
	}
	for name, line := range map[string]string{"header of auth-snippet": `proxy_set_header "@" x;`, "value in auth-snippet": `proxy_set_header X-A "@";`} {
		out = append(out, place{name, func(o *snapshot.Objects, s string) {
			a := ingress(o).Annotations
			a["nginx.ingress.kubernetes.io/auth-url"] = "http://127.0.0.1/"
			a["nginx.ingress.kubernetes.io/auth-snippet"] = strings.ReplaceAll(line, "@", strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s))
		}})
	}
	slices.SortFunc(out, func(a, b place) int { return cmp.Compare(a.name, b.name) })
	return out
}
