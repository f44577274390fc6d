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
	positions *snapshot.PositionsEdit
	endpoints []object
	plain     bool // the objects of the files are those of out, one by one
}

// assemble takes the files in order of precedence. Objects that only an older version of a broken file had come
// last: where another file has the object by now, that one is used.
func assemble(files []*file) *assembly {
	a := &assembly{out: &snapshot.Objects{}, positions: (*snapshot.Positions)(nil).Edit(), plain: true}
	for _, f := range files {
		a.issues = append(a.issues, f.report()...)
		for _, o := range f.objects {
			if first, ok := a.positions.At(o.key); ok {
				a.duplicate(o, f.path, first)
				continue
			}
			a.add(o, f.path)
		}
	}
	for _, f := range files {
		for _, o := range f.kept {
			a.plain = false
			if _, ok := a.positions.At(o.key); !ok {
				a.add(o, f.path)
			}
		}
	}
	a.convertEndpoints()
	a.out.Positions = a.positions.Done()
	return a
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
	a.positions.Set(o.key, snapshot.Position{File: path, Line: o.line})
	if _, ok := o.value.(*corev1.Endpoints); ok {
		a.plain = false
		a.endpoints = append(a.endpoints, o)
		return
	}
	list(a.out, o.value)
}

// list adds an object to the list of its kind.
func list(out *snapshot.Objects, value any) {
	switch v := value.(type) {
	case *netv1.Ingress:
		out.Ingresses = append(out.Ingresses, v)
	case *netv1.IngressClass:
		out.IngressClasses = append(out.IngressClasses, v)
	case *corev1.Service:
		out.Services = append(out.Services, v)
	case *discoveryv1.EndpointSlice:
		out.EndpointSlices = append(out.EndpointSlices, v)
	case *corev1.Secret:
		out.Secrets = append(out.Secrets, v)
	case *corev1.ConfigMap:
		out.ConfigMaps = append(out.ConfigMaps, v)
	case *corev1.Namespace:
		out.Namespaces = append(out.Namespaces, v)
	default:
		panic(fmt.Sprintf("a kind that is decoded but not handed over: %T", v))
	}
}

func (a *assembly) duplicate(o object, path string, first snapshot.Position) {
	a.plain = false
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
		position, _ := a.positions.At(o.key)
		if have, ok := addresses[service{e.Namespace, e.Name}]; ok {
			a.overruled(e, position, have)
			continue
		}
		for _, s := range slicesOf(e) {
			a.out.EndpointSlices = append(a.out.EndpointSlices, s)
			a.positions.Set(snapshot.Key{Kind: "EndpointSlice", Namespace: s.Namespace, Name: s.Name}, position)
		}
	}
}

func (a *assembly) overruled(e *corev1.Endpoints, at snapshot.Position, have map[string]bool) {
	for _, s := range e.Subsets {
		for _, ip := range append(s.Addresses[:len(s.Addresses):len(s.Addresses)], s.NotReadyAddresses...) {
			if !have[ip.IP] {
				a.issues = append(a.issues, issue.Issue{
					Code: issue.ManifestDuplicate, Severity: issue.Warning, Effect: issue.Ignored,
					Object:  issue.Ref{Kind: "Endpoints", Namespace: e.Namespace, Name: e.Name, File: at.File, Line: at.Line},
					Message: "The Service has EndpointSlices, which are used alone; an address stands in the Endpoints only.",
				})
				return
			}
		}
	}
}
