package nginx

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseSecretName(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"users", "/users"},
		{"a/users", "a/users"},
		{"", "/"},
		{"a/b/c", `"a/b/c" is not namespace/name`},
		{"/users", `"/users" is not namespace/name`},
		{"a b", "it has characters that no name of an object has"},
	} {
		name, err := parseSecretName(c.in)
		got := fmt.Sprint(name)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("parseSecretName(%q) is %s, want %s", c.in, got, c.want)
		}
	}
}

func TestParsePathList(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"/a, /b/c ,", "[/a /b/c]"},
		{"", "[]"},
		{"/a,b", `"b" is no path`},
	} {
		list, err := parsePathList(c.in)
		got := fmt.Sprint(list)
		if err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("parsePathList(%q) is %s, want %s", c.in, got, c.want)
		}
	}
}

// FuzzBasicAuth: a realm can't end its quotes or the header, a list of paths can't exempt everything by an empty entry,
// and the name of a Secret has at most two parts.
func FuzzBasicAuth(f *testing.F) {
	f.Add("The Realm")
	f.Add("/a,/b")
	f.Add("ns/users")
	f.Fuzz(func(t *testing.T, s string) {
		if realm, err := parseRealm(s); err == nil && strings.ContainsAny(realm, "\"\\\r\n\x00;") {
			t.Fatalf("the realm %q is accepted", realm)
		}
		paths, _ := parsePathList(s)
		for _, p := range paths {
			if !strings.HasPrefix(p, "/") {
				t.Fatalf("%q exempts %q", s, p)
			}
		}
		if name, err := parseSecretName(s); err == nil && strings.Contains(name.Name+name.Namespace, "/") {
			t.Fatalf("%q is the Secret %v", s, name)
		}
		if kind, err := parseAuthType(s); err == nil && kind != "basic" {
			t.Fatalf("%q is taken for %q", s, kind)
		}
	})
}
