package cfg

import (
	"errors"
	"strings"
)

// If adds a condition. One that always holds adds nothing.
func (l Line) If(c Cond) Line {
	words, always := c.write()
	if always {
		return l
	}
	return l.with(Kw("if"), words)
}

// Unless adds the negation of a condition.
func (l Line) Unless(c Cond) Line { return l.If(Not(c)) }

// Define gives the lines of an ACL by the name, for conditions that are used often or have too many words for one line.
// It takes a match, or several joined by Or.
func Define(name string, c Cond) []Line {
	clauses, err := c.dnf(false)
	if err != nil {
		return []Line{L("acl", Name(name), Arg{err: err})}
	}
	var lines []Line
	for _, cl := range clauses {
		def := Arg{err: errors.New("defines an ACL by more than matches joined by or")}
		if len(cl) == 1 && !cl[0].negated && !cl[0].named {
			def = Arg{text: cl[0].text, n: cl[0].n}
		}
		lines = append(lines, L("acl", Name(name), def))
	}
	if lines == nil {
		lines = []Line{L("acl", Name(name), Kw("always_false"))}
	}
	return lines
}

// write gives the words after if or unless. A constant is told apart, because "always" is no condition at all.
func (c Cond) write() (words Arg, always bool) {
	clauses, err := c.dnf(false)
	if err != nil {
		return Arg{err: err}, false
	}
	if len(clauses) == 0 {
		return Arg{text: "FALSE", n: 1}, false // predefined (7.4)
	}
	var out []string
	n := 0
	for i, cl := range clauses {
		if len(cl) == 0 {
			return Arg{}, true
		}
		if i > 0 {
			out = append(out, "||")
			n++
		}
		for _, t := range cl {
			text, words := t.write()
			out = append(out, text)
			n += words
		}
	}
	return Arg{text: strings.Join(out, " "), n: n}, false
}

func (t term) write() (text string, words int) {
	text, words = t.text, t.n
	if !t.named {
		text, words = "{ "+text+" }", words+2
	}
	if t.negated {
		text = "!" + text
	}
	return text, words
}
