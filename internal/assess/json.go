package assess

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
)

// WriteJSON writes the report for a program, as docs/assess.schema.json describes it.
func WriteJSON(w io.Writer, r *Report) error { return writeJSON(w, r) }

// writeJSON escapes what does not print, too: a terminal is not driven, and no text runs backwards.
func writeJSON(w io.Writer, value any) error {
	var plain bytes.Buffer
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		return err
	}
	out := make([]byte, 0, plain.Len())
	for _, c := range plain.String() { // outside of strings JSON is ASCII
		switch {
		case c == '\n' || unicode.IsPrint(c):
			out = append(out, string(c)...)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	_, err := w.Write(out)
	return err
}

// some is a list that JSON shows as one, even without an entry.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
