package model

import (
	"reflect"
	"slices"
)

// Captures lists the groups that the templates of an action and a policy use, sorted: "1" to "9".
func Captures(a Action, p Policy) []string {
	var out []string
	collect(reflect.ValueOf(a), &out)
	collect(reflect.ValueOf(p), &out)
	slices.Sort(out)
	return slices.Compact(out)
}

// collect walks plain data, which has no cycles.
func collect(v reflect.Value, out *[]string) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			collect(v.Elem(), out)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			collect(v.Index(i), out)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			collect(v.MapIndex(k), out)
		}
	case reflect.Struct:
		if part, ok := partOf(v); ok {
			if part.Var == VarCapture {
				*out = append(*out, part.Name)
			}
			return
		}
		for i := range v.NumField() {
			collect(v.Field(i), out)
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
