package cfg

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/issue"
)

func ref(name string) issue.Ref { return issue.Ref{Kind: "Ingress", Namespace: "shop", Name: name} }

func TestRenderWritesLinesAndTheirOrigins(t *testing.T) {
	backend := Section{Header: L("backend", Name("b")).Of(ref("b"))}
	backend.Add(L("mode http"), L("http-request deny").If(ACL("x")).Of(ref("deny")).Of(ref("more")))
	text, origins, err := File{[]Section{{Header: L("global"), Lines: []Line{L("maxconn", Int(5))}}, backend}}.Render()
	if err != nil {
		t.Fatal(err)
	}
	want := "global\n    maxconn 5\n\nbackend b\n    mode http\n    http-request deny if x\n"
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	wantOrigins := [][]issue.Ref{nil, nil, nil, nil, {ref("b")}, {ref("b")}, {ref("deny"), ref("more")}}
	if !reflect.DeepEqual(origins, wantOrigins) {
		t.Errorf("got  %v\nwant %v", origins, wantOrigins)
	}
	if got := strings.Count(string(text), "\n") + 1; got != len(origins) {
		t.Errorf("%d lines, %d origins", got, len(origins))
	}
}

func TestRenderRefusesAllOrNothing(t *testing.T) {
	s := Section{Header: L("backend", Name("a b")).Of(ref("header"))}
	s.Add(L("mode http"), L("acl", Name("x"), Word("a\x00")).Of(ref("line")), Line{}, Line{Args: []Arg{Word("bogus")}},
		Line{Args: []Arg{Kw("!x")}}, L("deny", slices.Repeat([]Arg{Word("w")}, maxWords)...))
	text, origins, err := File{[]Section{s}}.Render()
	var refused *RefusedError
	if text != nil || origins != nil || !errors.As(err, &refused) {
		t.Fatalf("got %q, %v, %v", text, origins, err)
	}
	want := []Refusal{
		{[]issue.Ref{ref("header")}, "backend", "argument 1 is no name: only letters, digits and - _ . : are allowed"},
		{[]issue.Ref{ref("line")}, "acl", "argument 2 holds a NUL byte, which HAProxy can't read"},
		{[]issue.Ref{ref("header")}, "line", "the line is empty"},
		{[]issue.Ref{ref("header")}, "line", "the line does not start with a keyword"},
		{[]issue.Ref{ref("header")}, "line", "the line does not start with a keyword"},
		{[]issue.Ref{ref("header")}, "deny", "the line has 65 words, HAProxy reads 64"},
	}
	if !reflect.DeepEqual(refused.Refusals, want) {
		t.Errorf("got\n%q\nwant\n%q", refused.Refusals, want)
	}
	if !strings.Contains(err.Error(), "acl: argument 2 holds a NUL byte, which HAProxy can't read (Ingress shop/line)") {
		t.Errorf("got %v", err)
	}
}

// A line is a value: adding to it leaves the original and its other heirs alone.
func TestLinesAreValues(t *testing.T) {
	base := L("http-request deny", Kw("status"), Int(403))
	base.Args = slices.Grow(base.Args, 10)
	a, b := base.If(ACL("a")).Of(ref("a")), base.If(ACL("b")).Of(ref("b"))
	got := []string{base.String(), a.String(), b.String(), fmt.Sprint(base.From, a.From, b.From)}
	want := []string{"http-request deny status 403", "http-request deny status 403 if a", "http-request deny status 403 if b",
		"[] [Ingress shop/a] [Ingress shop/b]"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// harmful are rules with a text in every place that takes one.
func harmful(s string) []Line {
	lines := []Line{
		L("http-request add-header", Word("X-A"), Format(Text(s))),
		L("http-request set-var-fmt(txn.a)", Format(Text(s), Print(Str(s)))),
		L("http-request set-var(txn.b)", Expr(Str(s).Conv("concat", s, "", s))).Unless(Match(Str(s), Substr, s, "x")),
		L("http-request return status 200 content-type", Word("text/"+s), Kw("lf-string"), Format(Text(s)), Kw("hdr X-B"), Format(Text(s))),
		L("http-request redirect location", Format(Text(s))).If(MatchFold(Fetch("path"), Prefix, s)),
		L("log-format", Format(Text(s))),
		L("unique-id-format", Format(Text(s))),
	}
	if s != "" {
		lines = append(lines, L("description", Word(s)), L("capture request header", Word(s), Kw("len 10")))
	}
	return append(lines, Define("a", Match(Fetch("path"), Exact, s))...)
}

// HAProxy finds nothing to object to in hostile texts: none becomes a word, a condition or a directive of its own.
func TestHostileTextsAddNoDirective(t *testing.T) {
	dir := shortDir(t)
	var rules []Line
	for _, s := range hostile() {
		rules = append(rules, harmful(s)...)
		rules = append(rules, harmful(s+"\n    bogus-directive "+s)...)
	}
	path, _ := writeFile(t, dir, testFile(dir, rules))
	out, err := check(t, path)
	if err != nil || strings.Contains(out, "ALERT") {
		t.Errorf("%v\n%.3000s", err, out)
	}
}

// The number of a line in HAProxy's message leads to the object that the line was made of. A check stops at the first
// rule of an HTTP rule set that it refuses (measured), so there is one message at a time.
func TestLineNumbersOfHAProxyLeadToObjects(t *testing.T) {
	for name, bad := range map[string]Line{
		"regex": L("http-request deny").If(Match(Fetch("path"), Regex, "a\n(")),
		"fetch": L("http-request set-header", Word("X"), Format(Text("\n"), Print(Fetch("no.such.fetch")))),
	} {
		dir := shortDir(t)
		good := L("http-request deny").If(Match(Fetch("path"), Exact, "a\nb")).Of(ref("good"))
		path, origins := writeFile(t, dir, testFile(dir, []Line{good, bad.Of(ref("bad")), good}))
		out, err := check(t, path)
		m := regexp.MustCompile(`parsing \[` + regexp.QuoteMeta(path) + `:(\d+)\]`).FindStringSubmatch(out)
		if err == nil || m == nil {
			t.Fatalf("%s: no line in %s", name, out)
		}
		n, err := strconv.Atoi(m[1])
		if err != nil || !slices.Equal(origins[n], []issue.Ref{ref("bad")}) {
			t.Errorf("%s: line %d leads to %v\n%s", name, n, origins[n], out)
		}
	}
}
