package probe

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-ingress/hawser/internal/accesslog"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
)

var update = flag.Bool("update", false, "write testdata/plan.txt")

// site has every feature that requests are made for.
func site() *model.Model {
	ref := func(name string) issue.Ref { return issue.Ref{Kind: "Ingress", Namespace: "shop", Name: name} }
	forward := model.Forward{Backend: model.BackendID{Namespace: "shop", Service: "web", Port: "80"}}
	route := func(name string, kind model.MatchKind, path string) *model.Route {
		return &model.Route{Match: model.Match{Kind: kind, Path: path}, Action: forward, Ingress: ref(name)}
	}
	limit := int64(10)
	full := route("full", model.Prefix, "/app/cart")
	full.Policy = model.Policy{
		CORS: &model.CORS{Origins: []model.Origin{{Pattern: "https://*.shop.test"}}}, BasicAuth: &model.BasicAuth{},
		Addresses: &model.Addresses{Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}, MaxBody: &limit,
	}
	full.Canary = &model.Canary{Ingress: ref("canary"), Header: "x-canary", By: model.HeaderPattern, Value: "^(alice|bob)$", Cookie: "c", Weight: 5, Total: 100}
	away := route("away", model.Exact, "/away")
	away.Action = model.Redirect{To: model.Text("https://a.test/"), Code: 301}
	return &model.Model{
		Global: model.Global{MaxBody: 1 << 20, Compression: &model.Compression{}},
		Hosts: []*model.Host{
			{Name: "", Routes: []*model.Route{route("any", model.Prefix, "/")}},
			{Name: "*.wild.test", Routes: []*model.Route{route("wild", model.Prefix, "/ü b/")}},
			{Name: "cert.test", ClientCert: &model.ClientCert{Verify: model.VerifyOn}, Routes: []*model.Route{route("cert", model.Exact, "/")}},
			{Name: "regex.test", Routes: []*model.Route{
				route("regex", model.Regex, "/api(/|$)(.*)"), route("regex", model.Regex, `/v[0-9]{2}/(a|b)\.json$`), route("regex", model.Regex, "/(?!x)y")}},
			{Name: "shop.test", Aliases: []model.Hostname{"alias.test"}, Patterns: []string{`^s\d+\.test$`}, AliasFrom: ref("full"), Routes: []*model.Route{full, away}},
		},
	}
}

func TestPlan(t *testing.T) {
	var b strings.Builder
	plan := Generate(site(), Options{HTTP: true, HTTPS: true, MaxBody: 1 << 20})
	for _, r := range plan.Requests {
		fmt.Fprintf(&b, "%s %s %s sni=%s body=%d cert=%s ingress=%s handshake=%v\n", r.Kind, r.Method, r.URL(), r.SNI, r.Body, r.Client, r.Ingress, r.Handshake)
		for _, h := range r.Headers {
			fmt.Fprintf(&b, "    %s: %s\n", h.Name, h.Value)
		}
	}
	for _, l := range plan.LeftOut {
		fmt.Fprintf(&b, "left out %d: %s: %s\n", l.Count, l.Reason, l.Example)
	}
	file := filepath.Join("testdata", "plan.txt")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("another plan (-update writes it):\n%s", diff)
	}
}

func TestPlanIsTheSameEachTimeAndAsksNothingTwice(t *testing.T) {
	o := Options{HTTP: true, HTTPS: true, Given: true, Post: true, MaxBody: 1 << 30}
	first := Generate(site(), o)
	if diff := cmp.Diff(first, Generate(site(), o)); diff != "" {
		t.Error(diff)
	}
	seen := map[string]bool{}
	for _, r := range first.Requests {
		if seen[r.ID] {
			t.Errorf("%s is asked twice", r)
		}
		seen[r.ID] = true
		if r.Body > 0 && r.Method != "POST" || r.Host == "cert.test" && r.Secure && r.Kind == Path && r.Client != Given {
			t.Errorf("%+v", r)
		}
	}
}

func TestPortsThatAreNotThereAreLeftOut(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{{Options{HTTP: true}, "no HTTPS address is given for both sides"}, {Options{HTTPS: true}, "no HTTP address is given for both sides"}} {
		plan := Generate(site(), c.o)
		for _, r := range plan.Requests {
			if r.Secure != c.o.HTTPS {
				t.Errorf("%s is asked", r)
			}
		}
		if len(plan.Requests) == 0 || !strings.Contains(fmt.Sprint(plan.LeftOut), c.want) {
			t.Errorf("left out is %v", plan.LeftOut)
		}
	}
}

func TestOtherAddresses(t *testing.T) {
	got := ""
	for _, r := range Generate(site(), Options{HTTPS: true, Proxy: true}).Requests {
		if r.From != "" {
			got += fmt.Sprintf("%s %s %s; ", r.Kind, r, r.From)
		}
	}
	if want := "from-allowed GET https://shop.test/app/cart 192.0.2.0; from-denied GET https://shop.test/app/cart 198.51.100.1; "; got != want {
		t.Errorf("asked is %s", got)
	}
	m := site()
	m.Global.Proxy = &model.ProxyProtocol{}
	if left := fmt.Sprint(Generate(m, Options{HTTPS: true}).LeftOut); !strings.Contains(left, "the settings ask for the PROXY protocol") || !strings.Contains(left, "asking from other addresses") {
		t.Errorf("left out is %s", left)
	}
}

func TestOnlyAndQuick(t *testing.T) {
	plan := Generate(site(), Options{HTTPS: true, Quick: true, Wanted: func(h string) bool { return h == "shop.test" }})
	got := ""
	for _, r := range plan.Requests {
		got += r.URL() + " "
	}
	if want := "https://shop.test/app/cart https://shop.test/away https://shop.test/ https://alias.test/app/cart https://s1.test/app/cart "; got != want {
		t.Errorf("asked is %s, wanted %s", got, want)
	}
}

func TestWhatCannotBeSentIsLeftOut(t *testing.T) {
	m := site()
	m.Hosts = m.Hosts[4:]
	m.Hosts[0].Routes[0].Canary.By, m.Hosts[0].Routes[0].Canary.Value = model.HeaderValue, "a\r\nX-Evil: 1"
	plan := Generate(m, Options{HTTPS: true, MaxBody: 1 << 20})
	for _, r := range plan.Requests {
		if strings.Contains(fmt.Sprint(r.Headers), "Evil") {
			t.Errorf("%+v is sent", r)
		}
	}
	if !strings.Contains(fmt.Sprint(plan.LeftOut), "it can't be sent") {
		t.Error("nothing is said of it")
	}
}

// FuzzSample: a sample matches its expression, or there is none.
func FuzzSample(f *testing.F) {
	for _, s := range []string{"/a(/|$)(.*)", `\d{3}-[^/]+`, "(?i)abc|def", "x{1000}{1000}", "[[:cntrl:]]", "(((a*)*)*)*", "^$"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, expression string) {
		for _, s := range sampleExpression(expression, matchesAnywhere) {
			if re := regexp.MustCompile(expression); !re.MatchString(s) || len(s) > maxSample {
				t.Errorf("%q is no sample of %q", s, expression)
			}
		}
		for _, path := range samplePaths(model.Match{Kind: model.Regex, Path: expression}) {
			normal, err := model.NormalPath(path)
			if err != nil || !(model.Match{Kind: model.Regex, Path: expression}).Matches(normal) {
				t.Errorf("%q is no path of %q", path, expression)
			}
		}
	})
}

func TestReplay(t *testing.T) {
	r := NewReplay(Options{HTTP: true, HTTPS: true}, false, "", 3)
	for _, e := range []accesslog.Entry{
		{Method: "GET", Host: "a.test:8443", Target: "/1", Scheme: "https"}, {Method: "GET", Host: "a.test:8443", Target: "/1", Scheme: "https"},
		{Method: "HEAD", Host: "a.test", Target: "/1", Scheme: "http"}, {Method: "POST", Host: "a.test", Target: "/1"},
		{Method: "GET", Target: "/1"}, {Method: "GET", Host: "b.test", Target: "/2"}, {Method: "GET", Host: "b.test", Target: "/3"},
		{Method: "GET", Host: "b.test", Target: "/2"},
	} {
		r.Add(e)
	}
	var got []string
	for _, q := range r.Plan().Requests {
		got = append(got, fmt.Sprintf("%s sni=%s x%d", q, q.SNI, q.Count))
	}
	want := []string{"GET https://a.test:8443/1 sni=a.test x2", "HEAD http://a.test/1 sni= x1", "GET https://b.test/2 sni=b.test x2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	reasons := ""
	for _, l := range r.Plan().LeftOut {
		reasons += fmt.Sprintf("%d %s; ", l.Count, l.Reason)
	}
	for _, want := range []string{"1 the log names no host", "1 the method may change something", "1 there are more requests"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("%q lacks %q", reasons, want)
		}
	}
	unsafe := NewReplay(Options{HTTP: true}, true, "c.test", 0)
	unsafe.Add(accesslog.Entry{Method: "POST", Target: "/"})
	if q := unsafe.Plan().Requests; len(q) != 1 || q[0].String() != "POST http://c.test/" {
		t.Errorf("%v", q)
	}
}

func TestNamesOfUpstreams(t *testing.T) {
	n := NewNames(site())
	for _, c := range []struct{ upstream, target, want string }{
		{"shop-web-80", "/away", ""}, {"shop-web-80", "/app/cart/x?y", ""}, {"other-web-80", "/", ""}, {"", "/", ""},
	} {
		if got := n.Host(accesslog.Entry{Upstream: c.upstream, Target: c.target}); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
	m := site()
	m.Hosts = m.Hosts[4:]
	if got := NewNames(m).Host(accesslog.Entry{Upstream: "shop-web-80", Target: "/app/cart/x?y"}); got != "shop.test" {
		t.Errorf("the only host is %q", got)
	}
}
