package nginx

import (
	"slices"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/model"
)

func TestNginxText(t *testing.T) {
	for in, want := range map[string]string{
		`/a\.b`:   `/a\.b`,
		`/a\\.b`:  `/a\.b`,
		`/a\\\\b`: `/a\\b`,
		`/a\"b`:   `/a"b`,
		`/a\tb`:   "/a\tb",
		`/a\db`:   `/a\db`,
	} {
		if got := NginxText(in); got != want {
			t.Errorf("%s is read as %q, wanted is %q", in, got, want)
		}
	}
}

func TestAliasesAsServerNames(t *testing.T) {
	for _, c := range []struct {
		in       string
		names    []model.Hostname
		patterns []string
	}{
		{"a.test, B.test,", []model.Hostname{"a.test", "b.test"}, nil},
		{"*.a.test", []model.Hostname{"*.a.test"}, []string{`^.+\.a\.test$`}},
		{".a.test", []model.Hostname{"a.test", "*.a.test"}, []string{`^.+\.a\.test$`}},
		{"mail.*", nil, []string{`^mail\..+$`}},
		{`~^x[0-9]`, nil, []string{`^x[0-9]`}},
		{`~^X`, nil, []string{`(?i)^X`}},
	} {
		got, err := parseAliases(c.in)
		if err != nil || !slices.Equal(got.names, c.names) || !slices.Equal(got.patterns, c.patterns) {
			t.Errorf("%q is %v, %v, wanted is %v", c.in, got, err, c)
		}
	}
	for _, bad := range []string{"a;b", "a b", "*", "*.", "a..b", "*.*", "*a.test", "a.*.b", strings.Repeat("a", 3000)} {
		if got, err := parseAliases(bad); err == nil {
			t.Errorf("%q is taken for %v", bad, got)
		}
	}
}

func FuzzAliases(f *testing.F) {
	f.Add("a.test,*.b.test,.c.test,d.*,~^e[0-9]+$")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := parseAliases(s)
		if err != nil {
			return
		}
		for _, name := range got.names {
			if again, err := model.ParseHostname(string(name)); err != nil || again != name {
				t.Errorf("%q gives the name %q, which is none", s, name)
			}
		}
		for _, p := range got.patterns {
			if strings.ContainsAny(p, "\r\n\x00") {
				t.Errorf("%q gives the expression %q", s, p)
			}
		}
	})
}

func FuzzPathWithGroups(f *testing.F) {
	for _, s := range []string{"/$2", "/a/$1/b", "$scheme://x", "/a?b", "/${", "/$", "\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text, err := parsePathWithGroups(s)
		if err != nil {
			return
		}
		if strings.ContainsAny(text, " \t\r\n\x00\"\\?") {
			t.Errorf("%q is accepted", s)
		}
		mustTemplate(text)
	})
}

func FuzzRedirectURL(f *testing.F) {
	f.Add("https://new.test/base?a=b")
	f.Add("https://new.test$request_uri")
	f.Fuzz(func(t *testing.T, s string) {
		if url, err := parseRedirectURL(s); err == nil && strings.ContainsAny(url, " \t\r\n\x00\"\\$") {
			t.Errorf("%q is accepted", s)
		}
	})
}
