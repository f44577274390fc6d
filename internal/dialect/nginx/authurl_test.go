package nginx

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/model"
)

func TestAuthURLNamesAServiceAndAQuestion(t *testing.T) {
	for _, c := range []struct {
		url     string
		service model.AuthService
		host    model.Template
		uri     string // of a constant one
	}{
		{"http://10.0.0.9", model.AuthService{Name: "10.0.0.9", Port: 80}, model.Text("10.0.0.9"), "/"},
		{"http://10.0.0.9?a=1", model.AuthService{Name: "10.0.0.9", Port: 80}, model.Text("10.0.0.9"), "/?a=1"},
		{"https://auth.test:8443/x?a=$namespace", model.AuthService{TLS: true, Name: "auth.test", Port: 8443}, model.Text("auth.test"), "/x?a=shop"},
		{"https://$host/auth", model.AuthService{TLS: true, Port: 443}, model.Template{{Var: model.VarHost}}, "/auth"},
		{"https://$http_host/auth", model.AuthService{TLS: true}, model.Template{{Var: model.VarHostHeader}}, "/auth"},
		{"http://auth-$host:81/", model.AuthService{Port: 81}, model.Template{{Text: "auth-"}, {Var: model.VarHost}}, "/"},
	} {
		got, err := parseAuthTarget(c.url, map[string]string{"namespace": "shop"})
		uri, _ := got.uri.Constant()
		if err != nil || got.service != c.service || !reflect.DeepEqual(got.host, c.host) || uri != c.uri {
			t.Errorf("%s is %+v, %v", c.url, got, err)
		}
	}
	for _, bad := range []string{
		"", "auth.test", "//auth.test/", "ftp://auth.test/", "http://", "http:///x", "http://:80/", "http://a..b/", "http://*.test/",
		"http://auth.test:x/", "http://auth.test:65536/", "http://auth.test:$server_port/", "http://$http_x/", "http://$arg_h/", "http://$1/",
		"http://auth.test/$1", "http://auth.test/$", "http://auth.test/ x", "http://auth.test/\r\nX: y", "http://auth.test/#x", "http://u@auth.test/",
	} {
		if got, err := parseAuthTarget(bad, nil); err == nil {
			t.Errorf("%q is taken: %+v", bad, got)
		}
	}
}

func TestSignInGetsTheURLOfTheRequestOnce(t *testing.T) {
	for _, c := range []struct{ signIn, param, want string }{
		{"https://login.test/", "rd", "https://login.test/?rd=<S>://<H><E>"},
		{"https://login.test/?a=1", "rd", "https://login.test/?a=1&rd=<S>://<H><E>"},
		{"https://login.test/?rd=/x", "rd", "https://login.test/?rd=/x"},
		{"/login", "back", "<S>://<h>/login?back=<S>://<H><E>"},
		{"//login.test/", "rd", "//login.test/?rd=<S>://<H><E>"},
	} {
		got, err := signInTemplate(c.signIn, c.param, nil)
		names := map[model.Variable]string{model.VarScheme: "<S>", model.VarHostHeader: "<H>", model.VarHost: "<h>", model.VarEscapedURI: "<E>"}
		text := ""
		for _, p := range got {
			text += p.Text + names[p.Var]
		}
		if err != nil || text != c.want {
			t.Errorf("%s with %s is %s, %v; wanted is %s", c.signIn, c.param, text, err, c.want)
		}
	}
}

func TestCacheTimes(t *testing.T) {
	got, err := parseCacheTimes("200 202 1h30m, any 10, 5m")
	want := []model.CacheTime{
		{Status: 200, Time: 90 * time.Minute}, {Status: 202, Time: 90 * time.Minute}, {Time: 10 * time.Second},
		{Status: 200, Time: 5 * time.Minute}, {Status: 301, Time: 5 * time.Minute}, {Status: 302, Time: 5 * time.Minute},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"200 banana", "200 5m;", "700 5m", "x 5m", "200 99999999999999999999s", "200 292y 1000y", "200 -5m"} {
		if got, err := parseCacheTimes(bad); err == nil {
			t.Errorf("%q is taken: %v", bad, got)
		}
	}
}

// TestCacheKeyHasAllCredentialsOfRemoteUser: the key may tell more requests apart than nginx, never fewer.
func TestCacheKeyHasAllCredentialsOfRemoteUser(t *testing.T) {
	got, err := parseCacheKey("$remote_user${remote_user}-$cookie_s")
	header := model.Part{Var: model.VarHeader, Name: "authorization"}
	if err != nil || !reflect.DeepEqual(got, model.Template{header, header, {Text: "-"}, {Var: model.VarCookie, Name: "s"}}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// FuzzAuthURL: what is taken names a host that no client chooses, and a question on one line.
func FuzzAuthURL(f *testing.F) {
	for _, s := range []string{"http://a/", "https://$host/x?$args", "http://$http_host:80/${uri}", "http://a:1?x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		target, err := parseAuthTarget(s, routeNames(&model.Route{}))
		if err != nil {
			return
		}
		if uri := target.uri; len(uri) == 0 || !strings.HasPrefix(uri[0].Text, "/") {
			t.Errorf("%q asks for %v", s, uri)
		}
		for _, p := range append(target.host, target.uri...) {
			if strings.ContainsAny(p.Text, " \t\r\n\x00#") {
				t.Errorf("%q has text that no request has: %q", s, p.Text)
			}
		}
		for _, p := range target.host {
			if p.Var != model.VarNone && p.Var != model.VarHost && p.Var != model.VarHostHeader {
				t.Errorf("the client chooses the host of %q", s)
			}
		}
		if target.service.Name == "" && len(target.host) == 0 {
			t.Errorf("%q has no host", s)
		}
	})
}

func FuzzCacheTimes(f *testing.F) {
	f.Add("200 202 401 5m")
	f.Add("any 1y1M1w1d1h1m1s1ms")
	f.Fuzz(func(t *testing.T, s string) {
		times, err := parseCacheTimes(s)
		for _, c := range times {
			if err == nil && (c.Time < 0 || c.Status != 0 && (c.Status < 100 || c.Status > 599)) {
				t.Errorf("%q gives %+v", s, c)
			}
		}
	})
}
