package dir

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// reader collects what the documents of one file, or of a part of it, hold.
type reader struct {
	path string
	content
	unread   []tally
	expanded int // of maxExpanded
}

// tally counts objects of one kind that are not read.
type tally struct {
	apiVersion, kind string
	line             int // of the first one
	count            int
	severity         issue.Severity
}

// fail notes a mistake that belongs to no object yet.
func (r *reader) fail(l *located) { r.failObject(issue.Ref{}, l) }

func (r *reader) failObject(ref issue.Ref, l *located) {
	ref.File = r.path
	r.broken = true
	r.issues = append(r.issues, l.issue(ref))
}

// document reads one document: an object, a list of objects, or nothing.
func (r *reader) document(n *yaml.Node) {
	if n.Kind == yaml.DocumentNode && len(n.Content) == 1 {
		n = n.Content[0]
	}
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return
	}
	r.object(n, "", "", 0)
}

// object reads an object or a list; apiVersion and kind are what a typed list says of its items.
func (r *reader) object(n *yaml.Node, apiVersion, kindName string, depth int) {
	line := n.Line
	if n.Kind == yaml.AliasNode { // a list of aliases of lists could hold more than fits into memory
		r.fail(&located{line: line, message: "An object must be written out; an alias is not read here"})
		return
	}
	if n.Kind != yaml.MappingNode {
		r.fail(&located{line: line, message: "An object of Kubernetes is expected here"})
		return
	}
	for _, part := range []struct {
		key string
		to  *string
	}{{"apiVersion", &apiVersion}, {"kind", &kindName}} {
		v, ok := field(n, part.key)
		if ok && (v.Kind != yaml.ScalarNode || v.ShortTag() != "!!str") {
			r.fail(&located{line: v.Line, message: part.key + " must be a string"})
			return
		}
		if ok {
			*part.to = v.Value
		}
	}
	k, known := kindOf(kindName)
	of, list := strings.CutSuffix(kindName, "List")
	_, typed := kindOf(of)
	switch {
	case known && apiVersion == k.apiVersion:
		r.decode(k, n, line)
	case known && foreign(apiVersion):
		r.skip(tally{apiVersion, kindName, line, 1, issue.Warning})
	case known:
		r.wrongVersion(k, apiVersion, n, line)
	case list && (typed || of == "" && apiVersion == "v1"):
		r.list(n, apiVersion, of, depth)
	case apiVersion == "" || kindName == "":
		r.noObject(apiVersion, kindName, line)
	default:
		r.controller(apiVersion, kindName, n, line)
		r.skip(tally{apiVersion, kindName, line, 1, issue.Info})
	}
}

// list reads the items of a List or of a typed list such as IngressList.
func (r *reader) list(n *yaml.Node, apiVersion, kindName string, depth int) {
	if kindName == "" {
		apiVersion = ""
	}
	items, ok := entry(n, "items")
	switch {
	case depth > 1:
		r.fail(&located{line: n.Line, message: "Lists inside of lists of lists are not read"})
	case !ok || items.Kind == yaml.ScalarNode && items.ShortTag() == "!!null":
	case items.Kind != yaml.SequenceNode:
		r.fail(&located{line: items.Line, message: "The items of a list are expected here"})
	default:
		for _, item := range items.Content {
			r.object(item, apiVersion, kindName, depth+1)
		}
	}
}

// wrongVersion reports a kind that is read in a version that is not: one that Kubernetes removed, or a mistake.
func (r *reader) wrongVersion(k kind, apiVersion string, n *yaml.Node, line int) {
	what := "apiVersion " + apiVersion + " of " + k.name + " is not read"
	switch {
	case apiVersion == "":
		what = k.name + " has no apiVersion"
	case removed(k.name, apiVersion):
		what = k.name + " of apiVersion " + apiVersion + " was removed from Kubernetes"
	}
	ref := issue.Ref{Kind: k.name, File: r.path, Line: line}
	ref.Namespace, ref.Name = identity(k, n)
	r.broken = true
	r.issues = append(r.issues, issue.Issue{
		Code: issue.ManifestUnknown, Severity: issue.Error, Effect: issue.Withheld, Object: ref,
		Field: "apiVersion", Message: what + ".", Suggestion: "apiVersion: " + k.apiVersion + rewrite(k.name, apiVersion),
	})
}

func removed(kind, apiVersion string) bool {
	switch apiVersion {
	case "extensions/v1beta1":
		return kind == "Ingress"
	case "networking.k8s.io/v1beta1":
		return kind == "Ingress" || kind == "IngressClass"
	case "discovery.k8s.io/v1beta1":
		return kind == "EndpointSlice"
	}
	return false
}

// rewrite lists the fields that have another form in networking.k8s.io/v1.
func rewrite(kind, apiVersion string) string {
	if kind != "Ingress" || !removed(kind, apiVersion) {
		return ""
	}
	return "\nserviceName: web  ->  service: {name: web, port: {number: 80}}" +
		"\nspec.backend      ->  spec.defaultBackend" +
		"\npathType          ->  Prefix, Exact or ImplementationSpecific for every path"
}

// noObject reports a document that has no kind, as a values file of Helm. It may be a manifest that lost a line,
// so what the file held before stays.
func (r *reader) noObject(apiVersion, kindName string, line int) {
	lacks := "apiVersion and kind"
	switch {
	case apiVersion != "":
		lacks = "kind"
	case kindName != "":
		lacks = "apiVersion"
	}
	r.broken = true
	r.issues = append(r.issues, issue.Issue{
		Code: issue.ManifestUnknown, Severity: issue.Warning, Effect: issue.Ignored,
		Object:     issue.Ref{File: r.path, Line: line},
		Message:    "The document has no " + lacks + ", so it is no object of Kubernetes.",
		Suggestion: "apiVersion: networking.k8s.io/v1\nkind: Ingress",
	})
}

// skip counts an object of a kind that is not read.
func (r *reader) skip(t tally) {
	for n := range r.unread {
		u := &r.unread[n]
		if u.apiVersion == t.apiVersion && u.kind == t.kind {
			u.count += t.count
			return
		}
	}
	r.unread = append(r.unread, t)
}

// join puts the parts of a file together; kinds that are not read are reported once per file.
func join(path string, parts []reader) content {
	all := reader{path: path}
	for _, p := range parts {
		all.objects = append(all.objects, p.objects...)
		all.controllers = append(all.controllers, p.controllers...)
		all.issues = append(all.issues, p.issues...)
		all.broken = all.broken || p.broken
		for _, u := range p.unread {
			all.skip(u)
		}
	}
	for _, u := range all.unread {
		all.issues = append(all.issues, u.issue(path))
	}
	return all.content
}

func (t tally) issue(path string) issue.Issue {
	message := fmt.Sprintf("%d objects of %s are not read.", t.count, t.apiVersion)
	if t.count == 1 {
		message = fmt.Sprintf("An object of %s is not read.", t.apiVersion)
	}
	return issue.Issue{
		Code: issue.ManifestUnknown, Severity: t.severity, Effect: issue.None,
		Object:  issue.Ref{Kind: t.kind, File: path, Line: t.line},
		Message: message,
	}
}

// field finds the value of a key, also behind an alias.
func field(n *yaml.Node, key string) (*yaml.Node, bool) {
	out, ok := entry(n, key)
	if ok && out.Kind == yaml.AliasNode {
		out = out.Alias
	}
	return out, ok
}

// entry finds the value of a key; of a key that stands twice the last one counts.
func entry(n *yaml.Node, key string) (*yaml.Node, bool) {
	var out *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key && n.Content[i].Kind == yaml.ScalarNode {
			out = n.Content[i+1]
		}
	}
	return out, out != nil
}

func text(n *yaml.Node, key string) (string, bool) {
	v, ok := field(n, key)
	if !ok || v.Kind != yaml.ScalarNode || v.ShortTag() != "!!str" {
		return "", false
	}
	return v.Value, true
}

// identity is namespace and name of an object that is not decoded.
func identity(k kind, n *yaml.Node) (namespace, name string) {
	meta, ok := field(n, "metadata")
	if !ok {
		return "", ""
	}
	name, _ = text(meta, "name")
	if k.cluster || name == "" {
		return "", name
	}
	if namespace, ok = text(meta, "namespace"); !ok || namespace == "" {
		namespace = "default"
	}
	return namespace, name
}
