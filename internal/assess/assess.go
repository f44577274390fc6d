// Package assess says what would become of a fleet of Ingresses: the same compile as the controller's, told per Ingress.
//
// A report is complete: every Ingress that was read is in it once, and what could not be checked is named. It is made of
// plain values, sorted by risk, the same for the same objects; every form of it shows text of objects as text. Nothing is
// served, sent or changed.
package assess

import (
	"cmp"
	"fmt"
	"slices"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// Input is what is assessed.
type Input struct {
	Version   string // of Hawser
	Objects   *snapshot.Objects
	Issues    issue.List // of the reading
	Settings  snapshot.Settings
	Presence  Presence
	Namespace string          // the only one that the controller serves; "" for all
	Selected  map[string]bool // the namespaces that it serves; nil for all
	Workload  *issue.Ref      // that runs ingress-nginx; nil: not known
	Flags     []Flag
	Notes     []string
	Line      func(object issue.Ref, field string) int // of a field in its manifest, 0 if not known; nil: never known
	Progress  func(step string)                        // nil: nobody wants to know
}

// Assess makes the report. It fails only if no certificate can be made.
func Assess(in Input) (*Report, error) {
	if in.Progress == nil {
		in.Progress = func(string) {}
	}
	if in.Line == nil {
		in.Line = func(issue.Ref, string) int { return 0 }
	}
	in.Settings.ReportForeign = false
	plain, _ := snapshot.Build(*in.Objects, in.Settings)
	serves := func(i *netv1.Ingress) bool { return in.foreign(plain, i) == "" }
	objects, missing, err := assume(in.Objects, in.Settings, in.Presence, serves)
	if err != nil {
		return nil, err
	}
	watched := *objects
	watched.Ingresses = slices.DeleteFunc(slices.Clone(objects.Ingresses), func(i *netv1.Ingress) bool { return !serves(i) })
	snap, _ := snapshot.Build(watched, in.Settings)
	cert, err := pki.Example()
	if err != nil {
		return nil, err
	}
	in.Progress(fmt.Sprintf("compile %d Ingresses", len(snap.Ingresses)))
	m, issues := compile.Compile(snap, compile.Options{DefaultCert: cert})
	in.Progress("write the report")

	a := &assessment{
		in: in, snapshot: snap, model: m, missing: missing, registry: compile.Registry(),
		foreign: func(i *netv1.Ingress) string { return in.foreign(plain, i) },
		report: &Report{
			Format: Format, Version: in.Version, Worst: Served, Notes: some(slices.Clone(in.Notes)),
			Ingresses: []Ingress{}, Annotations: []Annotation{}, Classes: []Class{}, Other: []Finding{}, Unchecked: []Unchecked{},
		},
	}
	a.distribute(slices.Concat(in.Issues, issues).Sorted())
	a.closures()
	a.addIngresses()
	a.addController()
	a.addUnchecked()
	a.count()
	return a.report, nil
}

// foreign is why an Ingress is left to another controller, or "".
func (in *Input) foreign(s *snapshot.Snapshot, i *netv1.Ingress) string {
	if in.Namespace != "" && i.Namespace != in.Namespace {
		return fmt.Sprintf("only the namespace %s is served (--watch-namespace)", in.Namespace)
	}
	if in.Selected != nil && !in.Selected[i.Namespace] {
		return fmt.Sprintf("the namespace %s is not selected (--watch-namespace-selector)", i.Namespace)
	}
	if ours, reason := s.Serves(i); !ours {
		return reason
	}
	return ""
}

type name struct{ namespace, name string }

// assessment collects; it lives for one Assess.
type assessment struct {
	in       Input
	snapshot *snapshot.Snapshot
	model    *model.Model
	registry *dialect.Registry
	foreign  func(*netv1.Ingress) string
	missing  map[snapshot.Key]*absent
	found    map[name][]Finding // by Ingress
	routes   map[name]*routes
	report   *Report
}

// distribute gives each issue to the Ingress, the settings or the file that it is about.
func (a *assessment) distribute(list issue.List) {
	settings := a.snapshot.Settings.ConfigMap
	a.found = map[name][]Finding{}
	a.report.Controller.Findings = []Finding{}
	for _, i := range list {
		f := a.finding(i)
		switch o := i.Object; {
		case o.Kind == "Ingress" && o.Name != "":
			n := name{o.Namespace, o.Name}
			a.found[n] = append(a.found[n], f)
		case o.Kind == "ConfigMap" && o.Name == settings.Name && o.Namespace == settings.Namespace:
			a.report.Controller.Findings = append(a.report.Controller.Findings, f)
		case i.Effect == issue.None && i.Severity == issue.Info: // kinds that nobody reads
		default:
			a.report.Other = append(a.report.Other, f)
		}
	}
	sortFindings(a.report.Controller.Findings)
	sortFindings(a.report.Other)
}

func (a *assessment) finding(i issue.Issue) Finding {
	return Finding{
		Outcome: of(i.Effect), Code: i.Code, Severity: i.Severity, Object: i.Object, Field: i.Field, Line: a.in.Line(i.Object, i.Field),
		Guard: a.guard(i.Field), Same: same(i.Code), Message: i.Message, Suggestion: i.Suggestion,
	}
}

// same lists what ingress-nginx answers alike: 503 for a Service that is not there, its own certificate for a Secret that
// can't be used, the older of two Ingresses, and nothing for a name that it does not know.
func same(c issue.Code) bool {
	switch c {
	case issue.ServiceMissing, issue.PortMissing, issue.CertificateMissing, issue.CertificateBroken, issue.CertificateHost,
		issue.PathDuplicate, issue.UnknownAnnotation, issue.UnknownSetting:
		return true
	default:
		return false
	}
}

// sortFindings puts the riskiest first: by outcome, then guards, then what ingress-nginx does not do, too.
func sortFindings(list []Finding) {
	order := func(f Finding) int {
		n := 4 * f.Outcome.risk()
		if f.Guard {
			n += 2
		}
		if !f.Same {
			n++
		}
		return n
	}
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(order(b), order(a)) })
}
