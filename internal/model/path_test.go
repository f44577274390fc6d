package model_test

import (
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/model"
)

func TestNormalPath(t *testing.T) {
	for raw, want := range map[string]string{
		"/":                   "/",
		"/a/b":                "/a/b",
		"/a//b///":            "/a/b/",
		"/a/./b/.":            "/a/b/",
		"/./":                 "/",
		"/.":                  "/",
		"/a/..":               "/",
		"/a/../":              "/",
		"/a/b/../../c":        "/c",
		"/a/b/../c/../d":      "/a/d",
		"/a/..b/...":          "/a/..b/...",
		"/.a":                 "/.a",
		"/%61dmin":            "/admin",
		"/a%2Fb":              "/a/b",
		"/a%2f%2e%2e%2fb":     "/b",
		"/%2e%2e/":            "",
		"/..":                 "",
		"/a/../..":            "",
		"/a/../../b":          "",
		"/%":                  "",
		"/%4":                 "",
		"/%zz":                "",
		"/%00":                "",
		"/a%2500":             "/a%00",
		"/%25":                "/%",
		"/a%20b":              "/a b",
		"/a+b":                "/a+b",
		"/a/..%0a":            "/a/..\n",
		"/a/.%0a":             "/a/.\n",
		"/%ff":                "/\xff",
		"*":                   "",
		"":                    "",
		"/a%3Fb":              "/a?b",
		"/a;b/..;/c":          "/a;b/..;/c",
		"/" + nested(8):       "/",
		"/" + nested(9):       "",
		"/" + nested(8) + "x": "/x",
		"/" + nested(9) + "x": "",
	} {
		got, err := model.NormalPath(raw)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q became %q (%v), wanted is %q", raw, got, err, want)
		}
	}
}

// nested goes n folders down and up again; the last ".." has a slash.
func nested(n int) string { return strings.Repeat("a/", n) + strings.Repeat("../", n) }

func TestMatchFollowsSegments(t *testing.T) {
	for _, c := range []struct {
		kind  model.MatchKind
		route string
		path  string
		want  bool
	}{
		{model.Exact, "/a", "/a", true},
		{model.Exact, "/a", "/a/", false},
		{model.Prefix, "/", "/x", true},
		{model.Prefix, "/a", "/a", true},
		{model.Prefix, "/a", "/a/b", true},
		{model.Prefix, "/a", "/ab", false},
		{model.Prefix, "/a/", "/a/", true},
		{model.Prefix, "/a/", "/a/b", true},
		{model.Prefix, "/a/", "/a", false},
		{model.Prefix, "/a", "/A", false},
	} {
		if got := (model.Match{Kind: c.kind, Path: c.route}).Matches(c.path); got != c.want {
			t.Errorf("%s %s matches %s: %v", c.kind, c.route, c.path, got)
		}
	}
}

func FuzzNormalPath(f *testing.F) {
	f.Add("/a/../%2e%2e//b")
	f.Add("/%2525")
	f.Fuzz(func(t *testing.T, raw string) {
		path, err := model.NormalPath(raw)
		if err != nil {
			return
		}
		if !strings.HasPrefix(path, "/") || strings.Contains(path, "//") {
			t.Errorf("%q became %q", raw, path)
		}
		for _, s := range strings.Split(path, "/") {
			if s == "." || s == ".." {
				t.Errorf("%q became %q", raw, path)
			}
		}
	})
}
