package nginx

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/nginxconf"
)

var (
	contentType = regexp.MustCompile(`^[a-zA-Z0-9.+-]+/[a-zA-Z0-9.+-]+(; ?charset=[a-zA-Z0-9-]+)?$`)
	ownVariable = regexp.MustCompile(`^\$[A-Za-z_][A-Za-z0-9_]{0,63}$`)
	byLua       = regexp.MustCompile(`_by_lua(_block|_file)?$`)
)

// set gives a variable a value. A name that nginx, or ingress-nginx, gives a meaning is not for a snippet.
func (s *snippetReader) set(d nginxconf.Directive) (*model.Statement, error) {
	if len(d.Args) != 2 {
		return nil, errors.New("it is not: set $name value")
	}
	if err := checkVariable(d.Args[0]); err != nil {
		return nil, err
	}
	name := d.Args[0][1:]
	value, err := s.template(d.Args[1])
	if err != nil {
		return nil, err
	}
	return &model.Statement{Set: &model.Assign{Name: name, Value: value}}, nil
}

func checkVariable(text string) error {
	if !ownVariable.MatchString(text) {
		return errors.New("it is not: set $name value")
	}
	_, ofNginx := variables()[text[1:]]
	_, family := named(text[1:])
	if ofNginx || family || slices.Contains(reservedVariables(), text[1:]) {
		return fmt.Errorf("%s has a meaning of its own", text)
	}
	return nil
}

func reservedVariables() []string {
	return []string{
		"namespace", "ingress_name", "service_name", "service_port", "location_path", "proxy_upstream_name", "proxy_host", "proxy_alternative_upstream_name",
		"balancer_ewma_score", "global_rate_limit_exceeding", "limit_rate", "best_http_host", "this_host", "connection_upgrade", "the_real_ip", "auth_cookie",
		"proxy_port", "upstream_addr", "upstream_status", "status", "request_filename", "document_root",
	}
}

// stop ends the statements of the place, those within an "if" included.
func (s *snippetReader) stop(d nginxconf.Directive) (*model.Statement, error) {
	if len(d.Args) > 0 {
		return nil, errors.New("it is not: break")
	}
	return &model.Statement{Stop: true}, nil
}

// answer reads return.
func (s *snippetReader) answer(d nginxconf.Directive) (*model.Statement, error) {
	if len(d.Args) == 1 && isAbsolute(d.Args[0]) {
		return s.sendTo(302, d.Args[0])
	}
	status := 0
	if len(d.Args) == 1 || len(d.Args) == 2 {
		status, _ = strconv.Atoi(d.Args[0])
	}
	if status == 444 {
		return &model.Statement{Answer: &model.Answer{Close: true}}, nil
	}
	if status < 200 || status > 599 {
		return nil, errors.New("it is not: return status, with a text or URL behind it, and a status between 200 and 599")
	}
	redirects := slices.Contains([]int{301, 302, 303, 307, 308}, status)
	switch {
	case redirects && len(d.Args) == 2:
		return s.sendTo(status, d.Args[1])
	case redirects:
		return nil, errors.New("it redirects to nowhere")
	case len(d.Args) == 2 && status != 204 && status != 304:
		body, err := s.template(d.Args[1])
		if len(body) == 0 {
			body = model.Template{{}}
		}
		return &model.Statement{Answer: &model.Answer{Status: status, Body: body, Type: s.mediaType}}, err
	case len(d.Args) == 1 && status < 400 && status != 204 && status != 304:
		return &model.Statement{Answer: &model.Answer{Status: status, Body: model.Template{{}}, Type: s.mediaType}}, nil
	default:
		return &model.Statement{Answer: &model.Answer{Status: status, Page: hasPage(status)}}, nil
	}
}

// hasPage holds for the statuses that nginx has a page for.
func hasPage(status int) bool {
	return 400 <= status && status <= 406 || 408 <= status && status <= 416 || status == 421 || status == 429 || 500 <= status && status <= 505 || status == 507
}

func isAbsolute(s string) bool {
	return strings.HasPrefix(s, "http://") || strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "$scheme")
}

func (s *snippetReader) sendTo(status int, target string) (*model.Statement, error) {
	to, err := s.template(target)
	if err != nil {
		return nil, err
	}
	return &model.Statement{Answer: &model.Answer{Status: status, Location: s.absolute(target, to)}}, nil
}

// absolute makes a URL of a path, unless relative-redirects is set.
func (s *snippetReader) absolute(text string, to model.Template) model.Template {
	if !strings.HasPrefix(text, "/") {
		return to
	}
	host := sameHost("/", s.links)
	host = host[:len(host)-1] // without the slash, which is in the path
	return slices.Concat(host, to)
}

// rewrite changes the path, or redirects. Where nginx would look for a location again, there is no rule.
func (s *snippetReader) rewrite(d nginxconf.Directive) (*model.Statement, error) {
	if len(d.Args) < 2 || len(d.Args) > 3 {
		return nil, errors.New("it is not: rewrite expression target, with a flag behind it")
	}
	flag := ""
	if len(d.Args) == 3 {
		flag = d.Args[2]
	}
	test := s.newTest()
	test.Of, test.Op, test.Text = model.Part{Var: model.VarPath}, model.TestMatches, d.Args[0]
	if err := checkExpression(d.Args[0]); err != nil {
		return nil, err
	}
	outer, mixed := s.test, s.mixed
	s.test, s.mixed = &test, false
	out, err := s.target(d.Args[1], flag)
	s.test, s.mixed = outer, true
	if err != nil {
		s.mixed = mixed
		return nil, err
	}
	out.Test = test
	return &model.Statement{Rewrite: out}, nil
}

// target reads where a rewrite leads to. "?" begins arguments that come before those of the request; at the end it drops
// the latter.
func (s *snippetReader) target(text, flag string) (*model.PathRewrite, error) {
	out := &model.PathRewrite{}
	switch {
	case flag == "permanent":
		out.Status = 301
	case flag == "redirect", isAbsolute(text):
		out.Status = 302
	case flag != "break":
		return nil, errors.New("only the flags break, redirect and permanent have rules: with any other nginx looks for a location again")
	case s.place != inLocation:
		return nil, errors.New("in a server, only the flags redirect and permanent have rules")
	}
	dropped := strings.HasSuffix(text, "?")
	path, query, asked := strings.Cut(strings.TrimSuffix(text, "?"), "?")
	to, err := s.template(path)
	if err != nil {
		return nil, err
	}
	arguments, err := s.template(query)
	if err != nil {
		return nil, err
	}
	more := model.Part{Var: model.VarSuffix}
	if asked {
		more.Var = model.VarMore
	}
	if out.Status == 0 {
		out.To, out.Drop = to, asked || dropped
		if asked {
			out.Query = arguments
		}
		if asked && !dropped {
			out.Query = append(out.Query, more)
		}
		return out, nil
	}
	out.To = s.absolute(path, to)
	if asked {
		out.To = append(append(out.To, model.Part{Text: "?"}), arguments...)
	}
	if !dropped {
		out.To = append(out.To, more)
	}
	return out, nil
}
