package cfg

import (
	"fmt"
	"strings"
)

// Piece is a part of a log-format.
type Piece struct {
	text string
	err  error
}

// Text is literal text of a log-format. The directives log-format, log-format-sd, error-log-format and unique-id-format
// merge runs of blanks (8.2.6); everywhere else it comes out as it is.
func Text(s string) Piece {
	if hasNUL(s) {
		return Piece{err: errNUL}
	}
	return Piece{text: strings.ReplaceAll(s, "%", "%%")}
}

// Print is the value of an expression: %[…], with flags such as "+Q" (8.2.6). HAProxy writes control bytes of it, the tab
// aside, in percent-encoding (measured), so a sample can't end a header line.
func Print(s Sample, flags ...keyword) Piece {
	if err := s.check(); err != nil {
		return Piece{err: err}
	}
	f, err := braces(flags)
	return Piece{"%" + f + "[" + s.text + "]", err}
}

// LogVar is a log variable of the table in 8.2.6: LogVar("ci") is %ci.
func LogVar(name keyword, flags ...keyword) Piece {
	f, err := braces(flags)
	for i := 0; i < len(name); i++ {
		if !isAlnum(name[i]) {
			err = fmt.Errorf("has the log variable %q, which is none of HAProxy's", string(name))
		}
	}
	if name == "" {
		err = fmt.Errorf("has a log variable without a name")
	}
	return Piece{"%" + f + string(name), err}
}

// Format is a log-format as one word. One without any text prints nothing: it is written as an empty constant, because
// HAProxy takes an empty word for a missing one.
func Format(pieces ...Piece) Arg {
	var b strings.Builder
	for _, p := range pieces {
		if p.err != nil {
			return Arg{err: p.err}
		}
		b.WriteString(p.text)
	}
	if b.Len() == 0 {
		return Format(Print(Str("")))
	}
	return Word(b.String())
}

func braces(flags []keyword) (string, error) {
	if len(flags) == 0 {
		return "", nil
	}
	out := make([]string, len(flags))
	for i, f := range flags {
		if len(f) != 2 || f[0] != '+' && f[0] != '-' || !isAlnum(f[1]) {
			return "", fmt.Errorf("has the log-format flag %q, which is none of HAProxy's", string(f))
		}
		out[i] = string(f)
	}
	return "{" + strings.Join(out, ",") + "}", nil
}
