package cfg

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestConditionsAsWritten(t *testing.T) {
	a, b, c := ACL("a"), ACL("b"), ACL("c")
	path := Fetch("path")
	cases := []struct {
		cond Cond
		want string
	}{
		{a, "if a"},
		{Not(a), "if !a"},
		{Not(Not(a)), "if a"},
		{And(a, b), "if a b"},
		{Or(a, b), "if a || b"},
		{Not(And(a, b)), "if !a || !b"},
		{Not(Or(a, b)), "if !a !b"},
		{And(Or(a, b), c), "if a c || b c"},
		{And(c, Or(a, b)), "if c a || c b"},
		{Or(And(a, b), c), "if a b || c"},
		{And(), ""},
		{Or(), "if FALSE"},
		{Not(Or()), ""},
		{Or(a, And()), ""},
		{And(a, Or()), "if FALSE"},
		{And(a, And()), "if a"},
		{Match(path, Exact, "/a", "/b c"), `if { path -m str /a "/b c" }`},
		{Match(path, Exact, "/a", "-f"), "if { path -m str -- /a -f }"},
		{Match(path, Exact, "-\x01"), `if { path -m str -- "-\x01" }`},
		{MatchFold(path, Suffix, "/a"), "if { path -m end -i /a }"},
		{Match(path, Exact, "", "a"), "if { path -m len 0 } || { path -m str a }"},
		{Not(Match(path, Exact, "", "a")), "if !{ path -m len 0 } !{ path -m str a }"},
		{Match(path, Prefix, ""), "if { path -m found }"},
		{Match(path, Exact, "}"), "if { path -m bin 7d }"},
		{Match(path, Substr, "}"), `if { path -m reg "[}]" }`},
		{MatchFile(path, Prefix, "/run/a b"), `if { path -m beg -f "/run/a b" }`},
		{MatchFileFold(path, Prefix, "/run/a"), "if { path -m beg -i -f /run/a }"},
		{MatchIPFile(Fetch("src"), "/run/a"), "if { src -m ip -n -f /run/a }"},
		{MatchInt(path, AtLeast(1), AtMost(2), Between(3, 4), Eq(5)), "if { path -m int 1: :2 3:4 5 }"},
		{Match(path, Exact), "if FALSE"},
	}
	for _, c := range cases {
		got := L("deny").If(c.cond).String()
		if want := strings.TrimSpace("deny " + c.want); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	if got, want := L("deny").Unless(And(a, b)).String(), "deny if !a || !b"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestConditionsThatCantBeWrittenAreRefused(t *testing.T) {
	var wide []Cond
	for range 8 {
		wide = append(wide, Or(ACL("a"), ACL("b")))
	}
	cases := map[string]Cond{
		"zero":                     {},
		"zero inside":              Or(ACL("a"), Cond{}),
		"negated zero":             Not(Cond{}),
		"zero beside never":        And(Or(), Cond{}),
		"NUL in a pattern":         Match(Fetch("path"), Exact, "a", "\x00"),
		"NUL in a negated pattern": Not(Match(Fetch("path"), Exact, "\x00")),
		"unknown method":           Match(Fetch("path"), Method(-1), "a"),
		"unknown method of a file": MatchFile(Fetch("path"), Method(7), "a"),
		"empty directory":          Match(Fetch("path"), Dir, ""),
		"brace as a domain":        Match(Fetch("path"), Domain, "}"),
		"bad sample":               Found(Sample{}),
		"NUL in a sample":          True(Str("\x00")),
		"empty file name":          MatchFile(Fetch("path"), Exact, ""),
		"file name of a brace":     MatchIPFile(Fetch("src"), "}"),
		"bad ACL name":             ACL("a || b"),
		"zero range":               MatchInt(Fetch("int", "1"), Range{}),
		"negative range":           MatchInt(Fetch("int", "1"), Eq(-1)),
		"negative end":             MatchInt(Fetch("int", "1"), AtMost(-1)),
		"negative beginning":       MatchInt(Fetch("int", "1"), AtLeast(-1)),
		"reversed range":           MatchInt(Fetch("int", "1"), Between(2, 1)),
		"zero network":             MatchIP(Fetch("src"), netip.Prefix{}),
		"256 clauses":              And(wide...),
		"256 clauses, negated":     Not(Or(Not(And(wide...)))),
		"65 words":                 Or(slices.Repeat([]Cond{ACL("a")}, 33)...),
	}
	for name, c := range cases {
		for _, l := range []Line{L("deny").If(c), L("deny").Unless(Not(c))} {
			if got := l.String(); !strings.HasPrefix(got, "refused: ") {
				t.Errorf("%s is written: %s", name, got)
			}
		}
	}
}

func TestLineOf64WordsIsWritten(t *testing.T) {
	fits := Or(slices.Repeat([]Cond{ACL("a")}, 31)...) // 31 names, 30 times ||, and if
	if got := L("http-request deny").If(fits).String(); len(strings.Fields(got)) != maxWords {
		t.Errorf("got %s", got)
	}
}

func TestDefine(t *testing.T) {
	a := Match(Fetch("path"), Exact, "", "/a b")
	cases := []struct {
		cond Cond
		want []string
	}{
		{a, []string{"acl x path -m len 0", `acl x path -m str "/a b"`}},
		{Or(Found(Fetch("src")), a), []string{"acl x src -m found", "acl x path -m len 0", `acl x path -m str "/a b"`}},
		{Or(), []string{"acl x always_false"}},
	}
	for _, c := range cases {
		var got []string
		for _, l := range Define("x", c.cond) {
			got = append(got, l.String())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
	for name, c := range map[string]Cond{"negation": Not(a), "and": And(a, a), "name": ACL("y"), "always": And(), "zero": {}} {
		refused := slices.ContainsFunc(Define("x", c), func(l Line) bool { return strings.HasPrefix(l.String(), "refused: ") })
		if !refused {
			t.Errorf("%s is written", name)
		}
	}
}

// TestConditionMeansItsTree writes random trees over four names and evaluates the text the way HAProxy does, for all
// values of the names.
func TestConditionMeansItsTree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	written := 0
	for range 5000 {
		cond, eval := randomCond(r, 4)
		line := L("deny").If(cond).String()
		if strings.HasPrefix(line, "refused: ") {
			continue // too many words
		}
		written++
		for values := range 16 {
			if got, want := evalLine(t, line, values), eval(values); got != want {
				t.Fatalf("%s with %04b gives %v, want %v", line, values, got, want)
			}
		}
	}
	if written < 4000 {
		t.Errorf("only %d of the trees could be written", written)
	}
}

func randomCond(r *rand.Rand, depth int) (Cond, func(values int) bool) {
	if depth == 0 || r.IntN(4) == 0 {
		i := r.IntN(4)
		return ACL("abcd"[i : i+1]), func(v int) bool { return v>>i&1 == 1 }
	}
	if r.IntN(3) == 0 {
		c, f := randomCond(r, depth-1)
		return Not(c), func(v int) bool { return !f(v) }
	}
	n := r.IntN(4)
	conds, evals := make([]Cond, n), make([]func(int) bool, n)
	for i := range n {
		conds[i], evals[i] = randomCond(r, depth-1)
	}
	if r.IntN(2) == 0 {
		return And(conds...), func(v int) bool {
			return !slices.ContainsFunc(evals, func(f func(int) bool) bool { return !f(v) })
		}
	}
	return Or(conds...), func(v int) bool {
		return slices.ContainsFunc(evals, func(f func(int) bool) bool { return f(v) })
	}
}

func evalLine(t *testing.T, line string, values int) bool {
	t.Helper()
	text, found := strings.CutPrefix(line, "deny if ")
	if !found {
		return true
	}
	for group := range strings.SplitSeq(text, " || ") {
		all := true
		for name := range strings.FieldsSeq(group) {
			bare, negated := strings.CutPrefix(name, "!")
			holds := bare != "FALSE" && values>>strings.Index("abcd", bare)&1 == 1
			all = all && holds != negated
		}
		if all {
			return true
		}
	}
	return false
}
