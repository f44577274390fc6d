package explain

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// expand evaluates a template for the request; what is not known before the request is made stands in parentheses.
func (e *explainer) expand(t model.Template) string {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(e.value(p))
	}
	return b.String()
}

// expandPlain is expand for a text that is encoded as a whole.
func (e *explainer) expandPlain(t model.Template) string {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(e.plainValue(p))
	}
	return b.String()
}

func (e *explainer) plainValue(p model.Part) string {
	if p.Var == model.VarPath {
		return e.path
	}
	return e.value(p)
}

func (e *explainer) value(p model.Part) string {
	_, query, _ := strings.Cut(e.request.Target, "?")
	switch p.Var {
	case model.VarNone:
		return p.Text
	case model.VarHost:
		return e.hostname
	case model.VarHostHeader:
		return e.request.Host
	case model.VarScheme:
		return e.scheme()
	case model.VarRequestURI:
		return e.request.Target
	case model.VarEscapedURI:
		return escapeURI(e.request.Target)
	case model.VarBareURI:
		return strings.TrimSuffix(e.request.Target, "/")
	case model.VarPath:
		return strings.NewReplacer("%", "%25", " ", "%20", "\t", "%09").Replace(e.path)
	case model.VarQuery:
		return query
	case model.VarMethod:
		return e.request.Method
	case model.VarClientAddr, model.VarForwardedFor:
		return e.client()
	case model.VarServerPort, model.VarListenPort:
		return strconv.Itoa(int(e.port()))
	case model.VarPortSuffix:
		return e.portSuffix()
	case model.VarHeader:
		return e.header(p.Name)
	default:
		return e.unusual(p, query)
	}
}

func (e *explainer) portSuffix() string {
	if e.request.Secure && e.port() == 443 || !e.request.Secure && e.port() == 80 {
		return ""
	}
	return ":" + strconv.Itoa(int(e.port()))
}

func (e *explainer) unusual(p model.Part, query string) string {
	switch p.Var {
	case model.VarSuffix:
		if _, _, found := strings.Cut(e.request.Target, "?"); found {
			return "?" + query
		}
		return ""
	case model.VarArgument:
		values, err := url.ParseQuery(query)
		if err != nil {
			return ""
		}
		return values.Get(p.Name)
	case model.VarRequestID:
		if id := e.header("X-Request-ID"); id != "" {
			return id
		}
		return unknownID
	case model.VarCookie:
		return "(cookie " + p.Name + ")"
	case model.VarMore:
		if query == "" {
			return ""
		}
		return "&" + query
	case model.VarCame:
		return e.header(p.Name)
	case model.VarQuestion:
		if query == "" {
			return ""
		}
		return "?"
	case model.VarOwn, model.VarGroup:
		return e.run.value(p)
	case model.VarCapture:
		return e.capture(p.Name)
	case model.VarCertVerify, model.VarCertSubject, model.VarCertIssuer, model.VarCertPEM:
		return e.certVar(p.Var)
	default:
		return "(not evaluated)"
	}
}

// capture is a group of the expression that the path matched.
func (e *explainer) capture(name string) string {
	number, err := strconv.Atoi(name)
	if err != nil || e.route == nil {
		return ""
	}
	return model.Match{Kind: model.Regex, Path: e.route.Policy.Groups}.Capture(e.path, number)
}

func (e *explainer) certVar(v model.Variable) string {
	name := map[model.Variable]string{
		model.VarCertVerify: "ssl-client-verify", model.VarCertSubject: "ssl-client-subject-dn",
		model.VarCertIssuer: "ssl-client-issuer-dn", model.VarCertPEM: "ssl-client-cert",
	}[v]
	out := ""
	e.identity(func(n, value string) {
		if n == name {
			out = value
		}
	})
	return out
}

// escapeURI encodes what HAProxy's url_enc does: everything but letters, digits and "-._~".
func escapeURI(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case isLetterOrDigit(c), strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString("%" + strings.ToUpper(strconv.FormatUint(uint64(c)+0x100, 16)[1:]))
		}
	}
	return b.String()
}

func isLetterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
