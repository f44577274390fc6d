package cfg

import (
	"fmt"
	"strings"
)

// Sample is an expression: a fetch and the converters after it (manual 7.3).
type Sample struct {
	text string // as the line parser hands it on, so not quoted for it yet
	err  error
}

// Fetch starts an expression; without arguments it has no parentheses.
func Fetch(k keyword, args ...string) Sample {
	text, err := call(k, args)
	return Sample{text, err}
}

// Var reads a variable such as txn.host.
func Var(name string) Sample {
	if !isName(name) {
		return Sample{err: fmt.Errorf("has a variable name that HAProxy can't read")}
	}
	return Fetch("var", name)
}

// Str is a constant string, which may be empty.
func Str(s string) Sample { return Fetch("str", s) }

// Conv appends a converter.
func (s Sample) Conv(k keyword, args ...string) Sample {
	text, err := call(k, args)
	if s.err == nil && s.text == "" {
		s.err = fmt.Errorf("has a converter without a fetch")
	}
	if s.err != nil {
		return s
	}
	return Sample{s.text + "," + text, err}
}

// Expr is a bare expression as one word, such as the second argument of set-var.
func Expr(s Sample) Arg {
	if err := s.check(); err != nil {
		return Arg{err: err}
	}
	return Word(s.text)
}

func (s Sample) check() error {
	if s.err == nil && s.text == "" {
		return fmt.Errorf("has an empty expression")
	}
	return s.err
}

func call(k keyword, args []string) (string, error) {
	if !isName(string(k)) {
		return "", fmt.Errorf("has the fetch or converter %q, which is none of HAProxy's", string(k))
	}
	if len(args) == 0 {
		return string(k), nil
	}
	out := make([]string, len(args))
	for i, a := range args {
		if hasNUL(a) {
			return "", errNUL
		}
		out[i] = quoteParam(a)
	}
	return string(k) + "(" + strings.Join(out, ",") + ")", nil
}
