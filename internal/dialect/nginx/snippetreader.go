package nginx

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/nginxconf"
)

// snippetPlace is where nginx has a snippet, which decides what may stand in it and what is inherited.
type snippetPlace int

const (
	inHTTP snippetPlace = iota
	inServer
	inLocation
)

// snippetLine is a line that is not served as nginx would, or not at all.
type snippetLine struct {
	field  string
	object issue.Ref
	line   int
	text   string // the line, for an issue
	reason string
	guard  bool // what it protects would be open without it
	mild   bool // it changes no answer, or the difference is small
}

// snippetReader turns the lines of snippets into rules. Those of one location, or of one server, have one reader, because
// variables and blocks are shared.
type snippetReader struct {
	place  snippetPlace
	object issue.Ref // where the text that is being read stands
	field  string
	prefix string            // of the IDs of tests
	known  map[string]string // variables with a fixed text
	links  model.LinkStyle
	own    map[string]bool // variables that were set before

	rules     model.Rules
	lines     []snippetLine
	locations []*model.Route
	body      *int64
	connect   time.Duration
	server    time.Duration
	gzip      bool
	gzipTypes []string // nil: text/html, unless all are
	gzipAll   bool
	quiet     bool
	mediaType string // of texts that are answered

	tests, blocks int
	block         int         // that is being read; 0: none
	inIf          bool        // the line stands in an "if"
	test          *model.Test // whose groups $1 to $9 are; nil: those of the path
	mixed         bool        // nobody can tell which test ran last
}

func newSnippetReader(p *dialect.Pass, place snippetPlace, prefix string) *snippetReader {
	return &snippetReader{place: place, prefix: prefix, links: linkStyle(p), own: map[string]bool{}, mediaType: "text/html"}
}

// read adds the lines of a text.
func (s *snippetReader) read(object issue.Ref, field, text string) {
	s.object, s.field = object, field
	list, err := nginxconf.Parse(text)
	var broken *nginxconf.Error
	if errors.As(err, &broken) {
		s.lines = append(s.lines, snippetLine{object: object, field: field, line: broken.Line, reason: broken.Reason, guard: true})
		return
	}
	for _, d := range list {
		if d.Name == "default_type" && len(d.Args) == 1 && contentType.MatchString(d.Args[0]) {
			s.mediaType = d.Args[0]
		}
	}
	s.announce(list)
	before := len(s.lines)
	s.rules.Then = append(s.rules.Then, s.statements(list)...)
	if !slices.ContainsFunc(list, protects) {
		return
	}
	for i := before; i < len(s.lines); i++ {
		if _, ok := statementLines()[s.lines[i].text]; ok { // what protects may depend on it
			s.lines[i].guard = true
		}
	}
}

// problem says why a line is not served; a nil error says nothing.
func (s *snippetReader) problem(d nginxconf.Directive, err error) {
	if err == nil {
		return
	}
	line := snippetLine{object: s.object, field: s.field, line: d.Line, text: d.Name, reason: err.Error(), guard: protects(d)}
	var m mildError
	if errors.As(err, &m) {
		line.mild, line.guard = true, false
	}
	s.lines = append(s.lines, line)
}

// mildError is about a line that is served, or whose absence nobody sees.
type mildError struct{ reason string }

func (m mildError) Error() string { return m.reason }

// announce notes the variables of a text: a header may have one that is set further down.
func (s *snippetReader) announce(list []nginxconf.Directive) {
	for _, d := range list {
		if d.Name == "set" && len(d.Args) == 2 && checkVariable(d.Args[0]) == nil {
			s.own[d.Args[0][1:]] = true
		}
		if d.Name == "if" {
			s.announce(d.Block)
		}
	}
}

// statements reads lines in order. Those that are no statements change the rules; nginx looks at them when the statements
// are through.
func (s *snippetReader) statements(list []nginxconf.Directive) []model.Statement {
	var out []model.Statement
	for _, late := range []bool{false, true} {
		for _, d := range list {
			if _, early := statementLines()[d.Name]; early == late {
				continue
			}
			one, err := s.statement(d)
			s.problem(d, err)
			if one != nil && err == nil {
				out = append(out, *one)
			}
		}
	}
	return out
}

func (s *snippetReader) statement(d nginxconf.Directive) (*model.Statement, error) {
	read, known := statementLines()[d.Name]
	switch {
	case known && s.place == inHTTP:
		return nil, errors.New("nginx takes no such line outside of a server")
	case known && (d.Open != (d.Name == "if")):
		return nil, errors.New("nginx takes no such line")
	case known:
		return read(s, d)
	}
	other, known := ruleLines()[d.Name]
	switch {
	case d.Name == "location" && d.Open && s.place == inServer && !s.inIf:
		return nil, s.location(d)
	case !known || d.Open:
		return nil, errors.New("there is no rule for it")
	case s.inIf && (s.place != inLocation || !slices.Contains(linesInIf(), d.Name)):
		return nil, errors.New("nginx takes no such line in an if")
	default:
		return nil, other(s, d)
	}
}

// statementLines are the lines that nginx runs one after the other.
func statementLines() map[string]func(*snippetReader, nginxconf.Directive) (*model.Statement, error) {
	return map[string]func(*snippetReader, nginxconf.Directive) (*model.Statement, error){
		"set": (*snippetReader).set, "if": (*snippetReader).condition, "return": (*snippetReader).answer,
		"rewrite": (*snippetReader).rewrite, "break": (*snippetReader).stop,
	}
}

// linesInIf are the other lines that nginx takes in an "if" of a location.
func linesInIf() []string {
	return []string{"add_header", "more_set_headers", "more_clear_headers", "more_set_input_headers", "more_clear_input_headers", "access_log"}
}

// template reads text with variables, those of the snippet included.
func (s *snippetReader) template(text string) (model.Template, error) {
	var wrong error
	t, err := parseParts(text, func(name string) (model.Part, bool) {
		if s.own[name] {
			return model.Part{Var: model.VarOwn, Name: name}, true
		}
		if fixed, ok := s.known[name]; ok {
			return model.Part{Text: fixed}, true
		}
		if part, ok := named(name); ok && part.Var == model.VarHeader && slices.Contains(ownRequestHeaders(), part.Name) {
			return model.Part{Var: model.VarCame, Name: part.Name}, true
		}
		if len(name) != 1 || name[0] < '1' || name[0] > '9' {
			return model.Part{}, false
		}
		if s.mixed {
			wrong = fmt.Errorf("nobody can tell which expression $%s belongs to", name)
		}
		if s.test == nil {
			return model.Part{Var: model.VarCapture, Name: name}, true
		}
		group, _ := strconv.Atoi(name)
		if !slices.Contains(s.test.Groups, group) {
			s.test.Groups = append(s.test.Groups, group)
			slices.Sort(s.test.Groups)
		}
		return model.Part{Var: model.VarGroup, Name: s.test.ID + "_" + name}, true
	})
	if err == nil {
		err = wrong
	}
	return t, err
}

// newTest numbers a test.
func (s *snippetReader) newTest() model.Test {
	s.tests++
	return model.Test{ID: s.prefix + strconv.Itoa(s.tests)}
}

// protects reports whether a line, or one within it, keeps somebody out.
func protects(d nginxconf.Directive) bool {
	switch d.Name {
	case "deny", "allow", "satisfy", "auth_basic", "auth_basic_user_file", "auth_request", "auth_request_set", "auth_jwt", "auth_digest",
		"internal", "limit_except", "limit_req", "limit_conn", "valid_referers", "secure_link", "secure_link_md5", "modsecurity", "modsecurity_rules",
		"modsecurity_rules_file", "ssl_verify_client", "include", "js_access", "js_content", "set_real_ip_from", "real_ip_header":
		return true
	case "map", "geo", "split_clients", "types", "upstream", "server": // what is in them is no line of a location
		return false
	case "return":
		return len(d.Args) > 0 && d.Args[0] >= "4" && d.Args[0] < "6"
	}
	return byLua.MatchString(d.Name) || slices.ContainsFunc(d.Block, protects)
}
