package nginx

import (
	"fmt"
	"strings"
	"testing"
)

func TestParsePatterns(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", "[]"},
		{"curl, ~*bot ,~Evil", "[{curl false true} {bot true true} {Evil true false}]"},
		{`"Mozilla/5.0 (X)",'~*a b'`, "[{Mozilla/5.0 (X) false true} {a b true true}]"},
		{"~(", `the expression "(" can't be read`},
		{"~*", `the expression "" can't be read`},
		{"a\nb", "an entry has control characters"},
	} {
		list, err := parsePatterns(c.in)
		got := fmt.Sprint(list)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("parsePatterns(%q) is %s, want %s", c.in, got, c.want)
		}
	}
}

// FuzzParsePatterns: nothing that would end a line of a configuration comes out, and no empty pattern, which would
// match every client.
func FuzzParsePatterns(f *testing.F) {
	f.Add(`a,~b,~*c,"d e"`)
	f.Fuzz(func(t *testing.T, s string) {
		list, err := parsePatterns(s)
		if err != nil {
			return
		}
		for _, p := range list {
			if p.Text == "" || strings.ContainsAny(p.Text, "\n\r\x00") {
				t.Fatalf("%q gives the pattern %q", s, p.Text)
			}
		}
	})
}
