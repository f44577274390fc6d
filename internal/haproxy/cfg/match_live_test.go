package cfg

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
)

// Every text is found by itself as a pattern, and is not found in a text that is longer.
func TestPatternMatchesItself(t *testing.T) {
	type probe struct {
		text string
		cond Cond
		want bool
	}
	var probes []probe
	for _, s := range hostile() {
		twice := Match(Str("<"+s+">"), Exact, s)
		probes = append(probes,
			probe{s, Match(Str(s), Exact, "other", s), true},
			probe{s, Or(twice, Not(Match(Str(s), Exact, s))), false},
			probe{s, And(Match(Str(s+"<"), Prefix, s), Match(Str(">"+s), Suffix, s), Match(Str("<"+s+">"), Substr, s)), true},
			probe{s, Match(Str("<"+s+">"), Regex, regexp.QuoteMeta(s)), true},
			probe{s, MatchFold(Str(strings.ToUpper(s)), Exact, strings.ToUpper(s)), true},
			probe{s, MatchLen(Str(s), Eq(int64(len(s)))), true},
		)
	}
	var rules []Line
	for i, p := range probes {
		rules = append(rules, L("http-request set-var-fmt(txn.hits)", Format(Print(Var("txn.hits")), Text(fmt.Sprintf("%d,", i)))).If(p.cond))
	}
	rules = append(rules, L("http-request return status 200 content-type text/plain lf-string", Format(Print(Var("txn.hits")))))
	_, body := start(t, shortDir(t), rules).get(t, "/")
	hits := map[string]bool{}
	for h := range strings.SplitSeq(body, ",") {
		hits[h] = true
	}
	for i, p := range probes {
		if hits[fmt.Sprint(i)] != p.want {
			t.Errorf("%q: probe %d gives %v\n%s", p.text, i%6, !p.want, L("x").If(p.cond))
		}
	}
}

// The patterns that HAProxy holds are the ones that were written, in number and in bytes.
func TestShowACLGivesThePatternsBack(t *testing.T) {
	patterns := keep(hostile(), func(s string) bool { return s != "" && s != "}" })
	const perLine = 40
	var rules []Line
	var want []string
	for len(patterns) > 0 {
		n := min(perLine, len(patterns))
		rules = append(rules, L("http-request deny").If(Match(Fetch("path"), Exact, patterns[:n]...)))
		var b strings.Builder
		for _, p := range patterns[:n] {
			b.WriteString("@ " + p + "\n")
		}
		want = append(want, b.String())
		patterns = patterns[n:]
	}
	p := start(t, shortDir(t), rules)
	pointer := regexp.MustCompile(`(?m)^0x[0-9a-f]+ `)
	for i, w := range want {
		got := pointer.ReplaceAllString(p.command(t, fmt.Sprintf("show acl #%d", i)), "@ ")
		if got = strings.TrimSuffix(got, "\n"); got != w {
			t.Errorf("acl %d\n got %q\nwant %q", i, got, w)
		}
	}
}

// Conditions of other types than text, and the shape of AND, OR and NOT.
func TestConditionsInHAProxy(t *testing.T) {
	yes, no := Match(Str("a"), Exact, "a"), Match(Str("a"), Exact, "b")
	net := func(s string) netip.Prefix { return netip.MustParsePrefix(s) }
	address := func(s string) Sample { return Str(s) }
	cases := []struct {
		name string
		cond Cond
		want bool
	}{
		{"always", And(), true},
		{"never", Or(), false},
		{"no patterns", Match(Str("a"), Exact), false},
		{"no networks", MatchIP(Fetch("src")), false},
		{"not no networks", Not(MatchIP(Fetch("src"))), true},
		{"and", And(yes, yes, no), false},
		{"or", Or(no, no, yes), true},
		{"not and", Not(And(yes, no)), true},
		{"not or", Not(Or(yes, no)), false},
		{"and of ors", And(Or(no, yes), Or(yes, no)), true},
		{"not of ors", And(yes, Not(Or(no, no)), Or(no, Not(no))), true},
		{"or of ands", Or(And(yes, no), And(no, yes)), false},
		{"found", Found(Str("")), true},
		{"not found", Found(Var("txn.none")), false},
		{"true", True(Fetch("always_true")), true},
		{"not true", True(Fetch("int", "0")), false},
		{"int", MatchInt(Fetch("int", "5"), Between(5, 7)), true},
		{"int at least", MatchInt(Fetch("int", "5"), AtLeast(6), AtMost(4)), false},
		{"int at most", MatchInt(Fetch("int", "5"), AtMost(5)), true},
		{"length", MatchLen(Str("abc"), AtLeast(3)), true},
		{"network", MatchIP(address("10.1.2.3"), net("192.168.0.0/16"), net("10.0.0.0/8")), true},
		{"no network", MatchIP(address("10.1.2.3"), net("192.168.0.0/16"), net("2001:db8::/32")), false},
		{"network of version 6", MatchIP(address("2001:db8::1"), net("10.0.0.0/8"), net("2001:db8::/32")), true},
		{"fold", MatchFold(Str("AbC"), Suffix, "Bc"), true},
		{"no fold", Match(Str("AbC"), Suffix, "Bc"), false},
		{"fold of the brace", MatchFold(Str("}"), Exact, "}", "x"), true},
		{"directory", Match(Str("/a/b/c"), Dir, "b/c"), true},
		{"domain", Match(Str("www.example.com"), Domain, "example.com"), true},
		{"suffix of the brace", Match(Str("a}\n"), Suffix, "}"), false},
		{"empty text", Match(Str("a"), Exact, ""), false},
		{"braces in patterns", Match(Str("||"), Exact, "{", "}", "||", "}}", "!"), true},
	}
	var rules []Line
	for i, c := range cases {
		rules = append(rules, L("http-request set-var-fmt(txn.hits)", Format(Print(Var("txn.hits")), Text(fmt.Sprintf("%d,", i)))).If(c.cond))
	}
	rules = append(rules, L("http-request return status 200 content-type text/plain lf-string", Format(Text(","), Print(Var("txn.hits")))))
	p := start(t, shortDir(t), rules)
	_, body := p.get(t, "/")
	for i, c := range cases {
		if got := strings.Contains(body, fmt.Sprintf(",%d,", i)); got != c.want {
			t.Errorf("%s: got %v\n%s", c.name, got, L("x").If(c.cond))
		}
	}
}
