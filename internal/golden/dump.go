package golden

import (
	"crypto/x509"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

// width is how long a value may be to stand on one line.
const width = 110

// Model writes a model for a reader: every value that is not zero, by the names of the fields. Of what holds for every
// host it writes what is otherwise in a model without Ingresses and settings. Certificates are written by their subjects.
func Model(m, plain *model.Model) string {
	var b strings.Builder
	for _, h := range m.Hosts {
		block(&b, "host", *h)
	}
	for _, backend := range m.Backends {
		block(&b, "backend", *backend)
	}
	global, usual := reflect.ValueOf(m.Global), reflect.ValueOf(plain.Global)
	for i := range global.NumField() {
		if reflect.DeepEqual(global.Field(i).Interface(), usual.Field(i).Interface()) {
			continue
		}
		n := tree(global.Field(i))
		n.print(&b, "global "+global.Type().Field(i).Name+": ", 0)
	}
	return b.String()
}

func block(b *strings.Builder, name string, v any) {
	n := tree(reflect.ValueOf(v))
	n.print(b, name+" ", 0)
}

// node is a value with a text, or with parts.
type node struct {
	text  string
	parts []part // of a struct, list or map
	list  bool
}

type part struct {
	name string // "" in a list
	node node
}

func (n node) inline() string {
	if n.parts == nil {
		return n.text
	}
	var out []string
	for _, p := range n.parts {
		if p.name != "" {
			out = append(out, p.name+": "+p.node.inline())
		} else {
			out = append(out, p.node.inline())
		}
	}
	if n.list {
		return "[" + strings.Join(out, ", ") + "]"
	}
	return "{" + strings.Join(out, ", ") + "}"
}

// print writes a line, or a head with the parts below it.
func (n node) print(b *strings.Builder, head string, depth int) {
	indent := strings.Repeat("  ", depth)
	if line := indent + head + n.inline(); n.parts == nil || len(line) <= width {
		b.WriteString(line + "\n")
		return
	}
	b.WriteString(indent + strings.TrimRight(head, " ") + "\n")
	for _, p := range n.parts {
		if p.name != "" {
			p.node.print(b, p.name+": ", depth+1)
		} else {
			p.node.print(b, "- ", depth+1)
		}
	}
}

func tree(v reflect.Value) node {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return node{text: "none"}
	}
	if text, ok := leaf(v); ok {
		return node{text: text}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.Kind() == reflect.Interface {
			return named(v.Elem())
		}
		return tree(v.Elem())
	case reflect.Struct:
		return structTree(v)
	case reflect.Slice, reflect.Array:
		n := node{parts: []part{}, list: true}
		for i := range v.Len() {
			n.parts = append(n.parts, part{"", tree(v.Index(i))})
		}
		return n
	case reflect.Map:
		n := node{parts: []part{}}
		for _, k := range slices.SortedFunc(maps.Keys(keys(v)), strings.Compare) {
			n.parts = append(n.parts, part{k, tree(keys(v)[k])})
		}
		return n
	case reflect.String:
		return node{text: quoted(v.String())}
	default:
		return node{text: fmt.Sprint(v.Interface())}
	}
}

func keys(v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	for _, k := range v.MapKeys() {
		out[fmt.Sprint(k.Interface())] = v.MapIndex(k)
	}
	return out
}

// named tells which of a closed set a value is.
func named(v reflect.Value) node {
	inner := tree(v)
	if len(inner.parts) == 0 {
		return node{text: v.Type().Name()}
	}
	return node{parts: []part{{v.Type().Name(), inner}}}
}

func structTree(v reflect.Value) node {
	n := node{parts: []part{}}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || field.Name == "PEM" || empty(v.Field(i)) {
			continue
		}
		n.parts = append(n.parts, part{field.Name, tree(v.Field(i))})
	}
	return n
}

// empty is what is not worth a line. The zero value of an enumeration is: "off" and "Exact" mean something.
func empty(v reflect.Value) bool {
	if _, named := v.Interface().(fmt.Stringer); named && v.CanInt() && v.Type() != reflect.TypeFor[time.Duration]() {
		return false
	}
	return v.IsZero() || (v.Kind() == reflect.Slice || v.Kind() == reflect.Map) && v.Len() == 0
}

// leaf writes what has a text of its own.
func leaf(v reflect.Value) (string, bool) {
	switch x := v.Interface().(type) {
	case *x509.Certificate:
		return quoted(x.Subject.String()), true
	case *x509.RevocationList:
		return fmt.Sprintf("%q with %d entries", x.Issuer, len(x.RevokedCertificateEntries)), true
	case time.Time:
		return "(a time)", true
	case issue.Ref:
		return x.String(), true
	case model.VerifyCode:
		return strconv.Itoa(int(x)), true
	case []byte:
		return fmt.Sprintf("(%d bytes)", len(x)), true
	case fmt.Stringer:
		return x.String(), true
	default:
		return "", false
	}
}

// quoted leaves words as they are.
func quoted(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`"\{}[],`, r) || r > '~' }) {
		return s
	}
	return strconv.Quote(s)
}
