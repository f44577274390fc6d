package oracle

import (
	"bufio"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A Class says why a difference is accepted.
type Class string

const (
	// Safer: Hawser closes what nginx leaves open, or keeps running where nginx stops.
	Safer Class = "safer"
	// Chosen: Hawser does it otherwise on purpose, no less strictly.
	Chosen Class = "chosen"
	// HAProxy: the data plane can't do the same.
	HAProxy Class = "haproxy"
	// Pending: not done yet. Written by -update only.
	Pending Class = "pending"
)

// An Entry accepts that requests of a case differ in some fields.
type Entry struct {
	Class    Class
	Maybe    bool   // depends on HAProxy's version or on chance, so it needn't occur
	Case     string // glob over area/name
	Fields   []Expected
	Requests []string // globs over request names; none: every request
	Reason   string
	Line     int
}

// Expected is a field that differs and, if Value isn't empty, what it has to be instead of the recorded one.
type Expected struct{ Field, Value string }

// ParseEntries reads a list of accepted differences:
//
//	class[?] case field[=value][,field…] ["request" …] [: reason]
//
// A question mark means that the difference needn't occur, because it depends on HAProxy's version.
// Requests are quoted as in Go, and values may be. A reason is required unless the class is pending. Lines that begin with # are comments.
func ParseEntries(r io.Reader) ([]Entry, error) {
	var all []Entry
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		e, err := parseEntry(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		e.Line = n
		all = append(all, e)
	}
	return all, lines.Err()
}

func parseEntry(text string) (Entry, error) {
	words := strings.SplitN(text, " ", 3)
	if len(words) < 3 {
		return Entry{}, fmt.Errorf("want class, case and fields: %q", text)
	}
	class, maybe := strings.CutSuffix(words[0], "?")
	e := Entry{Class: Class(class), Maybe: maybe, Case: words[1]}
	if !slices.Contains([]Class{Safer, Chosen, HAProxy, Pending}, e.Class) {
		return Entry{}, fmt.Errorf("unknown class %q", words[0])
	}
	if e.Maybe && e.Class == Pending {
		return Entry{}, fmt.Errorf("what is pending occurs: %q", text)
	}
	if _, err := path.Match(e.Case, ""); err != nil {
		return Entry{}, fmt.Errorf("case %q: %w", e.Case, err)
	}
	rest, err := e.readFields(words[2])
	if err != nil {
		return Entry{}, err
	}
	for strings.HasPrefix(rest, `"`) {
		var name string
		if name, rest, err = unquote(rest); err != nil {
			return Entry{}, err
		}
		e.Requests = append(e.Requests, name)
		rest = strings.TrimSpace(rest)
	}
	reason, ok := strings.CutPrefix(rest, ":")
	if rest != "" && !ok {
		return Entry{}, fmt.Errorf("expected a request name or a reason at %q", rest)
	}
	if e.Reason = strings.TrimSpace(reason); e.Reason == "" && e.Class != Pending {
		return Entry{}, fmt.Errorf("class %s needs a reason", e.Class)
	}
	return e, nil
}

// readFields reads field[=value],… from the beginning of text and returns what follows.
func (e *Entry) readFields(text string) (rest string, err error) {
	for {
		end := strings.IndexAny(text, "=, ")
		if end < 0 {
			end = len(text)
		}
		f := Expected{Field: text[:end]}
		if f.Field == "" {
			return "", fmt.Errorf("expected a field at %q", text)
		}
		text = text[end:]
		if value, ok := strings.CutPrefix(text, "="); ok {
			if f.Value, text, err = readValue(value); err != nil {
				return "", err
			}
		}
		e.Fields = append(e.Fields, f)
		more, ok := strings.CutPrefix(text, ",")
		if !ok {
			if text != "" && !strings.HasPrefix(text, " ") {
				return "", fmt.Errorf("expected a space at %q", text)
			}
			return strings.TrimSpace(text), nil
		}
		text = more
	}
}

func readValue(text string) (value, rest string, err error) {
	if strings.HasPrefix(text, `"`) {
		value, rest, err = unquote(text)
	} else if end := strings.IndexAny(text, ", "); end >= 0 {
		value, rest = text[:end], text[end:]
	} else {
		value = text
	}
	if err == nil && value == "" {
		err = fmt.Errorf("empty value at %q", text)
	}
	return value, rest, err
}

func unquote(text string) (value, rest string, err error) {
	quoted, err := strconv.QuotedPrefix(text)
	if err == nil {
		value, err = strconv.Unquote(quoted)
	}
	if err != nil {
		return "", "", fmt.Errorf("quoted text at %q: %w", text, err)
	}
	return value, text[len(quoted):], nil
}

// String writes e as ParseEntries reads it.
func (e Entry) String() string {
	var fields []string
	for _, f := range e.Fields {
		switch {
		case strings.ContainsAny(f.Value, "\", \t") || strconv.Quote(f.Value) != `"`+f.Value+`"`:
			f.Field += "=" + strconv.Quote(f.Value)
		case f.Value != "":
			f.Field += "=" + f.Value
		}
		fields = append(fields, f.Field)
	}
	class := string(e.Class)
	if e.Maybe {
		class += "?"
	}
	out := fmt.Sprintf("%s %s %s", class, e.Case, strings.Join(fields, ","))
	for _, r := range e.Requests {
		out += " " + strconv.Quote(r)
	}
	if e.Reason != "" {
		out += " : " + e.Reason
	}
	return out
}
