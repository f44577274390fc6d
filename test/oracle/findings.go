package oracle

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

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
	if e.Maybe {
		return nil
	}
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
				out = append(out, Entry{Class: e.Class, Case: e.Case, Fields: []Expected{f}, Requests: r, Line: e.Line})
			}
			continue
		}
		out = append(out, Entry{Class: e.Class, Case: e.Case, Fields: e.Fields, Requests: r, Line: e.Line})
	}
	if e.Class != Pending && len(e.Fields) > 1 {
		for _, f := range e.Fields {
			out = append(out, Entry{Class: e.Class, Case: e.Case, Fields: []Expected{f}, Requests: e.Requests, Line: e.Line})
		}
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
