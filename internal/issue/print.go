package issue

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// indent is as wide as the column of the severities.
const indent = "         "

// WriteText writes the issues for a reader, sorted, in the one form that every command uses:
//
//	error    Ingress shop/web (shop.yaml:12) [client-cert/secret-missing]
//	         nginx.ingress.kubernetes.io/auth-tls-secret: Secret shop/ca does not exist. Effect: withheld.
//	         Write instead: nginx.ingress.kubernetes.io/auth-tls-secret: shop/clients
//
// Text of a manifest can't drive the terminal: characters that don't print are written as escapes.
func WriteText(w io.Writer, l List) error {
	out := bufio.NewWriter(w)
	for _, i := range l.Sorted() {
		fmt.Fprintf(out, "%-9s%s\n", i.Severity, head(i))
		fmt.Fprintf(out, "%s%s Effect: %s.\n", indent, body(i), i.Effect)
		if i.Suggestion != "" {
			lines := strings.Split(strings.TrimRight(i.Suggestion, "\n"), "\n")
			for n := range lines {
				lines[n] = Printable(lines[n])
			}
			fmt.Fprintf(out, "%sWrite instead: %s\n", indent, strings.Join(lines, "\n"+indent+"               "))
		}
	}
	return out.Flush()
}

// WriteJSON writes the issues for a program: one array, sorted, "[]" when there are none.
func WriteJSON(w io.Writer, l List) error {
	sorted := l.Sorted()
	if sorted == nil {
		sorted = List{}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(sorted)
}

// head names object, position and code; the position stands alone where there is no object.
func head(i Issue) string {
	s := Printable(i.Object.String())
	if i.Object.File != "" && i.Object.Kind != "" {
		s += " (" + Printable(i.Object.position()) + ")"
	}
	if s != "" {
		s += " "
	}
	return s + "[" + string(i.Code) + "]"
}

// body is the field and the message as one sentence.
func body(i Issue) string {
	s := Printable(i.Message)
	if i.Field != "" {
		s = Printable(i.Field) + ": " + s
	}
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// Printable escapes what a terminal would act upon or can't show.
func Printable(s string) string {
	if !strings.ContainsFunc(s, hidden) && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case hidden(r) && r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		case hidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

func hidden(r rune) bool { return !unicode.IsPrint(r) }
