package dialect

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Registry is an ordered list of features with their keys by name.
type Registry struct {
	Features []*Feature
	keys     map[string]Description // by every name
}

// NewRegistry indexes features. Two features that own the same key are a mistake in the program.
func NewRegistry(features []*Feature) *Registry {
	r := &Registry{Features: features, keys: map[string]Description{}}
	for _, f := range features {
		for _, spec := range f.Keys {
			d := spec.Describe()
			for _, name := range slices.Concat([]string{d.Key}, d.Aliases) {
				if _, twice := r.keys[name]; twice {
					panic(fmt.Sprintf("feature %s declares the key %s again", f.Name, name))
				}
				r.keys[name] = d
			}
		}
	}
	return r
}

// Lookup finds a key by any of its names.
func (r *Registry) Lookup(name string) (Description, bool) {
	d, ok := r.keys[name]
	return d, ok
}

// CheckAnnotations reports the annotations of the dialect that are unknown or can't be served.
func (r *Registry) CheckAnnotations(p *Pass) {
	for _, full := range slices.Sorted(maps.Keys(p.annotations)) {
		name, ours := strings.CutPrefix(full, p.prefix)
		if !ours {
			continue
		}
		d, known := r.keys[name]
		if !known || d.Scope == Setting {
			p.Report(unknown(r, issue.UnknownAnnotation, full, name))
			continue
		}
		if d.Support == None && asks(p.annotations[full]) {
			p.unserved(issue.Unsupported, full, d)
		}
	}
}

// CheckSettings does the same for the keys of the controller's ConfigMap.
func (r *Registry) CheckSettings(p *Pass) {
	for _, name := range slices.Sorted(maps.Keys(p.settings)) {
		d, known := r.keys[name]
		if !known || d.Scope == Annotation {
			p.Report(unknown(r, issue.UnknownSetting, name, name))
			continue
		}
		if d.Support == None && asks(p.settings[name]) {
			p.unserved(issue.UnsupportedSetting, name, d)
		}
	}
}

// asks reports whether a value of an unserved key asks for anything: an empty one and "false" do not.
func asks(value string) bool {
	value = strings.TrimSpace(value)
	on, err := strconv.ParseBool(value)
	return value != "" && (err != nil || on)
}

func (p *Pass) unserved(code issue.Code, field string, d Description) {
	i := issue.Issue{
		Code: code, Severity: issue.Warning, Effect: issue.Ignored, Field: field,
		Message: strings.TrimSpace("It is known and not served. " + d.Doc), Suggestion: d.Instead,
	}
	if d.Guard {
		i.Severity, i.Effect = issue.Error, issue.Withheld
		i.Message = strings.TrimSpace("It protects a route and is not served, so the route is closed. " + d.Doc)
		p.Withhold(field + " is not served")
	}
	p.Report(i)
}

// unknown reports a key that is none where it stands. It offers the key that may be meant, or the place where this one
// belongs.
func unknown(r *Registry, code issue.Code, field, name string) issue.Issue {
	i := issue.Issue{
		Code: code, Severity: issue.Warning, Effect: issue.Ignored, Field: field,
		Message: "There is no such key.",
	}
	wrong := Annotation // the scope of keys that do not belong here
	if code == issue.UnknownAnnotation {
		wrong = Setting
	}
	if d, known := r.keys[name]; known && d.Scope == wrong {
		i.Message, i.Suggestion = "It is a key of the ConfigMap, not an annotation.", "the same in the controller's ConfigMap"
		if wrong == Annotation {
			i.Message, i.Suggestion = "It is an annotation, not a key of the ConfigMap.", "the same on each Ingress"
		}
		return i
	}
	if near := r.nearest(name, wrong); near != "" {
		i.Suggestion = strings.TrimSuffix(field, name) + near
		if r.keys[near].Guard {
			i.Severity = issue.Error
			i.Message = "There is no such key. If " + near + " is meant, what it would protect is open."
		}
	}
	return i
}

// nearest finds the key that differs from a name by at most two edits, other than those of a scope.
func (r *Registry) nearest(name string, wrong Scope) string {
	best, at := "", 3
	for _, key := range slices.Sorted(maps.Keys(r.keys)) {
		if r.keys[key].Scope == wrong {
			continue
		}
		if d := distance(name, key, at); d < at {
			best, at = key, d
		}
	}
	return best
}

// distance is Levenshtein's, or limit if it is not smaller.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return min(row[len(b)], limit)
}
