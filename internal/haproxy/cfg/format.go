package cfg

import (
	"fmt"
	"strings"
)

// Piece is a part of a log-format.
type Piece struct {
	text    string
	control bool // literal text with bytes that may not stand in a header
	err     error
}

// Text is literal text of a log-format. The directives log-format, log-format-sd, error-log-format and unique-id-format
// merge runs of blanks (8.2.6); everywhere else it comes out as it is.
func Text(s string) Piece {
	if hasNUL(s) {
		return Piece{err: errNUL}
	}
	return Piece{text: strings.ReplaceAll(s, "%", "%%"), control: strings.ContainsFunc(s, isControl)}
}

func isControl(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }

// Print is the value of an expression: %[…], with flags such as "+Q" (8.2.6). Where it becomes part of the head of a
// message (header values, targets of redirects, set-path and its like), HAProxy writes control bytes of it, the tab aside,
// in percent-encoding, so a sample can't end a header line; blanks stay. A body of 3.2 has the bytes as they are, one of
// 2.6 and 3.0 in percent-encoding (all measured).
func Print(s Sample, flags ...keyword) Piece {
	if err := s.check(); err != nil {
		return Piece{err: err}
	}
	f, err := braces(flags)
	return Piece{text: "%" + f + "[" + s.text + "]", err: err}
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
	return Piece{text: "%" + f + string(name), err: err}
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

// Header is a Format for the head of a message: header values and names, locations, paths. HAProxy sends literal control
// bytes of these as they are, so that a line end would begin another header; Header refuses them.
func Header(pieces ...Piece) Arg {
	for _, p := range pieces {
		if p.control {
			return Arg{err: fmt.Errorf("holds a control character, which can't stand in a header")}
		}
	}
	return Format(pieces...)
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
