package explain

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/model"
)

// Values that are not known before a request is made.
const (
	unknownClient = "(address of the client)"
	unknownID     = "(32 random hexadecimal digits)"
)

// header is the first value of a header that the client sends, "" if it does not.
func (e *explainer) header(name string) string {
	for _, h := range e.request.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

func (e *explainer) client() string { return addressText(e.request.Client) }

// backendHeaders are the headers that the backend gets and that say who the client is. What the client itself sends
// under these names is replaced.
func (e *explainer) backendHeaders() []Header {
	var out []Header
	add := func(name, value string) { out = append(out, Header{name, value}) }
	if vhost := e.route.Policy.Vhost; len(vhost) > 0 {
		add("Host", e.expand(vhost))
	} else if e.replaced {
		add("Host", e.request.Host)
	}
	e.identity(add)
	id := e.header("X-Request-ID")
	if id == "" {
		id = unknownID
	}
	add("X-Request-ID", id)
	e.forwardedHeaders(add)
	e.ruleHeaders(add)
	return out
}

func (e *explainer) port() uint16 {
	if e.request.Secure {
		return e.world.Model.Global.HTTPSPort
	}
	return e.world.Model.Global.HTTPPort
}

// forwardedPort is 443 for HTTPS, whatever port is listened on.
func (e *explainer) forwardedPort() string {
	if e.request.Secure {
		return "443"
	}
	return strconv.Itoa(int(e.port()))
}

// identity adds what ingress-nginx says of the client certificate, on HTTPS hosts with a policy.
func (e *explainer) identity(add func(name, value string)) {
	c := e.policy()
	if c == nil || !e.request.Secure {
		return
	}
	add("ssl-client-verify", e.verifyText())
	if e.presented == nil {
		return
	}
	leaf := e.presented.chain[0]
	for _, dn := range []Header{{"ssl-client-subject-dn", rfc2253(leaf.RawSubject)}, {"ssl-client-issuer-dn", rfc2253(leaf.RawIssuer)}} {
		if dn.Value != "" {
			add(dn.Name, dn.Value)
		}
	}
	if c.PassCert {
		add("ssl-client-cert", escapedPEM(leaf.Raw))
	}
}

// verifyText hides that a path length stands for the depth of the policy.
func (e *explainer) verifyText() string {
	switch {
	case e.presented == nil:
		return "NONE"
	case e.presented.last == model.VerifyOK:
		return "SUCCESS"
	case e.presented.last == model.VerifyPathLength:
		return "FAILED:" + model.VerifyLocalIssuerMissing.String()
	default:
		return "FAILED:" + e.presented.last.String()
	}
}

// escapedPEM is nginx's $ssl_client_escaped_cert.
func escapedPEM(der []byte) string {
	var b strings.Builder
	b.WriteString("-----BEGIN%20CERTIFICATE-----%0A")
	escape := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D")
	for text := base64.StdEncoding.EncodeToString(der); text != ""; {
		n := min(64, len(text))
		b.WriteString(escape.Replace(text[:n]) + "%0A")
		text = text[n:]
	}
	b.WriteString("-----END%20CERTIFICATE-----%0A")
	return b.String()
}

func hstsValue(h *model.HSTS) string {
	value := "max-age=" + strconv.FormatInt(int64(h.MaxAge/time.Second), 10)
	if h.IncludeSubdomains {
		value += "; includeSubDomains"
	}
	if h.Preload {
		value += "; preload"
	}
	return value
}
