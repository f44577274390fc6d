package pages

import (
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/hawser-ingress/hawser/internal/control"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/statuspage"
	"github.com/hawser-ingress/hawser/test/browser"
)

// demoTime is the fixed moment of the demonstration.
var demoTime = time.Date(2026, 5, 4, 9, 30, 0, 0, time.UTC)

// demoHAProxy answers as one that serves the demonstration.
type demoHAProxy struct{ stats []runtime.Stat }

func (demoHAProxy) State() process.State {
	return process.State{Up: true, Master: 411, Worker: 912, Since: demoTime.Add(-26 * time.Hour)}
}

func (demoHAProxy) OldWorkers(context.Context) (int, error) { return 1, nil }

func (d demoHAProxy) Stats(context.Context, runtime.StatKind) ([]runtime.Stat, error) {
	return d.stats, nil
}

func ingressRef(name string) issue.Ref {
	return issue.Ref{Kind: "Ingress", Namespace: "shop", Name: name}
}

func demoCert(secret, issuer string, days int, names ...string) *model.Cert {
	end := demoTime.Add(time.Duration(days)*24*time.Hour + 5*time.Hour)
	leaf := &x509.Certificate{DNSNames: names, Issuer: pkix.Name{CommonName: issuer, Organization: []string{"Example"}}, NotBefore: end.Add(-90 * 24 * time.Hour), NotAfter: end}
	return &model.Cert{ID: secret, Chain: []*x509.Certificate{leaf}, NotAfter: end, PEM: []byte("-----BEGIN PRIVATE KEY-----")}
}

// demo is a site with something of everything, and hosts of a fleet besides.
func demo(fleet int) (control.Step, demoHAProxy) {
	route := func(ingress, path string, action model.Action) *model.Route {
		return &model.Route{Match: model.Match{Kind: model.Prefix, Path: path}, Action: action, Ingress: ingressRef(ingress)}
	}
	to := func(service string) model.Forward {
		return model.Forward{Backend: model.BackendID{Namespace: "shop", Service: service, Port: "80"}}
	}
	partners := &model.ClientCert{
		Verify: model.VerifyOn, Depth: 1, Origin: ingressRef("partners"), MatchCN: "CN=partner-.*",
		CA: &model.ClientCA{ID: "shop/partner-ca", Certs: []*x509.Certificate{{Subject: pkix.Name{CommonName: "Partner Root"}, NotAfter: demoTime.AddDate(3, 0, 0)}}},
	}
	canary := route("web", "/cart", to("cart"))
	canary.Canary = &model.Canary{Ingress: ingressRef("web-canary"), Backend: model.BackendID{Namespace: "shop", Service: "cart-next", Port: "80"}}
	shop := demoCert("shop/web-tls", "Issuing 3", 61, "shop.example.com", "www.shop.example.com")
	m := &model.Model{
		Hosts: []*model.Host{
			{Name: "admin.example.com", TLS: demoCert("shop/admin-tls", "Issuing 3", 12, "admin.example.com"), Origins: []issue.Ref{ingressRef("admin")},
				ClientCert: (&model.ClientCert{Origin: ingressRef("admin")}).Closed("there is no Secret shop/admins"), Routes: []*model.Route{route("admin", "/", to("admin"))}},
			{Name: "partners.example.com", TLS: demoCert("shop/partners-tls", "Issuing 3", 78, "partners.example.com"), Origins: []issue.Ref{ingressRef("partners")}, ClientCert: partners,
				Routes: []*model.Route{route("partners", "/orders", to("orders")), route("partners", "/", to("portal"))}},
			{Name: "shop.example.com", Aliases: []model.Hostname{"www.shop.example.com"}, TLS: shop, Origins: []issue.Ref{ingressRef("web"), ingressRef("web-canary")},
				Routes: []*model.Route{canary, route("web", "/old", model.Redirect{Code: 308}), route("web", "/pay", model.Withhold{Status: 503, Reason: "auth-url can't be read"}), route("web", "/", to("web"))}},
		},
		Backends: []*model.Backend{{}, {Endpoints: []model.Endpoint{{}}}, {Endpoints: []model.Endpoint{{}}}, {Endpoints: []model.Endpoint{{}}}},
		Streams:  []*model.Stream{{Port: 5432, Backend: model.BackendID{Namespace: "shop", Service: "postgres", Port: "5432"}}},
		Global:   model.Global{DefaultCert: demoCert("", "Hawser default", 364, "hawser.invalid")},
	}
	var h demoHAProxy
	servers := func(name string, requests int64, statuses ...string) {
		h.stats = append(h.stats, runtime.Stat{Kind: runtime.BackendStat, Proxy: name, RequestsTotal: requests, SessionsNow: requests / 9000, Responses: [6]int64{2: requests * 97 / 100, 3: requests / 50, 4: requests / 100, 5: requests / 2000}})
		for i, status := range statuses {
			h.stats = append(h.stats, runtime.Stat{Kind: runtime.ServerStat, Proxy: name, Server: fmt.Sprint("s", i), Addr: fmt.Sprintf("10.4.%d.%d:8080", len(name), i+11), Status: status, SessionsNow: requests / 20000})
		}
	}
	servers("shop:admin:admin:80", 0, "no check")
	servers("shop:partners:orders:80", 8123, "no check", "MAINT", "DOWN")
	servers("shop:partners:portal:80", 0)
	servers("shop:web:cart:80", 40210, "no check", "no check")
	servers("shop:web:web:80", 190455, "no check", "no check", "no check")
	for i := range fleet {
		name := fmt.Sprintf("app-%04d", i)
		m.Hosts = append(m.Hosts, &model.Host{Name: model.Hostname(name + ".example.net"), Origins: []issue.Ref{ingressRef(name)}, Routes: []*model.Route{route(name, "/", to(name)), route(name, "/api", to(name))}})
		servers("shop:"+name+":"+name+":80", int64(i), "no check")
	}
	issues := issue.List{
		{Code: issue.ClientCAMissing, Severity: issue.Error, Effect: issue.Withheld, Object: ingressRef("admin"), Field: "nginx.ingress.kubernetes.io/auth-tls-secret",
			Message: "Every path of its hosts is closed with 403: there is no Secret shop/admins.", Suggestion: "a Secret with the key ca.crt"},
		{Code: issue.BadValue, Severity: issue.Error, Effect: issue.Withheld, Object: ingressRef("web"), Field: "nginx.ingress.kubernetes.io/auth-url", Message: "The route /pay is closed with 503: the value is no URL."},
		{Code: issue.UnknownAnnotation, Severity: issue.Warning, Effect: issue.Ignored, Object: ingressRef("partners"), Field: "nginx.ingress.kubernetes.io/proxy-body-sizes", Message: "Nobody knows this annotation.", Suggestion: "nginx.ingress.kubernetes.io/proxy-body-size"},
	}
	return control.Step{Model: m, Issues: issues, Reload: true, Compile: 41 * time.Millisecond, Apply: 96 * time.Millisecond}, h
}

// shownStatus serves a step, after the changes of a morning, and opens the page at an address behind /status.
func shownStatus(t *testing.T, step control.Step, h demoHAProxy, address string) (*browser.Page, *statuspage.Status) {
	t.Helper()
	now := demoTime.Add(-3 * time.Hour)
	s := statuspage.New(statuspage.Options{HAProxy: h, Version: "1.0.0", Now: func() time.Time { return now }})
	s.Observe(step)
	now = demoTime.Add(-70 * time.Minute)
	s.Observe(control.Step{Model: step.Model, Issues: step.Issues, Commands: 3, Compile: 4 * time.Millisecond, Apply: 2 * time.Millisecond})
	now = demoTime.Add(-48 * time.Minute)
	s.Observe(control.Step{Model: step.Model, Issues: step.Issues, Err: errors.New("reload HAProxy: the master does not answer"), Reload: true, Reasons: []string{"frame"}})
	now = demoTime.Add(-47 * time.Minute)
	step.Reasons = []string{"frame", "rules of a route"}
	s.Observe(step)
	now = demoTime
	mux := http.NewServeMux()
	if err := s.Register(mux); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p := browser.Start(t).Open(server.URL + "/status" + address)
	p.WaitFor(`document.querySelectorAll("#rows tr").length > 0`)
	return p, s
}

func TestStatusIsReadSearchedAndPaged(t *testing.T) {
	step, h := demo(5000)
	p, _ := shownStatus(t, step, h, "")
	shown := func(text string) {
		t.Helper()
		p.WaitFor(`document.getElementById("shown").textContent == "` + text + `"`)
	}
	shown("5,003 hosts")
	if got := p.Count("#rows tr"); got != 50 {
		t.Errorf("%d rows are on the first page", got)
	}
	p.Click("#next")
	p.WaitFor(`document.getElementById("where").textContent == "51 to 100 of 5,003"`)
	p.Type("#q", "APP-0042")
	shown("1 of 5,003 hosts")
	if got := p.Text("#rows"); !strings.Contains(got, "app-0042.example.net") || !strings.Contains(got, "shop/app-0042") {
		t.Errorf("found is %q", got)
	}
	p.Click(`#tables a[href="#table=routes"]`)
	shown("10,007 routes")
	p.Click("#problems")
	shown("1 of 10,007 routes")
	if got := p.Text("#rows"); !strings.Contains(got, "auth-url can't be read") || !strings.Contains(got, "/pay") {
		t.Errorf("closed is %q", got)
	}
	for _, c := range [][2]string{{"clientcerts", "Partner Root"}, {"certificates", "in 12 days"}, {"backends", "10.4.19.11:8080 no check"}, {"ports", "5432"}, {"issues", "proxy-body-size"}, {"changes", "rules of a route"}} {
		p.Click(`#tables a[href="#table=` + c[0] + `"]`)
		p.WaitFor(`document.getElementById("rows").textContent.includes("` + c[1] + `")`)
	}
	if got := browser.Eval[string](p, "document.title"); got != "Hawser: live, Changes" {
		t.Errorf("the title is %q", got)
	}
	if said := p.Complaints(); len(said) > 0 {
		t.Errorf("the browser complains: %q", said)
	}
}

func TestStatusIsLive(t *testing.T) {
	step, h := demo(0)
	p, s := shownStatus(t, step, h, "")
	p.WaitFor(`document.getElementById("state").textContent == "live"`)
	s.Observe(control.Step{Err: errors.New("HAProxy refuses <b>everything</b>")})
	p.WaitFor(`document.getElementById("state").textContent == "stale"`)
	if got := p.Text("#failed-text"); got != "HAProxy refuses <b>everything</b>" {
		t.Errorf("it says %q", got)
	}
	s.Observe(step)
	p.WaitFor(`document.getElementById("state").textContent == "live" && document.getElementById("failed").hidden`)
}

func TestStatusWithHostileText(t *testing.T) {
	step, h := demo(0)
	bad := issue.Ref{Kind: "Ingress", Namespace: evil, Name: "\u202egpj\x1b[31m"}
	step.Issues = issue.List{{Code: "x/y", Severity: issue.Error, Effect: issue.Withheld, Object: bad, Field: evil, Message: evil, Suggestion: evil + "\n" + evil}}
	step.Model.Hosts = append(step.Model.Hosts, &model.Host{Name: evil, Patterns: []string{evil}, Origins: []issue.Ref{bad}, ClientCert: (&model.ClientCert{MatchCN: evil}).Closed(evil),
		Routes: []*model.Route{{Match: model.Match{Path: evil}, Action: model.Withhold{Status: 503, Reason: evil}, Ingress: bad}}})
	h.stats = append(h.stats, runtime.Stat{Kind: runtime.ServerStat, Proxy: evil + ":a:b:c", Addr: evil, Status: evil})
	p, _ := shownStatus(t, step, h, "")
	for _, table := range statuspage.Tables() {
		p.Click(`#tables a[href="#table=` + table + `"]`)
		p.WaitFor(`document.querySelector("#tables a[aria-current]").getAttribute("href") == "#table=` + table + `" && document.getElementById("json").href.includes("table=` + table + `") && document.querySelectorAll("#rows tr").length > 0`)
		if n := p.Count("img, iframe, #content script"); n > 0 {
			t.Errorf("%s: %d elements came from text", table, n)
		}
	}
	p.Click(`#tables a[href="#table=issues"]`)
	p.WaitFor(`document.getElementById("rows").textContent.includes("\\u202egpj\\u001b[31m")`)
	if title := browser.Eval[string](p, "document.title"); strings.Contains(title, "owned") {
		t.Error("a script of the text has run")
	}
	if said := p.Complaints(); len(said) > 0 {
		t.Errorf("the browser complains: %q", said)
	}
}

func TestStatusIsForEveryReader(t *testing.T) {
	step, h := demo(60)
	p, _ := shownStatus(t, step, h, "")
	for _, scheme := range []string{"light", "dark"} {
		p.Scheme(scheme)
		for _, table := range statuspage.Tables() {
			p.Click(`#tables a[href="#table=` + table + `"]`)
			p.WaitFor(`document.getElementById("json").href.includes("table=` + table + `") && document.title.startsWith("Hawser: live")`)
			if faint := p.Faint(); len(faint) > 0 {
				t.Errorf("%s, %s: faint is %q", table, scheme, faint)
			}
		}
	}
	p.Click(`#tables a[href="#table=hosts"]`)
	p.WaitFor(`document.getElementById("heading").textContent == "Hosts"`)
	p.Press("/")
	if got := browser.Eval[string](p, "document.activeElement.id"); got != "q" {
		t.Errorf("/ goes to %q", got)
	}
	p.Press(kb.Tab)
	if got := browser.Eval[string](p, "document.activeElement.id"); got != "problems" {
		t.Errorf("Tab goes from the search to %q", got)
	}
	heard := p.Spoken()
	for _, want := range []browser.Node{
		{Role: "heading", Name: "Hosts"}, {Role: "searchbox", Name: "Search"}, {Role: "checkbox", Name: "only hosts with something closed"},
		{Role: "navigation", Name: "Tables"}, {Role: "table", Name: "Hosts"}, {Role: "combobox", Name: "Update"}, {Role: "button", Name: "Next"}, {Role: "columnheader", Name: "certificate"},
	} {
		if !slices.Contains(heard, want) {
			t.Errorf("a screen reader is not told of %+v", want)
		}
	}
	for _, width := range []int64{360, 1280} {
		p.Size(width, 800)
		if wide := browser.Eval[int](p, "document.documentElement.scrollWidth"); int64(wide) > width {
			t.Errorf("a window of %d shows a page of %d", width, wide)
		}
	}
}

// TestStatusPicture writes the picture of the documentation where HAWSER_SCREENSHOTS says.
func TestStatusPicture(t *testing.T) {
	step, h := demo(0)
	p, _ := shownStatus(t, step, h, "#table=backends")
	p.Scheme("light")
	p.Size(1180, 820)
	p.WaitFor(`document.getElementById("heading").textContent == "Backends" && document.querySelectorAll("#rows tr").length == 5`)
	dir := t.TempDir()
	if asked := os.Getenv("HAWSER_SCREENSHOTS"); asked != "" {
		dir = asked
	}
	p.Screenshot(filepath.Join(dir, "status.png"))
	if info, err := os.Stat(filepath.Join(dir, "status.png")); err != nil || info.Size() < 10000 {
		t.Errorf("the picture shows nothing: %v", err)
	}
}
