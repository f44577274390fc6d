package model

import (
	"slices"
	"testing"
)

func TestExpressions(t *testing.T) {
	for _, c := range []struct {
		expression, path string
		matched, known   bool
	}{
		{"/a", "/abc", true, true},
		{"/a", "/ABC", true, true},
		{"/b", "/a/b", false, true},
		{"/a|/b", "/x/b", true, true}, // the beginning is that of the first alternative, as in nginx
		{"/a$", "/ab", false, true},
		{"/(?!admin)", "/user", false, false},
		{"/(", "/(", false, false},
	} {
		matched, known := Match{Kind: Regex, Path: c.expression}.MatchesExpression(c.path)
		if matched != c.matched || known != c.known {
			t.Errorf("%s and %s: %v, %v", c.expression, c.path, matched, known)
		}
	}
}

func TestLiteralMatchesItsTextOnly(t *testing.T) {
	m := Match{Kind: Regex, Path: "/bad("}.Literal()
	for path, want := range map[string]bool{"/bad(": true, "/bad(x": true, "/bad": false, "/x/bad(": false} {
		if m.Matches(path) != want {
			t.Errorf("%s matches %s: %v", m.Path, path, !want)
		}
	}
}

func TestCapture(t *testing.T) {
	m := Match{Kind: Regex, Path: "/app(/|$)(.*)"}
	for group, want := range []string{"/app/x", "/", "x", ""} {
		if got := m.Capture("/app/x", group); got != want {
			t.Errorf("group %d is %q, wanted is %q", group, got, want)
		}
	}
	if got := (Match{Kind: Regex, Path: "("}).Capture("(", 0); got != "" {
		t.Errorf("a group of what is no expression is %q", got)
	}
}

func TestCapturesAreFoundEverywhere(t *testing.T) {
	group := func(n string) Template { return Template{{Text: "/"}, {Var: VarCapture, Name: n}} }
	p := Policy{Rewrite: &Rewrite{To: group("2"), Prefix: group("1")}}
	got := Captures(Redirect{To: group("2")}, p)
	if want := []string{"1", "2"}; !slices.Equal(got, want) {
		t.Errorf("found are %v, wanted is %v", got, want)
	}
	if got := Captures(Forward{}, Policy{Rewrite: &Rewrite{To: Text("/$1")}}); len(got) > 0 {
		t.Errorf("found are %v in a text", got)
	}
}
