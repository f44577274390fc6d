package cfg

import (
	"fmt"
	"strings"
	"testing"
)

// A body is byte for byte what was put into the configuration, on each of the levels of quoting.
func TestTextComesOutOfHAProxyUnchanged(t *testing.T) {
	texts := hostile()
	words := keep(texts, notEmpty)
	var rules []Line
	for i, s := range words {
		rules = append(rules, answer(fmt.Sprintf("/word/%d", i), Kw("string"), Word(s)))
	}
	for i, s := range texts {
		rules = append(rules,
			answer(fmt.Sprintf("/text/%d", i), Kw("lf-string"), Format(Text(s))),
			L("http-request set-var(txn.v)", Expr(Str(s))).If(Match(Fetch("path"), Exact, fmt.Sprintf("/var/%d", i))),
			answer(fmt.Sprintf("/var/%d", i), Kw("lf-string"), Format(
				Print(Var("txn.v").Conv("hex")), Text(" "), Print(Str(s).Conv("hex")))),
		)
	}
	p := start(t, shortDir(t), rules)
	p.compare(t, "word", words)
	p.compare(t, "text", texts)
	p.compare(t, "var", sampled(texts))
}

// sampled is what a variable and a sample print of the texts in hexadecimal.
func sampled(texts []string) []string {
	out := make([]string, len(texts))
	for i, s := range texts {
		hex := fmt.Sprintf("%X", s)
		out[i] = hex + " " + hex
	}
	return out
}

// Literal text and expressions stand next to each other in one format without touching each other.
func TestMixedFormatComesOutUnchanged(t *testing.T) {
	texts := keep(hostile(), withoutControl)
	var rules []Line
	want := make([]string, len(texts))
	for i, s := range texts {
		other := texts[len(texts)-1-i]
		rules = append(rules, answer(fmt.Sprintf("/mix/%d", i), Kw("lf-string"),
			Format(Text(s), Print(Str(other)), Text(s), Print(Str(s).Conv("concat", other, "", s)), LogVar("HM"))))
		want[i] = s + other + s + s + other + s + "GET"
	}
	start(t, shortDir(t), rules).compare(t, "mix", want)
}

// A header has literal text as it is, and a sample with its control bytes in percent-encoding.
func TestHeaderValuesComeOutAsWritten(t *testing.T) {
	texts := hostile()
	rules := make([]Line, 0, 2*len(texts)+2)
	for i, s := range texts {
		here := Match(Var("txn.path"), Exact, fmt.Sprintf("/%d", i))
		rules = append(rules, L("http-after-response set-header", HeaderName("x-sample"), Header(Text("<"), Print(Str(s)), Text(">"))).If(here))
		if withoutControl(s) {
			rules = append(rules, L("http-after-response set-header", HeaderName("x-text"), Header(Text("<"+s+">"))).If(here))
		}
	}
	rules = append(rules,
		L("http-request set-var(txn.path)", Expr(Fetch("path"))),
		L("http-request return status 200"))
	p := start(t, shortDir(t), rules)
	for i, s := range texts {
		head, _ := p.get(t, fmt.Sprintf("/%d", i))
		want := "\r\nx-sample: <" + printed(s) + ">\r\n"
		if withoutControl(s) {
			want += "x-text: <" + s + ">\r\n"
		}
		if !strings.Contains(head, want) {
			t.Errorf("%q came back as %q", s, head)
		}
	}
}

func withoutControl(s string) bool { return !strings.ContainsFunc(s, isControl) }

// printed is what %[str(s)] prints into a header.
func printed(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; isControl(rune(c)) {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// The arguments of regsub survive with everything that regular expressions are made of.
func TestRegsubArguments(t *testing.T) {
	cases := []struct{ in, regex, with, flags, want string }{
		{"/api/users", `^/api(/|$)(.*)`, `/\2`, "", "/users"},
		{"a,b)c(d", `[,()]`, `"`, "g", `a"b"c"d`},
		{`a\b`, `\\`, `$1,%[path]`, "", `a$1,%[path]b`},
		{"it's", `'`, `''`, "", "it''s"},
		{"A-a", "a", "#", "gi", "#-#"},
		{"x y", ` `, "\t", "", "x\ty"},
		{"x}y", `\}`, `{`, "", "x{y"},
	}
	var rules []Line
	var want []string
	for i, c := range cases {
		args := []string{c.regex, c.with}
		if c.flags != "" {
			args = append(args, c.flags)
		}
		sample := Str(c.in).Conv("regsub", args...)
		rules = append(rules,
			answer(fmt.Sprintf("/lf/%d", i), Kw("lf-string"), Format(Print(sample))),
			L("http-request set-var(txn.v)", Expr(sample)).If(Match(Fetch("path"), Exact, fmt.Sprintf("/expr/%d", i))))
		want = append(want, c.want)
	}
	rules = append(rules, L("http-request return", Kw("status 200 content-type text/plain lf-string"), Format(Print(Var("txn.v")))))
	p := start(t, shortDir(t), rules)
	p.compare(t, "lf", want)
	p.compare(t, "expr", want)
}
