package cfg

import (
	"errors"
	"strings"
)

var (
	errNUL   = errors.New("holds a NUL byte, which HAProxy can't read")
	errEmpty = errors.New("is empty, which HAProxy takes for the end of the line")
)

const hexDigits = "0123456789abcdef"

// quoteWord writes s so that the line parser reads back exactly s. NUL has no spelling and must be refused before.
func quoteWord(s string) string {
	if isBare(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8)
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '$':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c >= 0x7f:
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quoteParam writes s as one argument between the parentheses of a fetch or converter.
func quoteParam(s string) string {
	if isPlain(s) {
		return s
	}
	return `"` + paramEscapes.Replace(s) + `"`
}

var paramEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// isBare tells whether s is one word without quotes. The set is smaller than HAProxy's.
func isBare(s string) bool { return isMadeOf(s, "-_./:,@+=()[]%*~!?&|") }

// isPlain tells whether s needs no quotes on any level, parameter lists included.
func isPlain(s string) bool { return isMadeOf(s, "-_./:@+=") }

// isName tells whether s has only the characters of a proxy, server or ACL name.
func isName(s string) bool { return isMadeOf(s, "-_.:") }

// isMadeOf tells whether s is not empty and has only letters, digits and the given characters.
func isMadeOf(s, others string) bool {
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && strings.IndexByte(others, s[i]) < 0 {
			return false
		}
	}
	return s != ""
}

func isAlnum(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func hasNUL(s string) bool { return strings.IndexByte(s, 0) >= 0 }
