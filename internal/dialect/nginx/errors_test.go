package nginx

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hawser-ingress/hawser/internal/model"
)

func TestErrorCodes(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"404", "[404]"}, {"503, 404,404", "[404 503]"}, {"404,", "[404]"}, {"400,599", "[400 599]"},
		{"302", "error"}, {"600", "error"}, {"404,,500", "error"}, {"4xx", "error"}, {",", "error"},
	} {
		got := "error"
		if codes, err := parseErrorCodes(c.in); err == nil {
			got = fmt.Sprint(codes)
		}
		if got != c.want {
			t.Errorf("%q is %s, want %s", c.in, got, c.want)
		}
	}
}

func FuzzErrorCodes(f *testing.F) {
	f.Add("404, 503")
	f.Fuzz(func(t *testing.T, s string) {
		codes, err := parseErrorCodes(s)
		if err == nil && (len(codes) == 0 || !slices.IsSorted(codes) || codes[0] < 400 || codes[len(codes)-1] > 599) {
			t.Fatalf("%q gives %v", s, codes)
		}
	})
}

func TestServiceName(t *testing.T) {
	for name, want := range map[string]bool{"pages": true, "a-1": true, "No_Such": false, "1a": false, "a-": false, "a/b": false} {
		if _, err := parseServiceName(name); (err == nil) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzServiceName(f *testing.F) {
	f.Add("pages")
	f.Fuzz(func(t *testing.T, s string) {
		if name, err := parseServiceName(s); err == nil && (name != s || len(s) > 63) {
			t.Fatalf("%q gives %q", s, name)
		}
	})
}

func TestMirrorTarget(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"http://copy.test", "copy.test 80 [{ 4 }]"},
		{"https://copy.test:8443/m", "copy.test 8443 [{/m 0 } {" + fmt.Sprint(" ", int(model.VarSuffix)) + " }]"},
		{"http://copy.test/m?a=b", "copy.test 80 [{/m?a=b 0 }]"},
		{"http://copy.test$request_uri", "copy.test 80 [{ 4 }]"},
		{"http://copy.test/x$request_uri", "copy.test 80 [{/x 0 } { 4 }]"},
		{"http://$host/", "error"}, {"ftp://copy.test/", "error"}, {"http://copy.test;", "error"}, {"http://copy.test/$nothing", "error"}, {"copy.test", "error"},
	} {
		got := "error"
		if target, err := parseMirrorTarget(c.in, routeNames(&model.Route{})); err == nil {
			got = fmt.Sprint(target.service.Name, " ", target.service.Port, " ")
			parts := ""
			for i, p := range target.uri {
				if i > 0 {
					parts += " "
				}
				parts += fmt.Sprintf("{%s %d %s}", p.Text, p.Var, p.Name)
			}
			got += "[" + parts + "]"
		}
		if got != c.want {
			t.Errorf("%q is %s, want %s", c.in, got, c.want)
		}
	}
}

// FuzzMirror: what is taken has a fixed host, so that no client chooses where copies go.
func FuzzMirror(f *testing.F) {
	f.Add("http://copy.test$request_uri")
	f.Add("https://10.0.0.1:8443/a?$args")
	f.Fuzz(func(t *testing.T, s string) {
		if _, err := checkMirrorTarget(s); err == nil {
			target, _ := parseMirrorTarget(s, routeNames(&model.Route{}))
			if _, fixed := target.host.Constant(); !fixed || target.service.Name == "" || target.service.Port == 0 {
				t.Fatalf("%q gives %+v", s, target)
			}
		}
		if _, err := checkMirrorHost(s); err == nil && len(s) > 0 && (s[0] == ' ' || s[len(s)-1] == '\n') {
			t.Fatalf("%q is a Host", s)
		}
	})
}
