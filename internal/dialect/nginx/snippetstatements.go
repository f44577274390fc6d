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

// condition reads an "if" with what stands in it. A line of it that is not served makes all of it fail, because what it
// would do is another thing without the line.
func (s *snippetReader) condition(d nginxconf.Directive) (*model.Statement, error) {
	if s.inIf {
		return nil, errors.New("nginx takes no if in an if")
	}
	test, err := s.readTest(d.Args)
	if err != nil {
		return nil, err
	}
	before, outer, mixed := len(s.lines), s.test, s.mixed
	one := &model.If{}
	s.inIf = true
	if s.place == inLocation {
		s.blocks++
		s.block, one.Block = s.blocks, s.blocks
	}
	if test.Op == model.TestMatches && !test.Not {
		s.test, s.mixed = &test, false
	}
	one.Then = s.statements(d.Block)
	s.inIf, s.block, s.test = false, 0, outer
	s.mixed = mixed || test.Op == model.TestMatches || slices.ContainsFunc(d.Block, func(in nginxconf.Directive) bool { return in.Name == "rewrite" })
	one.Test = test
	if slices.ContainsFunc(s.lines[before:], func(l snippetLine) bool { return !l.mild }) {
		s.dropBlock(one.Block)
		return nil, errors.New("a line in it can't be served, so none of it is")
	}
	return &model.Statement{If: one}, nil
}

// dropBlock takes back the changes of a block that is not served.
func (s *snippetReader) dropBlock(block int) {
	of := func(c model.Change) bool { return block > 0 && c.In == block }
	s.rules.Answer, s.rules.Input = slices.DeleteFunc(s.rules.Answer, of), slices.DeleteFunc(s.rules.Input, of)
}

// readTest reads what stands in the parentheses of an "if".
func (s *snippetReader) readTest(args []string) (model.Test, error) {
	test := s.newTest()
	words := slices.Clone(args)
	if len(words) == 0 || !strings.HasPrefix(words[0], "(") || !strings.HasSuffix(words[len(words)-1], ")") {
		return test, errors.New("its condition is not in parentheses")
	}
	words[0] = words[0][1:]
	words[len(words)-1] = strings.TrimSuffix(words[len(words)-1], ")")
	words = slices.DeleteFunc(words, func(w string) bool { return w == "" })
	if len(words) == 0 {
		return test, errors.New("its condition is empty")
	}
	if len(words) == 2 && slices.Contains(comparisons(), words[1]) {
		words = append(words, "") // an empty text in quotes
	}
	of, err := s.template(words[0])
	if err != nil {
		return test, err
	}
	if !strings.HasPrefix(words[0], "$") || len(of) > 1 {
		return test, errors.New("its condition is about no single variable")
	}
	if len(of) == 1 {
		test.Of = of[0]
	}
	switch {
	case len(words) == 1:
		return test, nil
	case len(words) != 3 || !slices.Contains(comparisons(), words[1]):
		return test, errors.New("its condition is none of $name, and $name with =, !=, ~, ~*, !~ or !~*")
	}
	return compared(test, words[1], words[2])
}

func comparisons() []string { return []string{"=", "!=", "~", "~*", "!~", "!~*"} }

func compared(test model.Test, operator, text string) (model.Test, error) {
	test.Not = operator[0] == '!'
	test.Text = text
	if strings.HasSuffix(operator, "=") {
		test.Op = model.TestEqual
		if strings.Contains(text, "$") {
			return test, errors.New("it compares two variables")
		}
		return test, nil
	}
	test.Op, test.Fold = model.TestMatches, strings.HasSuffix(operator, "*")
	return test, checkExpression(text)
}

// maxExpression keeps an expression within what HAProxy reads of a line.
const maxExpression = 1024

func checkExpression(s string) error {
	switch {
	case s == "":
		return errors.New("its expression is empty")
	case strings.ContainsAny(s, "\x00\r\n"):
		return errors.New("its expression has more than one line")
	case len(s) > maxExpression:
		return fmt.Errorf("its expression is longer than %d characters", maxExpression)
	case strings.Contains(s, "(?<") && !strings.Contains(s, "(?<=") && !strings.Contains(s, "(?<!"), strings.Contains(s, "(?P<"), strings.Contains(s, "(?'"):
		return errors.New("its expression has a group with a name")
	default:
		return nil
	}
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
