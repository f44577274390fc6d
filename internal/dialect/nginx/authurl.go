package nginx

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
)

// authURLForm is what ingress-nginx accepts, less the blanks, which can't stand in a request.
var authURLForm = regexp.MustCompile(`^[-._~a-zA-Z0-9/:,?&=$]*$`)

// authTarget is an auth-url, taken apart.
type authTarget struct {
	service   model.AuthService
	host, uri model.Template
}

// parseAuthTarget reads the URL of a service. known are variables with a fixed text.
func parseAuthTarget(s string, known map[string]string) (authTarget, error) {
	var t authTarget
	if !authURLForm.MatchString(s) {
		return t, errors.New("it may have letters, digits and -._~/:,?&=$ only")
	}
	rest, plain := strings.CutPrefix(s, "http://")
	if !plain {
		if rest, t.service.TLS = strings.CutPrefix(s, "https://"); !t.service.TLS {
			return t, fmt.Errorf("%q does not begin with http:// or https://", s)
		}
	}
	authority, path := rest, "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if strings.HasPrefix(path, "?") {
		path = "/" + path
	}
	var err error
	if t.uri, err = requestTemplate(path, known); err != nil {
		return t, err
	}
	return t, t.parseAuthority(authority, known)
}

func (t *authTarget) parseAuthority(authority string, known map[string]string) error {
	host, port, found := strings.Cut(authority, ":")
	t.service.Port = 80
	if t.service.TLS {
		t.service.Port = 443
	}
	if found {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return fmt.Errorf("%q is no port", port)
		}
		t.service.Port = uint16(n)
	}
	var err error
	if t.host, err = requestTemplate(host, known); err != nil {
		return err
	}
	name, constant := t.host.Constant()
	if !constant {
		return t.checkVariableHost(found)
	}
	if _, err := netip.ParseAddr(name); err == nil {
		t.service.Name = name
		return nil
	}
	parsed, err := model.ParseHostname(name)
	if err != nil || parsed == "" || parsed.Wildcard() {
		return fmt.Errorf("%q is no name of a host", name)
	}
	t.service.Name = string(parsed)
	return nil
}

// checkVariableHost allows the host that the client asks for: it has matched a host of the Ingress. With anything else
// the client would choose who decides about it.
func (t *authTarget) checkVariableHost(port bool) error {
	for _, p := range t.host {
		switch p.Var {
		case model.VarNone, model.VarHost:
		case model.VarHostHeader:
			if !port {
				t.service.Port = 0
			}
		default:
			return errors.New("of variables only $host and $http_host can stand for the host: a client would choose who decides about it")
		}
	}
	return nil
}

// requestTemplate is parseTemplate without groups of a path: the question is asked before anything is rewritten.
func requestTemplate(s string, known map[string]string) (model.Template, error) {
	t, err := parseTemplate(s, known)
	for _, p := range t {
		if p.Var == model.VarCapture {
			return nil, fmt.Errorf("$%s is not known here", p.Name)
		}
	}
	return t, err
}

// routeNames are variables that a route gives.
func routeNames(r *model.Route) map[string]string {
	out := map[string]string{
		"namespace": r.Ingress.Namespace, "ingress_name": r.Ingress.Name, "location_path": r.Match.Path,
		"service_name": "", "service_port": "",
	}
	if f, ok := r.Action.(model.Forward); ok {
		out["service_name"], out["service_port"] = f.Backend.Service, f.Backend.Port
	}
	return out
}

func checkAuthURL(s string) (string, error) {
	_, err := parseAuthTarget(s, routeNames(&model.Route{}))
	return s, err
}

func checkSignIn(s string) (string, error) {
	if !authURLForm.MatchString(s) {
		return "", errors.New("it may have letters, digits and -._~/:,?&=$ only")
	}
	if _, err := url.Parse(s); err != nil {
		return "", errors.New("it is no URL")
	}
	_, err := requestTemplate(s, routeNames(&model.Route{}))
	return s, err
}

// signInTemplate appends the URL of the request, unless the argument is there already.
func signInTemplate(signIn, param string, known map[string]string) (model.Template, error) {
	out, err := requestTemplate(signIn, known)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(signIn, "/") && !strings.HasPrefix(signIn, "//") {
		out = append(model.Template{{Var: model.VarScheme}, {Text: "://"}, {Var: model.VarHost}}, out...)
	}
	parsed, err := url.Parse(signIn)
	if err != nil {
		return nil, err
	}
	query := parsed.Query()
	separator := "?"
	switch {
	case query.Get(param) != "":
		return out, nil
	case len(query) > 0:
		separator = "&"
	}
	return append(out, model.Part{Text: separator + param + "="}, model.Part{Var: model.VarScheme}, model.Part{Text: "://"},
		model.Part{Var: model.VarHostHeader}, model.Part{Var: model.VarEscapedURI}), nil
}

func parseSignInParam(s string) (string, error) {
	for _, c := range []byte(s) {
		if !isWord(c) && !strings.ContainsRune("-.~", rune(c)) {
			return "", errors.New("it may have letters, digits and -._~ only")
		}
	}
	return s, nil
}
