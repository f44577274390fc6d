package probe

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// maxSample bounds a text that is made for an expression, which may ask for thousands of characters.
const maxSample = 1000

// sampleExpression makes up to two texts for an expression: one with the first of all alternatives and everything that
// may be repeated once, one with the last and as little as possible. Those that do not match are left out, also where
// Go doesn't have the syntax.
func sampleExpression(expression string, matches func(expression, s string) bool) []string {
	tree, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return nil
	}
	var out []string
	for _, least := range []bool{false, true} {
		s := sampler{least: least}
		s.write(tree)
		if text := s.b.String(); len(text) < maxSample && matches(expression, text) && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

func matchesAnywhere(expression, s string) bool {
	re, err := regexp.Compile(expression)
	return err == nil && s != "" && re.MatchString(s)
}

type sampler struct {
	least bool
	b     strings.Builder
}

func (s *sampler) write(re *syntax.Regexp) {
	if s.b.Len() > maxSample {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		s.b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		s.b.WriteRune(pick(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		s.b.WriteByte('x')
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			s.write(sub)
		}
	case syntax.OpAlternate:
		if s.least {
			s.write(re.Sub[len(re.Sub)-1])
		} else {
			s.write(re.Sub[0])
		}
	case syntax.OpStar, syntax.OpQuest:
		if !s.least {
			s.write(re.Sub[0])
		}
	case syntax.OpPlus:
		s.write(re.Sub[0])
	case syntax.OpRepeat:
		n := re.Min
		if n == 0 && !s.least {
			n = 1
		}
		for range min(n, maxSample) {
			s.write(re.Sub[0])
		}
	default: // anchors and what stands for no character
	}
}

// pick chooses a character of a class; letters and digits are the least likely to mean something else.
func pick(ranges []rune) rune {
	for _, want := range "xa1/-_." {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= want && want <= ranges[i+1] {
				return want
			}
		}
	}
	if len(ranges) == 0 {
		return 'x'
	}
	return ranges[0]
}
