package dialect

import (
	"fmt"
	"strings"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// Pass is one Ingress (or the controller's settings) on its way through the features. It belongs to one goroutine.
type Pass struct {
	Snapshot  *snapshot.Snapshot
	Namespace string // of the Ingress; "" for the settings

	object      issue.Ref
	prefix      string            // of annotations, with the slash; "" for the settings
	annotations map[string]string // nil for the settings
	own         map[string]string // annotations of the dialect, without the prefix
	settings    map[string]string
	settingsRef issue.Ref
	issues      issue.List
	seen        map[issue.Issue]bool
	withheld    string
}

// NewPass reads an Ingress.
func NewPass(s *snapshot.Snapshot, object issue.Ref, annotations map[string]string) *Pass {
	p := newPass(s, object)
	p.Namespace = object.Namespace
	p.prefix = s.Settings.AnnotationsPrefix + "/"
	p.setAnnotations(annotations)
	return p
}

func (p *Pass) setAnnotations(annotations map[string]string) {
	p.annotations, p.own = annotations, nil
	for full, value := range annotations {
		if name, ours := strings.CutPrefix(full, p.prefix); ours {
			if p.own == nil {
				p.own = make(map[string]string, len(annotations))
			}
			p.own[name] = value
		}
	}
}

// NewSettingsPass reads the controller's ConfigMap.
func NewSettingsPass(s *snapshot.Snapshot) *Pass {
	p := newPass(s, issue.Ref{})
	p.object = p.settingsRef
	return p
}

func newPass(s *snapshot.Snapshot, object issue.Ref) *Pass {
	name := s.Settings.ConfigMap
	p := &Pass{Snapshot: s, object: object, seen: map[issue.Issue]bool{}, settingsRef: s.Ref("ConfigMap", name.Namespace, name.Name)}
	if config := s.ConfigMap(name.Namespace, name.Name); config != nil {
		p.settings = config.Data
	}
	return p
}

// found is a value and where it stands.
type found struct {
	object issue.Ref
	field  string // as written, with the prefix
	value  string // trimmed, as ingress-nginx does
}

// find returns the places of a key that are set, the strongest first.
func (p *Pass) find(d Description) []found {
	var out []found
	if d.Scope != Setting && len(p.own) > 0 {
		out = p.places(out, d, p.own, p.object, p.prefix)
	}
	if d.Scope != Annotation && len(p.settings) > 0 {
		out = p.places(out, d, p.settings, p.settingsRef, "")
	}
	return out
}

// places adds those of one object, by the name of the key and then by its older names.
func (p *Pass) places(out []found, d Description, values map[string]string, object issue.Ref, prefix string) []found {
	add := func(name string) {
		if value, ok := values[name]; ok {
			out = append(out, found{object, prefix + name, strings.TrimSpace(value)})
		}
	}
	add(d.Key)
	for _, name := range d.Aliases {
		add(name)
	}
	return out
}

// Object is what the pass reads.
func (p *Pass) Object() issue.Ref { return p.object }

// Settings is the controller's ConfigMap.
func (p *Pass) Settings() issue.Ref { return p.settingsRef }

// Field is the name of a key as this object writes it.
func (p *Pass) Field(key string) string { return p.prefix + key }

// Report adds an issue about the object, unless it was added before.
func (p *Pass) Report(i issue.Issue) {
	if i.Object == (issue.Ref{}) {
		i.Object = p.object
	}
	if !p.seen[i] {
		p.seen[i] = true
		p.issues = append(p.issues, i)
	}
}

// Withhold closes every route of the Ingress; the first reason is kept.
func (p *Pass) Withhold(reason string) {
	if p.withheld == "" {
		p.withheld = reason
	}
}

// Withheld is the reason why the routes of the Ingress are closed, or "".
func (p *Pass) Withheld() string { return p.withheld }

// Issues returns what was reported.
func (p *Pass) Issues() issue.List { return p.issues }

func (p *Pass) invalid(d Description, f found, err error) {
	i := issue.Issue{
		Code: issue.BadValue, Severity: issue.Warning, Effect: issue.Ignored, Object: f.object, Field: f.field,
		Message:    fmt.Sprintf("The value is ignored: %v.", err),
		Suggestion: fmt.Sprintf("%s: %s", f.field, d.Values),
	}
	if f.object == p.settingsRef {
		i.Code = issue.BadSetting
	}
	if d.Guard {
		i.Severity, i.Effect = issue.Error, issue.Withheld
		i.Message = fmt.Sprintf("What it protects is closed: %v.", err)
		p.Withhold(f.field + " can't be read")
	}
	p.Report(i)
}

// used reports a key that is served with a difference.
func (p *Pass) used(d Description, f found) {
	if d.Support != Partial {
		return
	}
	p.Report(issue.Issue{
		Code: issue.PartialSupport, Severity: issue.Info, Effect: issue.Approximated, Object: f.object, Field: f.field,
		Message: d.Instead,
	})
}

// Blank reports whether the object sets a key to nothing.
func (p *Pass) Blank(s Spec) bool {
	for _, f := range p.find(s.Describe()) {
		if f.value == "" && f.object == p.object {
			return true
		}
	}
	return false
}

// Set reports whether a key has a value, valid or not.
func (p *Pass) Set(s Spec) bool {
	for _, f := range p.find(s.Describe()) {
		if f.value != "" {
			return true
		}
	}
	return false
}

// Word is the text of a key in force, as it is written.
func (p *Pass) Word(s Spec) string {
	for _, f := range p.find(s.Describe()) {
		if f.value != "" {
			return f.value
		}
	}
	return ""
}
