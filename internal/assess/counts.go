package assess

import (
	"cmp"
	"maps"
	"slices"

	"github.com/hawser-ingress/hawser/internal/dialect"
)

// count fills the figures from what is in the report.
func (a *assessment) count() {
	r := a.report
	hosts := map[string]Outcome{}
	annotations := map[string]*Annotation{}
	classes := map[string]*Class{}
	for n := range r.Ingresses {
		i := &r.Ingresses[n]
		r.Totals.Ingresses.add(i.Outcome)
		r.Totals.Routes += i.Routes
		r.Totals.Closed += i.Closed
		if len(i.Unchecked) > 0 {
			r.Totals.Unchecked++
		}
		if classes[i.Class] == nil {
			classes[i.Class] = &Class{Name: i.Class}
		}
		classes[i.Class].Ingresses.add(i.Outcome)
		for _, h := range i.Hosts {
			if old, known := hosts[h]; !known || i.Outcome.risk() > old.risk() {
				hosts[h] = i.Outcome
			}
		}
		if i.Outcome != Foreign {
			a.countAnnotations(annotations, i)
		}
	}
	for _, o := range hosts {
		r.Totals.Hosts.add(o)
	}
	for _, c := range a.in.Objects.IngressClasses {
		if known := classes[c.Name]; known != nil {
			known.Controller = c.Spec.Controller
		}
	}
	for _, c := range classes {
		r.Classes = append(r.Classes, *c)
	}
	slices.SortFunc(r.Classes, func(a, b Class) int {
		return cmp.Or(cmp.Compare(b.Ingresses.Total, a.Ingresses.Total), cmp.Compare(a.Name, b.Name))
	})
	for _, k := range annotations {
		r.Annotations = append(r.Annotations, *k)
	}
	slices.SortFunc(r.Annotations, func(a, b Annotation) int {
		return cmp.Or(cmp.Compare(b.Worst.risk(), a.Worst.risk()), cmp.Compare(b.Ingresses, a.Ingresses), cmp.Compare(a.Key, b.Key))
	})
	a.countObjects()
	a.conclude()
}

func (a *assessment) countAnnotations(all map[string]*Annotation, i *Ingress) {
	for _, key := range i.Annotations {
		k := all[key]
		if k == nil {
			k = &Annotation{Key: key, Worst: Served}
			k.Support, k.Guard = a.support(key, dialect.Setting)
			all[key] = k
		}
		k.Ingresses++
		for _, f := range i.Findings {
			if f.Field != key {
				continue
			}
			k.Findings++
			if f.Outcome.risk() > k.Worst.risk() {
				k.Worst = f.Outcome
			}
		}
	}
}

func (a *assessment) countObjects() {
	o := a.in.Objects
	for kind, n := range map[string]int{
		"Ingress": len(o.Ingresses), "IngressClass": len(o.IngressClasses), "Service": len(o.Services), "EndpointSlice": len(o.EndpointSlices),
		"Secret": len(o.Secrets), "ConfigMap": len(o.ConfigMaps), "Namespace": len(o.Namespaces),
	} {
		a.report.Objects = append(a.report.Objects, ObjectCount{kind, n})
	}
	slices.SortFunc(a.report.Objects, func(a, b ObjectCount) int { return cmp.Compare(a.Kind, b.Kind) })
}

// conclude finds the worst of everything.
func (a *assessment) conclude() {
	r := a.report
	for _, o := range Outcomes() {
		if o != Foreign && o.risk() > r.Worst.risk() && r.Totals.Ingresses.Of(o) > 0 {
			r.Worst = o
		}
	}
	all := slices.Concat(r.Controller.Findings, r.Other)
	for _, f := range r.Controller.Flags {
		all = append(all, Finding{Outcome: f.Outcome})
	}
	if w := worst(all); w.risk() > r.Worst.risk() {
		r.Worst = w
	}
}

// addUnchecked lists what was assumed, and what that leaves open.
func (a *assessment) addUnchecked() {
	for _, key := range slices.SortedFunc(maps.Keys(a.missing), compareKeys) {
		m := a.missing[key]
		slices.Sort(m.ingresses)
		a.report.Unchecked = append(a.report.Unchecked, Unchecked{
			Kind: key.Kind, Namespace: key.Namespace, Name: key.Name, Ingresses: some(m.ingresses), Consequence: m.consequence(key.Kind),
		})
	}
}

// consequence is what would happen if the object were not there, or not usable.
func (m *absent) consequence(kind string) string {
	switch {
	case kind == "Service":
		return "Without it, or without the port, its routes answer 503."
	case kind == "ConfigMap" && len(m.ingresses) == 0:
		return "What it says is not known: its settings count as not set."
	case kind == "ConfigMap":
		return "Without it, or with a header that is not allowed, the routes are closed."
	case m.uses[forClients]:
		return "Without it, or without a usable ca.crt, the hosts are closed."
	case m.uses[forUsers] || m.uses[forUserMap]:
		return "Without it, or without usable hashes, the routes are closed."
	case m.uses[forServers]:
		return "Without it, or without a usable certificate, the routes are closed."
	default:
		return "Without it, or with a certificate for other names, the default certificate is used."
	}
}
