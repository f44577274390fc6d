package nginx

import (
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	affinity = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "affinity", Values: "cookie", Default: "none",
			Doc:     "Keeps a client at one endpoint, by a cookie that says which.",
			Support: dialect.Partial,
			Instead: "A cookie that no endpoint has, such as one of ingress-nginx, is replaced: sessions do not survive a change of the controller.",
		},
		Parse: dialect.OneOf("cookie"),
	}
	affinityMode = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "affinity-mode", Values: "balanced or persistent", Default: "balanced", Risk: dialect.RiskMedium,
			Doc:     "Whether sessions stay where they are when endpoints are added.",
			Support: dialect.Partial,
			Instead: "A session stays while its endpoint lives, as with persistent: new endpoints get new sessions only.",
		},
		Parse:   dialect.OneOf("balanced", "persistent"),
		Differs: func(word string) bool { return word == "balanced" },
	}
	affinityCanary = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "affinity-canary-behavior", Values: "sticky or legacy", Default: "sticky",
			Doc: "Of a canary: sticky gives it the session of the Ingress whose requests it gets; legacy does not. A client with a session of the other Ingress stays there either way, as in ingress-nginx.",
		},
		Parse: dialect.OneOf("sticky", "legacy"),
	}
	sessionName = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "session-cookie-name", Values: basicValues, Default: "INGRESSCOOKIE", Risk: dialect.RiskMedium,
			Doc: "Name of the cookie.",
		},
		Parse: parseBasic,
	}
	sessionPath = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "session-cookie-path", Values: "a path", Default: "the path of the rule", Risk: dialect.RiskMedium,
			Doc: "Path of the cookie. With paths that are expressions browsers return the cookie only if this is set.",
		},
		Parse: parseCookiePath,
	}
	sessionDomain = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "session-cookie-domain", Values: basicValues, Default: "the host only", Risk: dialect.RiskMedium,
			Doc: "Domain of the cookie.",
		},
		Parse: parseBasic,
	}
	sessionExpires = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "session-cookie-expires", Values: "a number of seconds", Default: "the end of the browser's session", Risk: dialect.RiskMedium,
			Doc: "Expires of the cookie, from now.",
		},
		Parse: parseCookieTime,
	}
	sessionMaxAge = &dialect.Key[int]{
		Description: dialect.Description{
			Key: "session-cookie-max-age", Values: "a number of seconds", Default: "the end of the browser's session", Risk: dialect.RiskMedium,
			Doc: "Max-Age of the cookie; 0 or less deletes it.",
		},
		Parse: parseCookieTime,
	}
	sessionSameSite = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "session-cookie-samesite", Values: "None, Lax or Strict", Default: "not sent",
			Doc: "SameSite of the cookie. The words in lower case have no effect, as in ingress-nginx.",
		},
		Parse: dialect.OneOf("None", "Lax", "Strict"),
	}
	sessionConditional = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "session-cookie-conditional-samesite-none", Values: "true or false", Default: "false",
			Doc: "Leaves SameSite=None out for browsers that misread it: Chrome 4x to 6x, iOS 12, and Safari of macOS 10.14.",
		},
		Parse: dialect.ParseBool,
	}
	sessionSecure = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "session-cookie-secure", Values: "true or false", Default: "on HTTPS",
			Doc: "Secure of the cookie, also on plain HTTP. On HTTPS it is always sent, whatever is written here, as in ingress-nginx.",
		},
		Parse: dialect.ParseBool,
	}
	sessionChange = &dialect.Key[bool]{
		Description: dialect.Description{
			Key: "session-cookie-change-on-failure", Values: "true or false", Default: "false",
			Doc: "When an endpoint fails, the next try goes to another one, and the cookie follows. Otherwise the client's requests go to the same endpoint.",
		},
		Parse: dialect.ParseBool,
	}
)

var session = &dialect.Feature{
	Name: "session", Title: "Sessions",
	Doc: "The cookie has a digest of the address of an endpoint; the same endpoint has the same one in every replica and Ingress. " +
		"Endpoints that are added or removed need no reload.",
	Keys: []dialect.Spec{affinity, affinityMode, affinityCanary, sessionName, sessionPath, sessionDomain, sessionExpires, sessionMaxAge,
		sessionSameSite, sessionConditional, sessionSecure, sessionChange},
	Route: func(p *dialect.Pass, r *model.Route) { r.Policy.Session = readSession(p, r.Match.Path) },
}

// readSession is nil without affinity.
func readSession(p *dialect.Pass, path string) *model.Session {
	if _, on := affinity.Get(p); !on {
		return nil
	}
	affinityMode.Get(p)
	out := &model.Session{Name: "INGRESSCOOKIE", Path: strings.ReplaceAll(path, ";", "%3B")}
	if name, ok := sessionName.Get(p); ok {
		out.Name = name
	}
	if path, ok := sessionPath.Get(p); ok {
		out.Path = path
	}
	out.Domain, _ = sessionDomain.Get(p)
	if n, ok := sessionExpires.Get(p); ok {
		out.Expires = &n
	}
	if n, ok := sessionMaxAge.Get(p); ok {
		out.MaxAge = &n
	}
	out.SameSite, _ = sessionSameSite.Get(p)
	if out.SameSite == "None" {
		out.UnlessMisread, _ = sessionConditional.Get(p)
	}
	out.Secure, _ = sessionSecure.Get(p)
	out.ChangeOnFailure, _ = sessionChange.Get(p)
	return out
}

// CanarySession is the session of a canary: its own, or that of the route whose requests it gets.
func CanarySession(p *dialect.Pass, path string, main *model.Session) *model.Session {
	if own := readSession(p, path); own != nil {
		return own
	}
	if word, _ := affinityCanary.Get(p); word == "legacy" {
		return nil
	}
	return main
}

func parseCookiePath(s string) (string, error) {
	rest := strings.NewReplacer("?", "", "&", "", "=", "", ",", "").Replace(s)
	if _, err := parseBasic(rest); err != nil {
		return "", err
	}
	return s, nil
}

// parseCookieTime accepts up to ten years, in both directions.
func parseCookieTime(s string) (int, error) {
	const most = 10 * 366 * 24 * 3600
	n, err := dialect.ParseInt(s)
	if err != nil {
		return 0, err
	}
	return max(min(n, most), -most), nil
}
