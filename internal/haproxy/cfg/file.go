package cfg

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// maxWords is how many words HAProxy reads of a line (MAX_LINE_ARGS); it refuses longer ones.
const maxWords = 64

// Line is one directive. From are the objects it was made of; a line without any has those of its section's header.
type Line struct {
	Args []Arg
	From []issue.Ref
}

// L makes a line: L("timeout connect", Millis(d)).
func L(k keyword, args ...Arg) Line {
	return Line{Args: append([]Arg{Kw(k)}, args...)}
}

// Of names the objects that the line was made of.
func (l Line) Of(from ...issue.Ref) Line {
	l.From = slices.Concat(l.From, from)
	return l
}

func (l Line) with(args ...Arg) Line {
	l.Args = slices.Concat(l.Args, args)
	return l
}

// Section is a header such as "backend shop" and its lines.
type Section struct {
	Header Line
	Lines  []Line
}

// Add appends lines.
func (s *Section) Add(lines ...Line) { s.Lines = append(s.Lines, lines...) }

// File is a configuration file.
type File struct{ Sections []Section }

// Refusal is a line that HAProxy could not read as meant. Reason never quotes the value, which may be secret.
type Refusal struct {
	From   []issue.Ref
	Line   string // the keyword it starts with
	Reason string
}

// RefusedError is the error of File.Render: everything that can't be written, in the order of the file.
type RefusedError struct{ Refusals []Refusal }

func (e *RefusedError) Error() string {
	var b strings.Builder
	for i, r := range e.Refusals {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "%s: %s", r.Line, r.Reason)
		for _, ref := range r.From {
			fmt.Fprintf(&b, " (%s)", ref)
		}
	}
	return b.String()
}

// Render writes the file. origins[n] are the objects of line n, counted from 1 as HAProxy's messages do. With an error,
// always a *RefusedError, nothing is written.
func (f File) Render() (text []byte, origins [][]issue.Ref, err error) {
	var b bytes.Buffer
	var refused []Refusal
	origins = [][]issue.Ref{nil}
	for i, s := range f.Sections {
		if i > 0 {
			b.WriteByte('\n')
			origins = append(origins, nil)
		}
		for j, l := range append([]Line{s.Header}, s.Lines...) {
			if len(l.From) == 0 {
				l.From = s.Header.From
			}
			if err := l.check(); err != nil {
				refused = append(refused, Refusal{l.From, l.keyword(), err.Error()})
				continue
			}
			if j > 0 {
				b.WriteString("    ")
			}
			l.write(&b)
			origins = append(origins, l.From)
		}
	}
	if refused != nil {
		return nil, nil, &RefusedError{refused}
	}
	return b.Bytes(), origins, nil
}

// String is the line as written, for tests and messages; it is not to be put together to a file.
func (l Line) String() string {
	if err := l.check(); err != nil {
		return "refused: " + err.Error()
	}
	var b bytes.Buffer
	l.write(&b)
	return strings.TrimSuffix(b.String(), "\n")
}

func (l Line) write(b *bytes.Buffer) {
	for i, a := range l.Args {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(a.text)
	}
	b.WriteByte('\n')
}

func (l Line) check() error {
	if len(l.Args) == 0 {
		return fmt.Errorf("the line is empty")
	}
	n := 0
	for i, a := range l.Args {
		if err := a.check(); err != nil {
			return fmt.Errorf("argument %d %w", i, err)
		}
		n += a.n
	}
	switch {
	case !l.Args[0].head:
		return fmt.Errorf("the line does not start with a keyword")
	case n > maxWords:
		return fmt.Errorf("the line has %d words, HAProxy reads %d", n, maxWords)
	}
	return nil
}

func (l Line) keyword() string {
	if len(l.Args) == 0 || !l.Args[0].head {
		return "line"
	}
	return l.Args[0].text
}
