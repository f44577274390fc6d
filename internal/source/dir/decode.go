package dir

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	kjson "sigs.k8s.io/json"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

// decode reads one object of a known kind and version that begins at line.
func (r *reader) decode(k kind, n *yaml.Node, line int) {
	ref := issue.Ref{Kind: k.name, File: r.path, Line: line}
	ref.Namespace, ref.Name = identity(k, n)
	e := encoder{buf: make([]byte, 0, 1024), expanded: r.expanded}
	err := e.value(n, "", 0)
	r.expanded = e.expanded
	if err != nil {
		r.failAt(ref, err)
		return
	}
	obj := k.make()
	strict, err := kjson.UnmarshalStrict(e.buf, obj)
	if err != nil {
		field, l := explain(k, n, err)
		i := l.issue(ref)
		i.Field = field
		r.broken, r.issues = true, append(r.issues, i)
		return
	}
	for _, err := range strict {
		r.issues = append(r.issues, strictIssue(ref, n, err))
	}
	if message := adopt(k, obj); message != "" {
		r.failObject(ref, &located{line: line, message: message})
		return
	}
	if err := complete(obj); err != nil {
		r.failObject(ref, &located{line: line, message: err.Error()})
		return
	}
	key := snapshot.Key{Kind: k.name, Namespace: obj.GetNamespace(), Name: obj.GetName()}
	r.objects = append(r.objects, object{key, line, obj})
}

func (r *reader) failAt(ref issue.Ref, err error) {
	l, ok := errors.AsType[*located](err)
	if !ok {
		l = &located{line: ref.Line, message: err.Error()}
	}
	r.failObject(ref, l)
}

// adopt checks the names and sets the namespace, as an API server and kubectl do.
func adopt(k kind, obj metav1.Object) string {
	name := obj.GetName()
	if name == "" {
		return "The object has no metadata.name"
	}
	if len(validation.IsDNS1123Subdomain(name)) > 0 {
		return "metadata.name is no lower-case DNS name"
	}
	if k.cluster {
		obj.SetNamespace("")
		return ""
	}
	switch ns := obj.GetNamespace(); {
	case ns == "":
		obj.SetNamespace(metav1.NamespaceDefault)
	case len(validation.IsDNS1123Label(ns)) > 0:
		return "metadata.namespace is no lower-case DNS label"
	}
	return ""
}

// strictIssue reports a field that is unknown or stands twice; the object is served without the one or the other.
func strictIssue(ref issue.Ref, n *yaml.Node, err error) issue.Issue {
	i := issue.Issue{
		Code: issue.ManifestParse, Severity: issue.Warning, Effect: issue.Ignored,
		Object: ref, Message: err.Error() + ".",
	}
	if f, ok := err.(interface{ FieldPath() string }); ok {
		i.Field = f.FieldPath()
		i.Object.Line = lineOf(n, i.Field)
		switch {
		case strings.HasPrefix(err.Error(), "unknown field"):
			i.Message = "The field is unknown here; check its spelling and its indentation."
		case strings.HasPrefix(err.Error(), "duplicate field"):
			i.Message = "The field stands twice; the last one is used."
		}
	}
	return i
}

// lineOf finds the line of a path such as spec.rules[0].http; of what is not found, the line of the nearest parent.
func lineOf(n *yaml.Node, path string) int {
	line := n.Line
	for range maxDepth {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		next, key, rest := step(n, path)
		if next == nil {
			return line
		}
		if line = next.Line; key != nil {
			line = key.Line
		}
		if rest == "" {
			return line
		}
		n, path = next, strings.TrimPrefix(rest, ".")
	}
	return line
}

// step follows the first part of a path. Keys may hold dots, so the longest key that fits is taken.
func step(n *yaml.Node, path string) (value, key *yaml.Node, rest string) {
	if n.Kind == yaml.SequenceNode {
		var i int
		if _, err := fmt.Sscanf(path, "[%d]", &i); err != nil || i < 0 || i >= len(n.Content) {
			return nil, nil, ""
		}
		_, rest, _ = strings.Cut(path, "]")
		return n.Content[i], nil, rest
	}
	longest := -1
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		k := n.Content[i].Value
		after, ok := strings.CutPrefix(path, k)
		if ok && len(k) >= longest && (after == "" || after[0] == '.' || after[0] == '[') {
			longest, value, key, rest = len(k), n.Content[i+1], n.Content[i], after
		}
	}
	return value, key, rest
}
