package nginx

import (
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// variables are those of nginx and of ingress-nginx's template that have a neutral meaning.
func variables() map[string]model.Part {
	v := func(kind model.Variable) model.Part { return model.Part{Var: kind} }
	return map[string]model.Part{
		"host":                      v(model.VarHost),
		"http_host":                 v(model.VarHostHeader),
		"best_http_host":            v(model.VarHostHeader),
		"this_host":                 v(model.VarHostHeader),
		"scheme":                    v(model.VarScheme),
		"pass_access_scheme":        v(model.VarScheme),
		"request_uri":               v(model.VarRequestURI),
		"escaped_request_uri":       v(model.VarEscapedURI),
		"uri":                       v(model.VarPath),
		"document_uri":              v(model.VarPath),
		"args":                      v(model.VarQuery),
		"is_args":                   v(model.VarQuestion),
		"query_string":              v(model.VarQuery),
		"request_method":            v(model.VarMethod),
		"remote_addr":               v(model.VarClientAddr),
		"server_port":               v(model.VarServerPort),
		"pass_server_port":          v(model.VarServerPort),
		"pass_port":                 v(model.VarServerPort),
		"req_id":                    v(model.VarRequestID),
		"request_id":                v(model.VarRequestID),
		"ssl_client_verify":         v(model.VarCertVerify),
		"ssl_client_s_dn":           v(model.VarCertSubject),
		"ssl_client_i_dn":           v(model.VarCertIssuer),
		"ssl_client_escaped_cert":   v(model.VarCertPEM),
		"proxy_add_x_forwarded_for": v(model.VarForwardedFor),
	}
}

// named are families of variables: $http_x_user is the header X-User.
func named(name string) (model.Part, bool) {
	for prefix, kind := range map[string]model.Variable{
		"http_": model.VarHeader, "cookie_": model.VarCookie, "arg_": model.VarArgument,
	} {
		rest, ok := strings.CutPrefix(name, prefix)
		if !ok || rest == "" {
			continue
		}
		if kind == model.VarHeader {
			rest = strings.ReplaceAll(strings.ToLower(rest), "_", "-")
		}
		return model.Part{Var: kind, Name: rest}, true
	}
	if len(name) == 1 && '1' <= name[0] && name[0] <= '9' {
		return model.Part{Var: model.VarCapture, Name: name}, true
	}
	return model.Part{}, false
}

// parseTemplate reads text with variables, $name or ${name}. known are further names with a fixed text, such as
// $namespace. A variable that means nothing here is an error.
func parseTemplate(s string, known map[string]string) (model.Template, error) {
	return parseParts(s, func(name string) (model.Part, bool) {
		fixed, ok := known[name]
		return model.Part{Text: fixed}, ok
	})
}

// parseParts is parseTemplate with further names of any kind, which come before those of nginx.
func parseParts(s string, further func(string) (model.Part, bool)) (model.Template, error) {
	var out model.Template
	text := func(t string) {
		if n := len(out); n > 0 && out[n-1].Var == model.VarNone {
			out[n-1].Text += t
		} else if t != "" {
			out = append(out, model.Part{Text: t})
		}
	}
	table := variables()
	for s != "" {
		before, rest, found := strings.Cut(s, "$")
		text(before)
		if !found {
			break
		}
		name, after, err := variableName(rest)
		if err != nil {
			return nil, err
		}
		s = after
		part, ok := further(name)
		if !ok {
			part, ok = table[name]
		}
		if !ok {
			part, ok = named(name)
		}
		switch {
		case !ok:
			return nil, fmt.Errorf("the variable $%s is not known", name)
		case part.Var == model.VarNone:
			text(part.Text)
		default:
			out = append(out, part)
		}
	}
	return out, nil
}

// variableName reads a name behind "$". A digit stands alone, as in nginx.
func variableName(s string) (name, rest string, err error) {
	if inner, ok := strings.CutPrefix(s, "{"); ok {
		name, rest, ok = strings.Cut(inner, "}")
		if !ok || name == "" {
			return "", "", fmt.Errorf("a ${ is not closed")
		}
		return name, rest, nil
	}
	n := 0
	for n < len(s) && isWord(s[n]) {
		n++
	}
	if n > 0 && '0' <= s[0] && s[0] <= '9' {
		n = 1
	}
	if n == 0 {
		return "", "", fmt.Errorf("a $ has no name behind it")
	}
	return s[:n], s[n:], nil
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
