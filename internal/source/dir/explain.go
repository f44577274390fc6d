package dir

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// explain finds field and line of a value that does not decode. It never repeats the value of a Secret.
func explain(k kind, n *yaml.Node, err error) (string, *located) {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return wrongType(k, n, t)
	}
	if _, ok := errors.AsType[base64.CorruptInputError](err); ok {
		field, line := badBase64(n)
		return field, &located{line: line, message: "The value is not base64; plain text belongs into stringData"}
	}
	if k.name == "Secret" {
		return "", &located{line: n.Line, message: "The Secret does not decode"}
	}
	return "", &located{line: n.Line, message: "The object does not decode: " + err.Error()}
}

// wrongType finds the value that the decoder stopped behind.
func wrongType(k kind, n *yaml.Node, t *json.UnmarshalTypeError) (string, *located) {
	e := encoder{trace: true}
	if e.value(n, "", 0) != nil || len(e.marks) == 0 {
		return t.Field, &located{line: n.Line, message: "A value has the wrong type"}
	}
	at := e.marks[0]
	for _, m := range e.marks {
		if int64(m.offset) < t.Offset {
			at = m
		}
	}
	got, _, _ := strings.Cut(t.Value, " ")
	l := &located{line: at.node.Line, message: "The value must be " + wanted(t.Type) + ", not " + article(got)}
	if t.Type.Kind() == reflect.String && at.node.Kind == yaml.ScalarNode && at.key != "" && k.name != "Secret" {
		l.suggestion = fmt.Sprintf("%s: %q", at.key, at.node.Value)
	}
	return strings.TrimPrefix(at.path, "metadata.annotations."), l
}

// badBase64 finds the first value below data that is not base64.
func badBase64(n *yaml.Node) (string, int) {
	data, ok := field(n, "data")
	if !ok {
		return "data", n.Line
	}
	for i := 0; i+1 < len(data.Content); i += 2 {
		v := data.Content[i+1]
		if _, err := base64.StdEncoding.DecodeString(v.Value); err != nil {
			return "data." + data.Content[i].Value, v.Line
		}
	}
	return "data", data.Line
}

// wanted names a Go type in the words of JSON.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a boolean"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return fmt.Sprintf("a whole number of at most %d bits", t.Bits())
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return "a string of base64"
		}
		return "a list"
	default:
		return "a mapping"
	}
}

func article(json string) string {
	switch json {
	case "bool":
		return "a boolean"
	case "array":
		return "a list"
	case "object":
		return "a mapping"
	case "number":
		return "this number"
	default:
		return "a " + json
	}
}
