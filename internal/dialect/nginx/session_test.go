package nginx

import (
	"strings"
	"testing"
)

// FuzzSessionValues: what is accepted ends neither an attribute of a cookie nor a field of a table.
func FuzzSessionValues(f *testing.F) {
	for _, s := range []string{"INGRESSCOOKIE", "/app?x=1,2", "a;b", "a|b", "x y", "\r\n", "-5", "^(de|at)-", "$arg_k-${request_uri}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := parseBasic(s); err == nil && (v == "" || strings.ContainsAny(v, ";|, \t\r\n\x00")) {
			t.Errorf("%q is accepted as a name", v)
		}
		if v, err := parseCookiePath(s); err == nil && strings.ContainsAny(v, ";| \t\r\n\x00") {
			t.Errorf("%q is accepted as a path", v)
		}
		if v, err := parsePattern(s); err == nil && strings.ContainsAny(v, "\r\n\x00") {
			t.Errorf("%q is accepted as an expression", v)
		}
		if n, err := parseCookieTime(s); err == nil && (n > 400*24*3600*10 || n < -400*24*3600*10) {
			t.Errorf("%q is a time of %d", s, n)
		}
		if v, err := parseHash(s); err == nil && strings.ContainsAny(v, " ;|%\"'\\\r\n\x00") {
			t.Errorf("%q is accepted as what is hashed", v)
		}
		if n, err := parseSubsetSize(s); err == nil && n < 1 {
			t.Errorf("%q is a size of %d", s, n)
		}
	})
}
