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
	// HAProxy: the data plane can't do the same, or it would be pointless.
	HAProxy Class = "haproxy"
	// Pending: not done yet. Written by -update only.
	Pending Class = "pending"
)

// An Entry accepts that requests of a case differ in some fields.
type Entry struct {
	Class    Class
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
//	class case field[=value][,field…] ["request" …] [: reason]
//
// Requests are quoted as in Go. A reason is required unless the class is pending. Lines that begin with # are comments.
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
	words := strings.SplitN(text, " ", 4)
	if len(words) < 3 {
		return Entry{}, fmt.Errorf("want class, case and fields: %q", text)
	}
	e := Entry{Class: Class(words[0]), Case: words[1]}
	if !slices.Contains([]Class{Safer, HAProxy, Pending}, e.Class) {
		return Entry{}, fmt.Errorf("unknown class %q", words[0])
	}
	if _, err := path.Match(e.Case, ""); err != nil {
		return Entry{}, fmt.Errorf("case %q: %w", e.Case, err)
	}
	for _, f := range strings.Split(words[2], ",") {
		field, value, _ := strings.Cut(f, "=")
		if field == "" {
			return Entry{}, fmt.Errorf("empty field in %q", words[2])
		}
		e.Fields = append(e.Fields, Expected{field, value})
	}
	rest := ""
	if len(words) == 4 {
		rest = strings.TrimSpace(words[3])
	}
	for strings.HasPrefix(rest, `"`) {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return Entry{}, fmt.Errorf("request name in %q: %w", rest, err)
		}
		name, err := strconv.Unquote(quoted)
		if err != nil {
			return Entry{}, fmt.Errorf("request name %s: %w", quoted, err)
		}
		e.Requests = append(e.Requests, name)
		rest = strings.TrimSpace(rest[len(quoted):])
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

// A Finding is one difference, with where it was found.
type Finding struct {
	Case, Request string
	Difference
}

// accepts says that e is about f.
func (e Entry) accepts(f Finding) bool {
	if ok, _ := path.Match(e.Case, f.Case); !ok {
		return false
	}
	if len(e.Requests) > 0 && !slices.ContainsFunc(e.Requests, func(r string) bool { return r == f.Request }) {
		return false
	}
	return slices.ContainsFunc(e.Fields, func(x Expected) bool {
		return x.Field == f.Field && (x.Value == "" || x.Value == f.Got)
	})
}

// Sort tells the findings that no entry accepts, and the parts of entries that nothing needs any more, each as a line to read.
// A pending entry must be needed for each of its requests and fields; a reasoned one for each of its fields and named requests.
func Sort(findings []Finding, entries []Entry) (unlisted []Finding, stale []string, classes map[Class][]Finding) {
	classes = map[Class][]Finding{}
	for _, f := range findings {
		i := slices.IndexFunc(entries, func(e Entry) bool { return e.accepts(f) })
		if i < 0 {
			unlisted = append(unlisted, f)
			continue
		}
		classes[entries[i].Class] = append(classes[entries[i].Class], f)
	}
	for _, e := range entries {
		for _, part := range e.parts() {
			if !slices.ContainsFunc(findings, part.accepts) {
				stale = append(stale, fmt.Sprintf("line %d: %s no longer occurs", part.Line, part))
			}
		}
	}
	return unlisted, stale, classes
}

// parts splits e so that each part stands for one thing that has to occur.
func (e Entry) parts() []Entry {
	requests := [][]string{nil}
	if len(e.Requests) > 0 {
		requests = nil
		for _, r := range e.Requests {
			requests = append(requests, []string{r})
		}
	}
	var out []Entry
	for _, r := range requests {
		if e.Class == Pending {
			for _, f := range e.Fields {
				out = append(out, Entry{e.Class, e.Case, []Expected{f}, r, "", e.Line})
			}
			continue
		}
		out = append(out, Entry{e.Class, e.Case, e.Fields, r, "", e.Line})
	}
	if e.Class != Pending && len(e.Fields) > 1 {
		for _, f := range e.Fields {
			out = append(out, Entry{e.Class, e.Case, []Expected{f}, e.Requests, "", e.Line})
		}
	}
	return out
}

// String writes e as ParseEntries reads it.
func (e Entry) String() string {
	var fields []string
	for _, f := range e.Fields {
		if f.Value != "" {
			f.Field += "=" + f.Value
		}
		fields = append(fields, f.Field)
	}
	out := fmt.Sprintf("%s %s %s", e.Class, e.Case, strings.Join(fields, ","))
	for _, r := range e.Requests {
		out += " " + strconv.Quote(r)
	}
	if e.Reason != "" {
		out += " : " + e.Reason
	}
	return out
}

// PendingEntries writes findings as pending entries, requests with the same fields in one line.
func PendingEntries(findings []Finding) []Entry {
	type request struct{ name, request string }
	fields := map[request][]string{}
	var order []request
	for _, f := range findings {
		r := request{f.Case, f.Request}
		if _, ok := fields[r]; !ok {
			order = append(order, r)
		}
		fields[r] = append(fields[r], f.Field)
	}
	var out []Entry
	at := map[string]int{}
	for _, r := range order {
		slices.Sort(fields[r])
		list := strings.Join(slices.Compact(fields[r]), ",")
		key := r.name + " " + list
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			e := Entry{Class: Pending, Case: r.name}
			for _, f := range strings.Split(list, ",") {
				e.Fields = append(e.Fields, Expected{Field: f})
			}
			out = append(out, e)
		}
		out[i].Requests = append(out[i].Requests, r.request)
	}
	return out
}
