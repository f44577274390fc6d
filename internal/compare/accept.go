package compare

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/hawser-ingress/hawser/internal/compare/probe"
)

// Entry is a kind of difference that is known and accepted. A pattern that is left out fits everything; in a pattern,
// "*" stands for any characters.
type Entry struct {
	Hosts   patterns `json:"host,omitempty"`
	Paths   patterns `json:"path,omitempty"` // with the query
	Methods patterns `json:"method,omitempty"`
	Kinds   patterns `json:"kind,omitempty"`
	Fields  patterns `json:"field"`
	Left    *string  `json:"left,omitempty"` // a pattern too
	Right   *string  `json:"right,omitempty"`
	Reason  string   `json:"reason"`

	used bool
}

// patterns is one text or a list of them.
type patterns []string

// UnmarshalJSON reads both.
func (p *patterns) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*p = patterns{one}
		return nil
	}
	var list []string
	if err := json.Unmarshal(data, &list); err != nil {
		return errors.New("a pattern is a text or a list of texts")
	}
	*p = list
	return nil
}

// MarshalJSON writes a list of one as a text.
func (p patterns) MarshalJSON() ([]byte, error) {
	if len(p) == 1 {
		return json.Marshal(p[0])
	}
	return json.Marshal([]string(p))
}

func (p patterns) fit(s string) bool {
	return len(p) == 0 || slices.ContainsFunc(p, func(pattern string) bool { return fits(pattern, s) })
}

// fits compares a text with a pattern.
func fits(pattern, s string) bool {
	if !strings.Contains(pattern, "*") {
		return pattern == s
	}
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] { // the earliest place leaves most for the next
		_, after, ok := strings.Cut(s, part)
		if !ok {
			return false
		}
		s = after
	}
	return true
}

// Accepted is the content of a file of accepted differences.
type Accepted struct{ entries []*Entry }

// acceptFile is how the file is written.
type acceptFile struct {
	Accept []*Entry `json:"accept"`
}

// ParseAccepted reads a file. An entry without a field or a reason is refused: it would accept more than anybody can
// answer for.
func ParseAccepted(data []byte) (*Accepted, error) {
	var f acceptFile
	if err := yaml.UnmarshalStrict(data, &f); err != nil {
		return nil, err
	}
	for i, e := range f.Accept {
		switch {
		case e == nil || len(e.Fields) == 0:
			return nil, fmt.Errorf("entry %d names no field", i+1)
		case strings.TrimSpace(e.Reason) == "":
			return nil, fmt.Errorf("entry %d (field %s) has no reason: write why the difference is accepted", i+1, strings.Join(e.Fields, ", "))
		}
	}
	return &Accepted{entries: f.Accept}, nil
}

// apply marks what is accepted. Every entry that fits counts as used; the first gives the reason.
func (a *Accepted) apply(r probe.Request, differences []Difference) {
	if a == nil {
		return
	}
	for i := range differences {
		d := &differences[i]
		for _, e := range a.entries {
			if e.fits(r, *d) {
				e.used = true
				if d.Accepted == "" {
					d.Accepted = e.Reason
				}
			}
		}
	}
}

func (e *Entry) fits(r probe.Request, d Difference) bool {
	return (e.Hosts.fit(r.Host) || e.Hosts.fit(r.Name())) && e.Paths.fit(r.Target) && e.Methods.fit(r.Method) && e.Kinds.fit(string(r.Kind)) && e.Fields.fit(d.Field) &&
		(e.Left == nil || fits(*e.Left, d.Left)) && (e.Right == nil || fits(*e.Right, d.Right))
}

// unused lists the entries that fitted nothing.
func (a *Accepted) unused() []Entry {
	out := []Entry{}
	if a == nil {
		return out
	}
	for _, e := range a.entries {
		if !e.used {
			out = append(out, *e)
		}
	}
	return out
}

// WriteAccepted writes entries for every difference of a report that holds and is not accepted yet, with the values as
// they are. A text that has a "*" of its own fits more than itself.
func WriteAccepted(r *Report, reason string) ([]byte, error) {
	type key struct{ host, field, left, right string }
	f := acceptFile{Accept: []*Entry{}}
	at := map[key]*Entry{}
	for _, result := range r.Requests {
		for _, d := range result.Differences {
			if d.Unsteady != "" || d.Accepted != "" {
				continue
			}
			k := key{result.Request.Host, d.Field, d.Left, d.Right}
			e := at[k]
			if e == nil {
				e = &Entry{Hosts: patterns{k.host}, Fields: patterns{k.field}, Left: &d.Left, Right: &d.Right, Reason: reason}
				at[k] = e
				f.Accept = append(f.Accept, e)
			}
			if !slices.Contains(e.Paths, result.Request.Target) {
				e.Paths = append(e.Paths, result.Request.Target)
			}
		}
	}
	body, err := yaml.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("write the accepted differences: %w", err)
	}
	var out bytes.Buffer
	out.WriteString("# Differences between two controllers that are known and accepted; read by hawser compare --accept.\n")
	out.WriteString("# Patterns: host, path, method, kind, field, left, right; \"*\" stands for any characters. A reason is needed.\n")
	out.Write(body)
	return out.Bytes(), nil
}

// With adds the entries of another file; a is nil for none.
func (a *Accepted) With(other *Accepted) *Accepted {
	if a == nil {
		return other
	}
	return &Accepted{entries: slices.Concat(a.entries, other.entries)}
}
