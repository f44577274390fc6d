package nginx

import (
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/nginxconf"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

func readSnippet(t *testing.T, place snippetPlace, text string) *snippetReader {
	t.Helper()
	empty, _ := snapshot.Build(snapshot.Objects{}, snapshot.DefaultSettings())
	s := newSnippetReader(dialect.NewSettingsPass(empty), place, "r")
	s.read(issue.Ref{Kind: "Ingress"}, "snippet", text)
	return s
}

// guards counts the lines that keep somebody out, and of which there is a rule.
func guards(list []nginxconf.Directive) int {
	n := 0
	for _, d := range list {
		switch {
		case d.Open:
			n += guards(d.Block)
		case d.Name == "deny", d.Name == "return" && protects(d):
			n++
		}
	}
	return n
}

func served(list []model.Statement) int {
	n := 0
	for _, s := range list {
		switch {
		case s.If != nil:
			n += served(s.If.Then)
		case s.Answer != nil && (s.Answer.Status >= 400 || s.Answer.Close):
			n++
		}
	}
	return n
}

// ruleGuards counts those that a reader has rules for.
func ruleGuards(r *model.Rules) int {
	if r == nil {
		return 0
	}
	n := served(r.Then)
	for _, rule := range r.Access {
		if !rule.Allow {
			n++
		}
	}
	return n
}

// FuzzSnippetGuards: a line that protects has a rule, or the snippet is known to protect more than it has rules for.
func FuzzSnippetGuards(f *testing.F) {
	for _, s := range []string{
		"deny 10.0.0.1; allow all;", `if ($http_a ~ "x(.)") { return 403 "$1"; }`, "set $a b; if ($a = b) { set $a c; return 444; }", "if (-f $x) { return 403; }",
		"location /a { deny all; }", "location ~ \\.php$ { return 404; }", "location @x { deny all; }", "limit_except GET { deny all; }", "rewrite ^ /x? permanent; deny all;",
		"if ($host) { if ($host) { return 403; } }", "deny {}", "return 403 a b;", "auth_basic x; satisfy any;",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, text string, server bool) {
		place := inLocation
		if server {
			place = inServer
		}
		s := readSnippet(t, place, text)
		for _, line := range s.lines {
			if line.guard {
				return
			}
		}
		list, err := nginxconf.Parse(text)
		if err != nil {
			t.Fatalf("%q is broken, and nobody says so", text)
		}
		got := ruleGuards(s.found())
		for _, r := range s.locations {
			if _, closed := r.Action.(model.Withhold); closed {
				return
			}
			got += ruleGuards(r.Policy.Rules)
		}
		if want := guards(list); got < want && !strings.Contains(text, "@") {
			t.Fatalf("%q has %d lines that protect, %d have a rule", text, want, got)
		}
	})
}

// TestConditions: each form of an if, and what it becomes.
func TestConditions(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"($host)", "set"},
		{"( $host = a )", "equal a"},
		{`($host = "")`, "equal "},
		{`($host != 'a b')`, "not equal a b"},
		{"($http_x ~ ^a)", "matches ^a"},
		{"($http_x ~* ^a)", "folded matches ^a"},
		{`($http_x !~ "(a|b)")`, "not matches (a|b)"},
		{"($http_x !~* a)", "not folded matches a"},
		{"($request_method = GET", "its condition is not in parentheses"},
		{"()", "its condition is empty"},
		{"(-f $request_filename)", "its condition is about no single variable"},
		{"($host$uri = a)", "its condition is about no single variable"},
		{"($host = $uri)", "it compares two variables"},
		{"($nothing = a)", "the variable $nothing is not known"},
		{"($host > a)", "its condition is none of $name, and $name with =, !=, ~, ~*, !~ or !~*"},
		{`($host ~ "(?<n>a)")`, "its expression has a group with a name"},
	} {
		s := readSnippet(t, inLocation, "if "+c.in+" { return 403; }")
		got := ""
		if len(s.lines) > 0 {
			got = s.lines[0].reason
		} else {
			test := s.rules.Then[0].If.Test
			for _, word := range []struct {
				text string
				on   bool
			}{{"not ", test.Not}, {"folded ", test.Fold}, {test.Op.String(), true}, {" " + test.Text, test.Op != model.TestSet}} {
				if word.on {
					got += word.text
				}
			}
		}
		if got != c.want {
			t.Errorf("if %s is %q, want %q", c.in, got, c.want)
		}
	}
}

// BenchmarkReadSnippet is what each Ingress with a snippet costs when everything is compiled.
func BenchmarkReadSnippet(b *testing.B) {
	empty, _ := snapshot.Build(snapshot.Objects{}, snapshot.DefaultSettings())
	p := dialect.NewSettingsPass(empty)
	for b.Loop() {
		s := newSnippetReader(p, inLocation, "r")
		s.read(issue.Ref{}, "snippet", "more_set_headers \"X-A: b\";\nproxy_set_header X-B $http_c;\nif ($http_a ~ \"b\") { return 403; }\nset $a b;\ndeny 10.0.0.1;")
	}
}
