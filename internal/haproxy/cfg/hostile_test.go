package cfg

import (
	"math/rand/v2"
	"strings"
)

// hostile are texts that would do harm somewhere if a byte of them were read as syntax: chosen ones, every byte there
// is but NUL, and random ones with the active characters more often than others.
func hostile() []string {
	out := []string{
		"", " ", "  ", "a b", "a  b", " a", "a ", "\t", "a\tb", "\"", "'", "\\", "\\\\", "a\\", "\"\"", "''", "\\\"", "\\'",
		"#", "a #b", "a# b", "$", "$HOME", "${HOME}", "\"$HOME\"", "\"${HOME}\"", "${HOME[*]}", "$(id)", "`id`",
		"%", "%%", "%%%", "%ci", "%[", "%[path]", "%[path", "%{+Q}o", "%{", "%]", "]", "[", ")", "(", "),", ",", ",,", "a,b",
		"),map(/etc/passwd)", "\"),map(/etc/passwd),str(\"", "\\\"),lower", "x\\\"),lower", "x\\",
		"}", "{", "} || {", "}} ", "} or { always_true", "!", "||", "or", "if", "unless", "if TRUE", "-f", "-i", "-m", "--", "-",
		"-f /etc/passwd", "-m reg .*", "\n", "\r", "\r\n", "a\nb", "a\n", "x\n    bogus-directive", "x\nfrontend evil\n  bind :1",
		"x\r\nX-Injected: 1", "\\n", "\\r", "\\t", "\\x41", "\\x00", "\\x", "\x01", "\x7f", "\xff", "\xc3\xa4", "\xe2\x80\xa8",
		"\\1", "\\0", "$1", "^(a|b)$", "^/api(/|$)(.*)", "/\\2", "a;b", ";", "a;show env", "<<", "a <<", "<", "\\;", "\\ ",
		"always_true", ".if 1", ".notice x", "<?xml?>", "{\"a\":\"b\",\"c\":[1,2]}", strings.Repeat("\"\\", 40), strings.Repeat("x", 3000),
	}
	for b := 1; b < 256; b++ {
		out = append(out, string([]byte{byte(b)}))
	}
	return append(out, randomTexts(150)...)
}

func randomTexts(n int) []string {
	const active = "\"\"''\\\\\\$${}[]()%%,,##  \t\n\r;-ifx0"
	r := rand.New(rand.NewPCG(1, 2))
	out := make([]string, n)
	for i := range out {
		b := make([]byte, 1+r.IntN(24))
		for j := range b {
			if b[j] = byte(1 + r.IntN(255)); r.IntN(3) > 0 {
				b[j] = active[r.IntN(len(active))]
			}
		}
		out[i] = string(b)
	}
	return out
}

// keep are the texts for which f holds.
func keep(texts []string, f func(string) bool) []string {
	var out []string
	for _, s := range texts {
		if f(s) {
			out = append(out, s)
		}
	}
	return out
}

func notEmpty(s string) bool { return s != "" }
