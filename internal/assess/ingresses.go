package assess

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// classAnnotation is the older way to name a class.
const classAnnotation = "kubernetes.io/ingress.class"

// addIngresses makes an entry for every Ingress that was read, and for those of which only an issue is left.
func (a *assessment) addIngresses() {
	list := &a.report.Ingresses
	for _, i := range a.in.Objects.Ingresses {
		*list = append(*list, a.ingress(i))
		delete(a.found, name{i.Namespace, i.Name})
	}
	for n, findings := range a.found { // did not decode
		entry := Ingress{
			Namespace: n.namespace, Name: n.name, File: findings[0].Object.File, Line: findings[0].Object.Line,
			Outcome: worst(findings), Hosts: []string{}, Annotations: []string{}, Findings: findings, Unchecked: []string{},
		}
		sortFindings(entry.Findings)
		*list = append(*list, entry)
	}
	slices.SortFunc(*list, byRisk)
}

func (a *assessment) ingress(i *netv1.Ingress) Ingress {
	ref := a.in.Objects.Ref("Ingress", i.Namespace, i.Name)
	out := Ingress{
		Namespace: i.Namespace, Name: i.Name, File: ref.File, Line: ref.Line, Class: classOf(i),
		Hosts: hostsOf(i), Annotations: a.annotationsOf(i), Findings: []Finding{}, Unchecked: []string{},
	}
	if reason := a.foreign(i); reason != "" {
		out.Outcome = Foreign
		out.Findings = append(out.Findings, Finding{
			Outcome: Foreign, Code: issue.OtherClass, Severity: issue.Info, Object: ref, Field: "spec.ingressClassName",
			Message: "It is not assessed: " + reason + ".",
		})
		return out
	}
	n := name{i.Namespace, i.Name}
	out.Findings = append(out.Findings, a.found[n]...)
	sortFindings(out.Findings)
	out.Outcome = worst(out.Findings)
	if count := a.routes[n]; count != nil {
		out.Routes, out.Closed = count.all, count.closed
	}
	for _, key := range ofIngress(i, a.snapshot.Settings.AnnotationsPrefix) {
		if text := fmt.Sprintf("%s %s/%s", key.Kind, key.Namespace, key.Name); a.missing[key.Key] != nil && !slices.Contains(out.Unchecked, text) {
			out.Unchecked = append(out.Unchecked, text)
		}
	}
	slices.Sort(out.Unchecked)
	return out
}

func worst(list []Finding) Outcome {
	out := Served
	for _, f := range list {
		if f.Outcome != Foreign && f.Outcome.risk() > out.risk() {
			out = f.Outcome
		}
	}
	return out
}

// byRisk orders Ingresses: by outcome, then guards that are withheld, then what ingress-nginx answers otherwise, then by how
// much is found.
func byRisk(a, b Ingress) int {
	return cmp.Or(
		cmp.Compare(b.Outcome.risk(), a.Outcome.risk()),
		cmp.Compare(b.weight(), a.weight()),
		cmp.Compare(len(b.Findings), len(a.Findings)),
		cmp.Compare(a.Namespace, b.Namespace),
		cmp.Compare(a.Name, b.Name),
	)
}

// weight is that of the riskiest finding; findings are sorted.
func (i Ingress) weight() int {
	if len(i.Findings) == 0 {
		return 0
	}
	n := 0
	if i.Findings[0].Guard {
		n += 2
	}
	if !i.Findings[0].Same {
		n++
	}
	return n
}

func classOf(i *netv1.Ingress) string {
	if i.Spec.IngressClassName != nil {
		return *i.Spec.IngressClassName
	}
	return i.Annotations[classAnnotation]
}

// hostsOf are the hosts of the rules, as they are compared; what is none stays as it is written.
func hostsOf(i *netv1.Ingress) []string {
	seen := map[string]bool{}
	for n := range i.Spec.Rules {
		host := i.Spec.Rules[n].Host
		if parsed, err := model.ParseHostname(host); err == nil {
			host = string(parsed)
		}
		seen[hostWord(host)] = true
	}
	if len(i.Spec.Rules) == 0 && i.Spec.DefaultBackend != nil {
		seen["*"] = true
	}
	return some(slices.Sorted(maps.Keys(seen)))
}

// annotationsOf are the keys of the dialect that an Ingress sets.
func (a *assessment) annotationsOf(i *netv1.Ingress) []string {
	prefix := a.snapshot.Settings.AnnotationsPrefix + "/"
	out := []string{}
	for key := range i.Annotations {
		if strings.HasPrefix(key, prefix) {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// key finds the declaration of an annotation or setting.
func (a *assessment) key(field string) (dialect.Description, bool) {
	short := strings.TrimPrefix(field, a.snapshot.Settings.AnnotationsPrefix+"/")
	return a.registry.Lookup(short)
}

func (a *assessment) guard(field string) bool {
	d, ok := a.key(field)
	return ok && d.Guard
}

func (a *assessment) support(field string, wrong dialect.Scope) (string, bool) {
	d, ok := a.key(field)
	if !ok || d.Scope == wrong {
		return "unknown", false
	}
	return d.Support.String(), d.Guard
}
