package dir

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	sigsyaml "sigs.k8s.io/yaml"
)

const (
	maxDepth    = 200     // no object of Kubernetes nests nearly as deep
	maxExpanded = 8 << 20 // bytes, about, that aliases and merge keys may add to one part of a file
)

var errTooDeep = fmt.Errorf("it nests deeper than %d levels", maxDepth)

// encoder writes a YAML tree as JSON with the meaning that kubectl gives it: YAML 1.1, so an unquoted yes or on is
// true and a date is a string.
type encoder struct {
	buf      []byte
	aliases  int // that the value stands in
	expanded int // of maxExpanded
	trace    bool
	path     string // where the encoder is; only when tracing
	marks    []mark // only when tracing
}

// mark says which node the JSON from offset on came from.
type mark struct {
	offset int
	path   string
	key    string // the last key of path; empty for an item of a list
	node   *yaml.Node
}

func (e *encoder) value(n *yaml.Node, key string, depth int) error {
	if e.aliases > 0 {
		if err := e.expand(n, 1); err != nil {
			return err
		}
	}
	if depth > maxDepth {
		return &located{line: n.Line, message: "The object is unusable: " + errTooDeep.Error()}
	}
	if n.Kind == yaml.AliasNode {
		e.aliases++
		defer func() { e.aliases-- }()
		return e.value(n.Alias, key, depth+1)
	}
	if e.trace {
		e.marks = append(e.marks, mark{len(e.buf), e.path, key, n})
	}
	switch n.Kind {
	case yaml.MappingNode:
		return e.mapping(n, depth)
	case yaml.SequenceNode:
		return e.sequence(n, depth)
	default:
		return e.scalar(n)
	}
}

// expand counts values that the file holds once and the object many times.
func (e *encoder) expand(n *yaml.Node, values int) error {
	if e.expanded += values*16 + len(n.Value); e.expanded > maxExpanded {
		return &located{line: n.Line, message: "Aliases make the object too large"}
	}
	return nil
}

func (e *encoder) sequence(n *yaml.Node, depth int) error {
	parent := e.path
	defer func() { e.path = parent }()
	e.buf = append(e.buf, '[')
	for i, c := range n.Content {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		if e.trace {
			e.path = fmt.Sprintf("%s[%d]", parent, i)
		}
		if err := e.value(c, "", depth+1); err != nil {
			return err
		}
	}
	e.buf = append(e.buf, ']')
	return nil
}

func (e *encoder) mapping(n *yaml.Node, depth int) error {
	pairs, err := e.pairs(n, depth)
	if err != nil {
		return err
	}
	parent := e.path
	defer func() { e.path = parent }()
	e.buf = append(e.buf, '{')
	for i, p := range pairs {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		if e.trace {
			e.path = strings.TrimPrefix(parent+"."+p.key, ".")
		}
		e.buf = appendString(e.buf, p.key)
		e.buf = append(e.buf, ':')
		if err := e.value(p.value, p.key, depth+1); err != nil {
			return err
		}
	}
	e.buf = append(e.buf, '}')
	return nil
}

func (e *encoder) scalar(n *yaml.Node) error {
	tag := n.ShortTag()
	if n.Style&yaml.TaggedStyle != 0 && tag != "!!str" {
		return &located{line: n.Line, message: "The tag " + tag + " has no meaning in a manifest"}
	}
	switch tag {
	case "!!str":
		if b, ok := oldBool(n); ok {
			e.buf = strconv.AppendBool(e.buf, b)
			return nil
		}
		e.buf = appendString(e.buf, n.Value)
	case "!!timestamp", "!!merge":
		e.buf = appendString(e.buf, n.Value)
	case "!!null":
		e.buf = append(e.buf, "null"...)
	case "!!bool", "!!int", "!!float":
		return e.typed(n)
	default:
		return &located{line: n.Line, message: "The value is neither text nor a number nor a boolean"}
	}
	return nil
}

// typed writes booleans and numbers. JSON has one spelling of them and YAML many, of which the parser of kubectl
// knows the value.
func (e *encoder) typed(n *yaml.Node) error {
	if plainInt(n.Value) || n.Value == "true" || n.Value == "false" {
		e.buf = append(e.buf, n.Value...)
		return nil
	}
	text, err := sigsyaml.YAMLToJSON([]byte(n.Value))
	if err != nil {
		return &located{line: n.Line, message: "The number is not finite"}
	}
	e.buf = append(e.buf, bytes.TrimSpace(text)...)
	return nil
}

// plainInt accepts what JSON and YAML agree on: no sign, no leading zero, no other base.
func plainInt(s string) bool {
	if s == "" || len(s) > 18 || s[0] == '0' && len(s) > 1 {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}

// oldBool knows the booleans that only YAML 1.1 has, which is what kubectl reads.
func oldBool(n *yaml.Node) (value, ok bool) {
	if n.Style != 0 || len(n.Value) > 3 {
		return false, false
	}
	switch n.Value {
	case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON":
		return true, true
	case "n", "N", "no", "No", "NO", "off", "Off", "OFF":
		return false, true
	}
	return false, false
}

// appendString writes s as a JSON string.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string can always be written
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
