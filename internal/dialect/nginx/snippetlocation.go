package nginx

import (
	"errors"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/nginxconf"
)

// location makes a route of a block of the server. It serves nothing of its own: what no line in it answers is 404, as
// with nginx, which finds no file. A block with a line that has no rule is closed.
func (s *snippetReader) location(d nginxconf.Directive) error {
	match, ahead, err := locationMatch(d.Args)
	if err != nil {
		return err
	}
	inner := &snippetReader{
		place: inLocation, prefix: s.prefix + "l", object: s.object, field: s.field, links: s.links, own: map[string]bool{}, mediaType: s.mediaType, tests: s.tests,
	}
	for name := range s.own {
		inner.own[name] = true
	}
	for _, in := range d.Block {
		if in.Name == "default_type" && len(in.Args) == 1 && contentType.MatchString(in.Args[0]) {
			inner.mediaType = in.Args[0]
		}
	}
	inner.announce(d.Block)
	inner.rules.Then = inner.statements(d.Block)
	s.tests = inner.tests
	route := &model.Route{Match: match, Ahead: ahead, Action: model.Respond{Status: 404}}
	inner.apply(route)
	if match.Kind == model.Regex && len(model.Captures(route.Action, route.Policy)) > 0 {
		route.Policy.Groups = match.Path
	}
	for _, line := range inner.lines {
		s.lines = append(s.lines, line)
		if !line.mild {
			// the block is closed, which is more than what the line protects
			s.lines[len(s.lines)-1].guard = false
			route.Action = model.Withhold{Status: 503, Reason: "a line of a location in " + s.field + " is not served"}
		}
	}
	s.locations = append(s.locations, route)
	return nil
}

// locationMatch reads what stands before the block.
func locationMatch(args []string) (m model.Match, ahead bool, err error) {
	modifier, path := "", ""
	switch len(args) {
	case 1:
		path = args[0]
		for _, glued := range []string{"^~", "~*", "~", "="} {
			if rest, ok := strings.CutPrefix(path, glued); ok {
				modifier, path = glued, rest
				break
			}
		}
	case 2:
		modifier, path = args[0], args[1]
	default:
		return m, false, errors.New("it is not: location, with =, ^~, ~ or ~* and a path")
	}
	if modifier == "~" || modifier == "~*" {
		if err := checkExpression(path); err != nil {
			return m, false, err
		}
		anywhere := map[string]string{"~": "(?s:.*?)(?-i:", "~*": "(?s:.*?)(?i:"}[modifier]
		return model.Match{Kind: model.Regex, Path: anywhere + path + ")"}, true, nil
	}
	if strings.HasPrefix(path, "@") {
		return m, false, mildError{"only lines without a rule lead to a location with a name"}
	}
	if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, "\x00\r\n") || len(path) > maxExpression {
		return m, false, errors.New("nothing in a request leads to it")
	}
	switch modifier {
	case "=":
		return model.Match{Kind: model.Exact, Path: path}, true, nil
	case "^~":
		return model.Match{Kind: model.Start, Path: path}, true, nil
	case "":
		return model.Match{Kind: model.Start, Path: path}, false, nil
	default:
		return m, false, errors.New("it is not: location, with =, ^~, ~ or ~* and a path")
	}
}

// apply puts what was read into a route.
func (s *snippetReader) apply(r *model.Route) {
	p := &r.Policy
	if s.body != nil {
		p.MaxBody = s.body
	}
	if s.connect > 0 {
		p.Connect = s.connect
	}
	if s.server > 0 {
		p.Server = s.server
	}
	if c := s.compression(); c != nil {
		p.Compression = c
	}
	p.Quiet = p.Quiet || s.quiet
	p.Rules = s.found()
}

// found are the rules that were read; nil if there are none.
func (s *snippetReader) found() *model.Rules {
	r := s.rules
	if len(r.Then)+len(r.Access)+len(r.Input)+len(r.Upstream)+len(r.Hide)+len(r.Answer) == 0 {
		return nil
	}
	return &r
}
