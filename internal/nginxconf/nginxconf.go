// Package nginxconf reads nginx's configuration language: directives with arguments, blocks and line numbers.
//
// It reads every text as nginx's own reader does (quotes, backslashes, comments, ${name}), or fails; it never fails
// later than nginx. It gives no directive a meaning, opens no file, and its cost is bounded by MaxText and MaxDepth.
package nginxconf

import (
	"fmt"
	"strings"
)

// Bounds of what is read.
const (
	MaxText  = 64 << 10 // bytes
	MaxDepth = 8        // blocks within blocks
)

// Directive is a name with its arguments, as nginx understands them: without quotes and backslashes.
type Directive struct {
	Name  string
	Args  []string
	Line  int         // of the name, counted from 1
	Block []Directive // what stands in the braces
	Open  bool        // there are braces, maybe empty ones
}

// Error says what is wrong, and where.
type Error struct {
	Line   int
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Parse reads a text. Programs in Lua, which nginx leaves to another reader, are skipped: their directive has an empty
// block. The error is always an *Error.
func Parse(text string) ([]Directive, error) {
	if len(text) > MaxText {
		return nil, &Error{1, fmt.Sprintf("the text is longer than %d bytes", MaxText)}
	}
	p := &parser{text: text, line: 1}
	list, err := p.block(0)
	if err != nil {
		return nil, err
	}
	return list, nil
}

type parser struct {
	text string
	at   int
	line int
}

func (p *parser) fail(format string, args ...any) *Error {
	return &Error{p.line, fmt.Sprintf(format, args...)}
}

// block reads directives up to the brace that closes it, or to the end of the text at depth 0.
func (p *parser) block(depth int) ([]Directive, *Error) {
	if depth > MaxDepth {
		return nil, p.fail("there are more than %d blocks within each other", MaxDepth)
	}
	var out []Directive
	for {
		p.blanks()
		switch {
		case p.at == len(p.text) && depth == 0:
			return out, nil
		case p.at == len(p.text):
			return nil, p.fail("a block is not closed")
		case p.text[p.at] == '}' && depth == 0:
			return nil, p.fail("a } closes nothing")
		case p.text[p.at] == '}':
			p.at++
			return out, nil
		}
		d, err := p.directive(depth)
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
}

// directive reads a name, arguments, and ";" or a block.
func (p *parser) directive(depth int) (Directive, *Error) {
	d := Directive{Line: p.line}
	named := false
	for {
		p.blanks()
		if p.at == len(p.text) {
			return d, p.fail("the last line has no ; at its end")
		}
		switch c := p.text[p.at]; {
		case c == ';' || c == '{':
			if !named {
				return d, p.fail("there is no name before %c", c)
			}
			p.at++
			if c == ';' {
				return d, nil
			}
			d.Open = true
			var err *Error
			if strings.HasSuffix(d.Name, "_by_lua_block") {
				err = p.program()
			} else {
				d.Block, err = p.block(depth + 1)
			}
			return d, err
		case c == '}':
			return d, p.fail("a line has no ; at its end")
		}
		word, err := p.word()
		if err != nil {
			return d, err
		}
		if named {
			d.Args = append(d.Args, word)
		} else {
			d.Name, named = word, true
		}
	}
}

// blanks skips white space and comments, which begin where a word could.
func (p *parser) blanks() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case '\n':
			p.line++
		case ' ', '\t', '\r':
		case '#':
			for p.at < len(p.text) && p.text[p.at] != '\n' {
				p.at++
			}
			continue
		default:
			return
		}
		p.at++
	}
}

// program skips a program in Lua by its braces.
func (p *parser) program() *Error {
	for open := 1; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '\n':
			p.line++
		case '{':
			open++
		case '}':
			if open--; open == 0 {
				p.at++
				return nil
			}
		}
	}
	return p.fail("a block is not closed")
}
