package nginx

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/nginxconf"
)

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
