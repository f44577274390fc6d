package dir

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// assembly puts the objects of all files together.
type assembly struct {
	out       *snapshot.Objects
	issues    issue.List
	endpoints []object
}

// assemble takes the files in order of precedence. Objects that only an older version of a broken file had come
// last: where another file has the object by now, that one is used.
func assemble(files []*file) (*snapshot.Objects, issue.List) {
	a := &assembly{out: &snapshot.Objects{Positions: map[snapshot.Key]snapshot.Position{}}}
	for _, f := range files {
		a.issues = append(a.issues, f.report()...)
		for _, o := range f.objects {
			if first, ok := a.out.Positions[o.key]; ok {
				a.duplicate(o, f.path, first)
				continue
			}
			a.add(o, f.path)
		}
	}
	for _, f := range files {
		for _, o := range f.kept {
			if _, ok := a.out.Positions[o.key]; !ok {
				a.add(o, f.path)
			}
		}
	}
	a.convertEndpoints()
	return a.out, a.issues
}

// lastStays ends the message of an issue that traffic does not see yet.
const lastStays = " The last good version of what it held stays."

// report is the issues of a file; where its last good version stays, they say so.
func (f *file) report() issue.List {
	if len(f.kept) == 0 {
		return f.issues
	}
	out := make(issue.List, 0, len(f.issues))
	for _, i := range f.issues {
		switch {
		case i.Effect == issue.Withheld:
			i.Effect = issue.Ignored
			i.Message += lastStays
		case i.Effect == issue.Ignored && i.Object.Kind == "": // a document without a kind
			i.Message += lastStays
		}
		out = append(out, i)
	}
	return out
}

func (a *assembly) add(o object, path string) {
	a.out.Positions[o.key] = snapshot.Position{File: path, Line: o.line}
	switch v := o.value.(type) {
	case *netv1.Ingress:
		a.out.Ingresses = append(a.out.Ingresses, v)
	case *netv1.IngressClass:
		a.out.IngressClasses = append(a.out.IngressClasses, v)
	case *corev1.Service:
		a.out.Services = append(a.out.Services, v)
	case *discoveryv1.EndpointSlice:
		a.out.EndpointSlices = append(a.out.EndpointSlices, v)
	case *corev1.Endpoints:
		a.endpoints = append(a.endpoints, o)
	case *corev1.Secret:
		a.out.Secrets = append(a.out.Secrets, v)
	case *corev1.ConfigMap:
		a.out.ConfigMaps = append(a.out.ConfigMaps, v)
	case *corev1.Namespace:
		a.out.Namespaces = append(a.out.Namespaces, v)
	default:
		panic(fmt.Sprintf("a kind that is decoded but not handed over: %T", v))
	}
}

func (a *assembly) duplicate(o object, path string, first snapshot.Position) {
	a.issues = append(a.issues, issue.Issue{
		Code: issue.ManifestDuplicate, Severity: issue.Warning, Effect: issue.Ignored,
		Object: issue.Ref{
			Kind: o.key.Kind, Namespace: o.key.Namespace, Name: o.key.Name, File: path, Line: o.line,
		},
		Message: fmt.Sprintf("The object stands at %s:%d, too; that one is used.", first.File, first.Line),
	})
}

// convertEndpoints turns Endpoints into slices. A Service that has slices of its own keeps these alone, as in a
// cluster, where the same addresses stand in both; an address that only the Endpoints have is reported.
func (a *assembly) convertEndpoints() {
	type service struct{ namespace, name string }
	addresses := map[service]map[string]bool{}
	if len(a.endpoints) > 0 {
		for _, s := range a.out.EndpointSlices {
			k := service{s.Namespace, s.Labels[discoveryv1.LabelServiceName]}
			if addresses[k] == nil {
				addresses[k] = map[string]bool{}
			}
			for _, e := range s.Endpoints {
				for _, ip := range e.Addresses {
					addresses[k][ip] = true
				}
			}
		}
	}
	for _, o := range a.endpoints {
		e := o.value.(*corev1.Endpoints)
		position := a.out.Positions[o.key]
		if have, ok := addresses[service{e.Namespace, e.Name}]; ok {
			a.overruled(e, have)
			continue
		}
		for _, s := range slicesOf(e) {
			a.out.EndpointSlices = append(a.out.EndpointSlices, s)
			a.out.Positions[snapshot.Key{Kind: "EndpointSlice", Namespace: s.Namespace, Name: s.Name}] = position
		}
	}
}

func (a *assembly) overruled(e *corev1.Endpoints, have map[string]bool) {
	for _, s := range e.Subsets {
		for _, ip := range append(s.Addresses[:len(s.Addresses):len(s.Addresses)], s.NotReadyAddresses...) {
			if !have[ip.IP] {
				a.issues = append(a.issues, issue.Issue{
					Code: issue.ManifestDuplicate, Severity: issue.Warning, Effect: issue.Ignored,
					Object:  a.out.Ref("Endpoints", e.Namespace, e.Name),
					Message: "The Service has EndpointSlices, which are used alone; an address stands in the Endpoints only.",
				})
				return
			}
		}
	}
}
