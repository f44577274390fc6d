package nginxconf

import (
	"fmt"
	"strings"
	"testing"
)

// show writes directives on one line: name[args]@line{block}.
func show(list []Directive) string {
	var out []string
	for _, d := range list {
		s := fmt.Sprintf("%s%q@%d", d.Name, d.Args, d.Line)
		if d.Open {
			s += "{" + show(d.Block) + "}"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{" # only a comment", ""},
		{"a;", `a[]@1`},
		{"a b\n c ; d;", `a["b" "c"]@1 d[]@2`},
		{"add_header X \"a b;{}#\" always; # ; }", `add_header["X" "a b;{}#" "always"]@1`},
		{`a 'it"s' "it's";`, `a["it\"s" "it's"]@1`},
		{`a "\"\\\d\n\$" \;b;`, `a["\"\\\\d\n\\$" "\\;b"]@1`},
		{"a #b\n#c;\nd;", `a["d"]@1`},
		{"a b#c;", `a["b#c"]@1`},
		{"return 301 https://${host}$uri;", `return["301" "https://${host}$uri"]@1`},
		{"if ($a = \"b\") {\n  return 403;\n}\nx;", `if["($a" "=" "b" ")"]@1{return["403"]@2} x[]@4`},
		{"location = /a{}", `location["=" "/a"]@1{}`},
		{"a 'b\nc'; d;", `a["b\nc"]@1 d[]@2`},
		{"access_by_lua_block { if x then y({}) end } a;", `access_by_lua_block[]@1{} a[]@1`},
	} {
		list, err := Parse(c.in)
		if err != nil || show(list) != c.want {
			t.Errorf("Parse(%q) is %s, %v, want %s", c.in, show(list), err, c.want)
		}
	}
}

func TestParseFails(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a", "line 1: the last line has no ; at its end"},
		{"a\nb }", "line 2: a line has no ; at its end"},
		{"a {\n b;", "line 2: a block is not closed"},
		{"\n}", "line 2: a } closes nothing"},
		{";", "line 1: there is no name before ;"},
		{"{ a; }", "line 1: there is no name before {"},
		{"a \"b;", "line 1: a quote is not closed"},
		{`a "b"c;`, "line 1: there is no blank behind a quote"},
		{"a \x00;", "line 1: it holds a NUL byte"},
		{"access_by_lua_block { {", "line 1: a block is not closed"},
		{strings.Repeat("a {", 10), "line 1: there are more than 8 blocks within each other"},
		{strings.Repeat(" ", MaxText+1), "line 1: the text is longer than 65536 bytes"},
	} {
		if _, err := Parse(c.in); err == nil || err.Error() != c.want {
			t.Errorf("Parse(%.20q) fails with %v, want %s", c.in, err, c.want)
		}
	}
}

// FuzzParse: what is read can be written down in quotes and is read again as the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"more_set_headers \"X-A: b\";", "if ($http_x ~* \"^a{2}\") {\n return 403 'no';\n}", "a \\", "a \"\\", "set $a ${b}c;",
		"location ~ \\.php$ { deny all; }", "content_by_lua_block { x = \"}\" }", "a b#c; # d", "'a' \"b\";",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(write(list))
		if err != nil || show(without(again)) != show(without(list)) {
			t.Fatalf("%q is %s; written down, it is %s, %v", s, show(list), show(again), err)
		}
		if n := strings.Count(s, "\n") + 1; lastLine(list) > n {
			t.Fatalf("%q has %d lines, not %d", s, n, lastLine(list))
		}
	})
}

func write(list []Directive) string {
	quote := func(s string) string {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	var b strings.Builder
	for _, d := range list {
		b.WriteString(quote(d.Name))
		for _, a := range d.Args {
			b.WriteString(" " + quote(a))
		}
		if d.Open {
			b.WriteString("{" + write(d.Block) + "}")
		} else {
			b.WriteString(";")
		}
	}
	return b.String()
}

func without(list []Directive) []Directive {
	var out []Directive
	for _, d := range list {
		d.Line, d.Block = 0, without(d.Block)
		out = append(out, d)
	}
	return out
}

func lastLine(list []Directive) int {
	last := 0
	for _, d := range list {
		last = max(last, d.Line, lastLine(d.Block))
	}
	return last
}
