package nginx

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var (
	authType = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "auth-type", Values: "basic", Guard: true,
			Doc:     "Ask for a name and a password. Without `auth-secret` the routes are closed.",
			Support: dialect.Partial,
			Instead: "digest is not served and closes the routes: HAProxy has no digest authentication.",
		},
		Parse: parseAuthType, Differs: func(string) bool { return false },
	}
	authSecret = &dialect.Key[dialect.Object]{
		Description: dialect.Description{
			Key: "auth-secret", Values: "name or namespace/name of a Secret",
			Doc:  "Where the users are. Without `auth-type` it asks for nothing. A Secret that is missing, in another namespace or without users closes the routes.",
			Risk: dialect.RiskMedium, Guard: true,
		},
		Parse: parseSecretName, Empty: true,
	}
	authSecretType = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "auth-secret-type", Values: "auth-file or auth-map", Default: authFile, Guard: true,
			Doc: "auth-file: the key `auth` holds a file of htpasswd. auth-map: each key is a user, its value the hash of the password.",
		},
		Parse: dialect.OneOf(authFile, authMap),
	}
	authRealm = &dialect.Key[string]{
		Description: dialect.Description{
			Key: "auth-realm", Values: "letters, digits, blanks and - . _ ~ / :",
			Doc:  "What browsers show when they ask for the password.",
			Risk: dialect.RiskMedium,
		},
		Parse: parseRealm,
	}
	noAuthLocations = &dialect.Key[[]string]{
		Description: dialect.Description{
			Key: "no-auth-locations", Values: "paths, separated by commas", Default: acmePrefix, Scope: dialect.Setting,
			Doc: "Routes whose path, as the Ingress writes it, begins with one of these ask for no password and no external authentication.",
		},
		Parse: parsePathList,
	}
)

const (
	authFile = "auth-file"
	authMap  = "auth-map"
)

var basicAuth = &dialect.Feature{
	Name: "basic-auth", Title: "Passwords",
	Doc: "RFC 7617, with the hashes of htpasswd and crypt(3): bcrypt, MD5 ($apr1$, $1$), SHA-crypt, {SHA}, {SSHA}, {PLAIN} and DES. " +
		"The Authorization header is not forwarded. A hash that can't be checked accepts no password, and is reported.",
	Keys: []dialect.Spec{authType, authSecret, authSecretType, authRealm, noAuthLocations},
	Route: func(p *dialect.Pass, r *model.Route) {
		if authExempt(p, r) {
			return
		}
		if _, ok := authType.Get(p); !ok {
			warnSecretAlone(p)
			return
		}
		name, ok := authSecret.Get(p)
		if !ok && p.Set(authSecret) {
			return // withheld
		}
		kind, ok := authSecretType.Get(p)
		switch {
		case !ok && p.Set(authSecretType):
			return // withheld
		case !ok:
			kind = authFile
		}
		if users := loadUsers(p, name, kind); users != nil {
			realm, _ := authRealm.Get(p)
			r.Policy.BasicAuth = &model.BasicAuth{Realm: realm, Users: users}
		}
	},
}

// authExempt reports whether a route asks for no authentication, whatever its Ingress says.
func authExempt(p *dialect.Pass, r *model.Route) bool {
	prefixes, ok := noAuthLocations.Get(p)
	if !ok {
		prefixes = []string{acmePrefix}
	}
	for _, prefix := range prefixes {
		if strings.HasPrefix(r.Match.Path, prefix) {
			return true
		}
	}
	return false
}

func warnSecretAlone(p *dialect.Pass) {
	if p.Set(authType) || !p.Set(authSecret) {
		return
	}
	p.Report(issue.Issue{
		Code: issue.Conflict, Severity: issue.Warning, Effect: issue.Ignored, Field: p.Field(authSecret.Key),
		Message:    "Nobody is asked for a password, as in ingress-nginx: auth-type is missing.",
		Suggestion: p.Field(authType.Key) + ": basic",
	})
}

func parseAuthType(s string) (string, error) {
	switch {
	case s == "basic":
		return s, nil
	case strings.Contains(s, "digest") || strings.Contains(s, "basic"):
		return "", fmt.Errorf("%q asks for digest authentication, which is not served", s)
	default:
		return "", fmt.Errorf("%q is no kind of authentication", s)
	}
}

// parseSecretName accepts a name without a namespace, which stays empty then.
func parseSecretName(s string) (dialect.Object, error) {
	if s == "" {
		return dialect.Object{}, nil
	}
	if !strings.Contains(s, "/") {
		o, err := dialect.ParseObject("x/" + s)
		return dialect.Object{Name: o.Name}, err
	}
	return dialect.ParseObject(s)
}

func parseRealm(s string) (string, error) {
	for _, c := range []byte(s) {
		if !isWord(c) && !strings.ContainsRune("-.~/: ", rune(c)) {
			return "", errors.New("it has other characters than letters, digits, blanks and - . _ ~ / :")
		}
	}
	return s, nil
}

func parsePathList(s string) ([]string, error) {
	var out []string
	for path := range strings.SplitSeq(s, ",") {
		if path = strings.TrimSpace(path); path == "" {
			continue
		}
		if !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("%q is no path", path)
		}
		out = append(out, path)
	}
	return out, nil
}
