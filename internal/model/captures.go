package model

import (
	"reflect"
	"slices"
)

// Captures lists the groups that the templates of an action and a policy use, sorted: "1" to "9".
func Captures(a Action, p Policy) []string {
	return names(VarCapture, a, p)
}

// Came lists the headers whose values a policy wants as clients send them, in lower case, sorted.
func Came(p Policy) []string { return names(VarCame, p) }

// names lists those of the parts of a kind.
func names(kind Variable, values ...any) []string {
	var out []string
	for _, v := range values {
		collect(reflect.ValueOf(v), kind, &out)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// collect walks plain data, which has no cycles.
func collect(v reflect.Value, kind Variable, out *[]string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			collect(v.Elem(), kind, out)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			collect(v.Index(i), kind, out)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			collect(v.MapIndex(k), kind, out)
		}
	case reflect.Struct:
		if part, ok := partOf(v); ok {
			if part.Var == kind {
				*out = append(*out, part.Name)
			}
			return
		}
		for i := range v.NumField() {
			collect(v.Field(i), kind, out)
		}
	}
}

func partOf(v reflect.Value) (Part, bool) {
	if v.Type() != reflect.TypeFor[Part]() || !v.CanInterface() {
		return Part{}, false
	}
	part, ok := v.Interface().(Part)
	return part, ok
}
