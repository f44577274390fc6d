package statuspage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/control"
	"github.com/hawser-ingress/hawser/internal/golden"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
	"github.com/hawser-ingress/hawser/internal/source/dir"
)

// proxy is a HAProxy that is asked.
type proxy struct {
	up    bool
	stats []runtime.Stat
	err   error
	asked int
}

func (p *proxy) State() process.State {
	return process.State{Up: p.up, Master: 1, Worker: 2}
}
func (p *proxy) OldWorkers(context.Context) (int, error) { return 0, nil }
func (p *proxy) Stats(context.Context, runtime.StatKind) ([]runtime.Stat, error) {
	p.asked++
	return p.stats, p.err
}

type clock struct{ now time.Time }

func fixture() (*Status, *proxy, *clock) {
	c := &clock{time.Now()}
	p := &proxy{up: true}
	return New(Options{HAProxy: p, Version: "test", Now: func() time.Time { return c.now }}), p, c
}

func ask(t *testing.T, s *Status, method, address string) (*http.Response, View) {
	t.Helper()
	mux := http.NewServeMux()
	if err := s.Register(mux); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(method, address, nil))
	var v View
	if w.Code == 200 && strings.HasPrefix(address, "/status.json") && method == "GET" {
		if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v", address, err)
		}
	}
	return w.Result(), v
}

// compiled is what manifests mean.
func compiled(t *testing.T, text string) control.Step {
	t.Helper()
	text, err := golden.NewFixtures().Expand(text)
	if err != nil {
		t.Fatal(err)
	}
	source, err := dir.Open([]string{"-"}, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	objects, _, err := source.Load()
	if err != nil {
		t.Fatal(err)
	}
	settings := snapshot.DefaultSettings()
	settings.AssumeClass = true
	snap, _ := snapshot.Build(*objects, settings)
	cert, err := pki.Example()
	if err != nil {
		t.Fatal(err)
	}
	m, issues := compile.Compile(snap, compile.Options{DefaultCert: cert})
	return control.Step{Snapshot: snap, Model: m, Issues: issues, Reload: true}
}

const manifests = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: web
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/auth-type: basic
    nginx.ingress.kubernetes.io/auth-secret: users
    nginx.ingress.kubernetes.io/auth-tls-secret: shop/clients
    nginx.ingress.kubernetes.io/typo: x
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.test], secretName: tls}]
  rules:
  - host: shop.test
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: tls, namespace: shop}
stringData: {tls.crt: "${CRT:shop.test}", tls.key: "${KEY:shop.test}"}
---
apiVersion: v1
kind: Secret
metadata: {name: clients, namespace: shop}
stringData: {ca.crt: "${CA:clients}"}
---
apiVersion: v1
kind: Secret
metadata: {name: users, namespace: shop}
stringData: {auth: "hidden-name:$apr1$hiddenhash$0123456789012345678901"}
`

func TestNothingSecretIsShown(t *testing.T) {
	s, _, _ := fixture()
	step := compiled(t, manifests)
	if len(step.Model.UserLists()) != 1 {
		t.Fatal("the manifests of the test have no users")
	}
	s.Observe(step)
	all := ""
	for _, table := range append(Tables(), "") {
		mux := http.NewServeMux()
		if err := s.Register(mux); err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", "/status.json?table="+table, nil))
		all += w.Body.String()
	}
	for _, want := range []string{"shop.test", "shop/tls", "shop/clients", "typo"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not shown", want)
		}
	}
	for _, secret := range []string{"PRIVATE", "hidden-name", "hiddenhash", "BEGIN"} {
		if strings.Contains(all, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
}

func TestTablesTellWhatIsServed(t *testing.T) {
	s, _, _ := fixture()
	s.Observe(compiled(t, manifests))
	_, v := ask(t, s, "GET", "/status.json?table=clientcerts")
	row := fmt.Sprint(v.Table.Rows...)
	if v.Table.Total != 1 || !strings.Contains(row, "verify:on") || !strings.Contains(row, "secret:shop/clients") || !strings.Contains(row, "state:valid") {
		t.Errorf("client certificates are %+v", v.Table)
	}
	if v.Totals.Hosts != 1 || v.Totals.Routes != 1 || v.Totals.Ingresses != 1 || v.Totals.Certificates != 2 || v.Totals.Empty != 1 || v.Totals.Issues["warning"] == 0 {
		t.Errorf("totals are %+v", v.Totals)
	}
	_, v = ask(t, s, "GET", "/status.json?table=certificates&q=shop.test")
	if row := fmt.Sprint(v.Table.Rows...); v.Table.Matched != 1 || v.Table.Total != 2 || !strings.Contains(row, "hosts:[shop.test]") {
		t.Errorf("certificates are %+v", v.Table)
	}
}

func TestOnlyReadingIsAllowed(t *testing.T) {
	s, _, _ := fixture()
	for _, path := range []string{"/status", "/status.json", "/"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
			if r, _ := ask(t, s, method, path); r.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s %s is answered with %d", method, path, r.StatusCode)
			}
		}
	}
	for _, path := range []string{"/status", "/status.json"} {
		for _, method := range []string{"GET", "HEAD"} {
			r, _ := ask(t, s, method, path)
			policy := r.Header.Get("Content-Security-Policy")
			if r.StatusCode != 200 || !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") || !strings.Contains(policy, "frame-ancestors 'none'") ||
				r.Header.Get("X-Content-Type-Options") != "nosniff" || r.Header.Get("Cache-Control") != "no-store" || r.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s %s: %d, %v", method, path, r.StatusCode, r.Header)
			}
		}
	}
	if r, _ := ask(t, s, "GET", "/"); r.Header.Get("Location") != "/status" {
		t.Errorf("/ leads to %q", r.Header.Get("Location"))
	}
}

func TestQuestionsAreChecked(t *testing.T) {
	s, _, _ := fixture()
	for _, q := range []string{"table=secrets", "offset=-1", "offset=x", "limit=0", "limit=501", "problems=1"} {
		if r, _ := ask(t, s, "GET", "/status.json?"+q); r.StatusCode != 400 {
			t.Errorf("%s is answered with %d", q, r.StatusCode)
		}
	}
}

func TestStates(t *testing.T) {
	s, p, _ := fixture()
	m := &model.Model{}
	failure := errors.New("it is refused")
	is := func(want State, what string) {
		t.Helper()
		if _, v := ask(t, s, "GET", "/status.json"); v.State != want || (v.Failed != nil) != (want == Stale || what == "failed first") {
			t.Errorf("%s: the state is %s, %+v", what, v.State, v.Failed)
		}
	}
	is(Starting, "nothing")
	s.Observe(control.Step{Err: failure})
	is(Starting, "failed first")
	s.Observe(control.Step{Model: m, Reload: true})
	is(Live, "started")
	s.Observe(control.Step{Model: &model.Model{Hosts: []*model.Host{{}}}, Waits: true})
	is(Waiting, "waits")
	if _, v := ask(t, s, "GET", "/status.json"); v.Totals.Hosts != 0 {
		t.Error("what waits is shown as live")
	}
	s.Observe(control.Step{Model: m, Issues: issue.List{{Severity: issue.Error}}, Err: failure})
	is(Stale, "failed")
	s.Observe(control.Step{Model: m, Commands: 1})
	is(Live, "mended")
	p.up = false
	is(Down, "down")
}

func TestChangesAreKept(t *testing.T) {
	s, _, c := fixture()
	m := &model.Model{}
	s.Observe(control.Step{Model: m, Reload: true})
	s.Observe(control.Step{Model: m}) // nothing was done
	for i := range kept + 9 {
		c.now = c.now.Add(time.Second)
		s.Observe(control.Step{Model: m, Commands: i + 1})
	}
	s.Observe(control.Step{Model: m, Reload: true, Reasons: []string{"frame"}, Err: errors.New(strings.Repeat("x", 9000))})
	_, v := ask(t, s, "GET", "/status.json?table=changes")
	if v.Table.Total != kept || len(v.Failed.Error) > 2100 || !strings.Contains(fmt.Sprint(v.Table.Rows[0]), "frame") || !strings.Contains(fmt.Sprint(v.Table.Rows[1]), "commands:209") {
		t.Errorf("%+v", v.Table)
	}
}

func TestHealthOfBackends(t *testing.T) {
	server := func(proxy, status string) runtime.Stat {
		return runtime.Stat{Kind: runtime.ServerStat, Proxy: proxy, Status: status}
	}
	stats := []runtime.Stat{
		server("a:i:up:80", "no check"), server("a:i:up:80", "UP"), server("a:i:up:80", "MAINT"), server("a:i:half:80", "UP"), server("a:i:half:80", "DOWN"),
		server("a:i:down:80", "DOWN"), {Kind: runtime.BackendStat, Proxy: "a:i:none:80"}, {Kind: runtime.BackendStat, Proxy: "http"}, {Kind: runtime.BackendStat, Proxy: "a:i:-:-"},
		server("spare-1", "UP"), {Kind: runtime.BackendStat, Proxy: "spare-2", RequestsTotal: 3}, {Kind: runtime.BackendStat, Proxy: "a:i:up:80", RequestsTotal: 4}, server("c:-:db:5432:15432", "UP"),
	}
	got := ""
	for _, r := range backendRows(stats, map[string]string{"b:j:seated:80": "spare-1", "a:i:up:80": "spare-2"}) {
		b := r.value.(*Backend)
		got += fmt.Sprintf("%s %s %s %v\n", b.Ingress, b.Service, b.State, r.problem)
		if b.Name == "a:i:up:80" && b.Requests != 7 {
			t.Errorf("a route that has moved to a spare has %d requests", b.Requests)
		}
	}
	const want = "a/i down:80 down true\na/i half:80 degraded true\na/i none:80 empty true\na/i up:80 up false\nb/j seated:80 up false\nTCP port 15432 db:5432 up false\n"
	if got != want {
		t.Errorf("the backends are\n%swanted\n%s", got, want)
	}
}

func TestHAProxyIsAskedRarely(t *testing.T) {
	s, p, c := fixture()
	for range 5 {
		ask(t, s, "GET", "/status.json?table=backends")
		ask(t, s, "GET", "/status.json?table=hosts")
	}
	if p.asked != 1 {
		t.Errorf("HAProxy was asked %d times", p.asked)
	}
	c.now = c.now.Add(fresh)
	p.err = process.ErrDown
	if _, v := ask(t, s, "GET", "/status.json?table=backends"); p.asked != 2 || v.Table.Missing == "" {
		t.Errorf("asked %d times, %+v", p.asked, v.Table)
	}
}

func TestEndsOfCertificates(t *testing.T) {
	now := time.Now()
	for days, want := range map[int]string{-1: expired, 1: expiring, 29: expiring, 31: valid} {
		m := &model.Model{Global: model.Global{DefaultCert: &model.Cert{NotAfter: now.Add(time.Duration(days) * 24 * time.Hour)}}}
		rows := certRows(m, now)
		if c := rows[0].value.(*Certificate); c.State != want || !c.Default || rows[0].problem != (want != valid) {
			t.Errorf("%d days: %+v", days, c)
		}
	}
}

// TestLookingIsWhatCosts: a round of the loop works nothing out, and a large site is shown in parts.
func TestLookingIsWhatCosts(t *testing.T) {
	s, _, _ := fixture()
	m := &model.Model{}
	for i := range 5000 {
		ref := issue.Ref{Kind: "Ingress", Namespace: "shop", Name: fmt.Sprint("app-", i)}
		h := &model.Host{Name: model.Hostname(fmt.Sprintf("app-%d.test", i)), Origins: []issue.Ref{ref}}
		for range 3 {
			h.Routes = append(h.Routes, &model.Route{Action: model.Forward{}, Ingress: ref})
		}
		m.Hosts = append(m.Hosts, h)
	}
	s.Observe(control.Step{Model: m, Reload: true})
	if allocations := testing.AllocsPerRun(100, func() { s.Observe(control.Step{Model: m}) }); allocations > 4 || s.built != nil {
		t.Errorf("a round makes %v things", allocations)
	}
	begin := time.Now()
	_, v := ask(t, s, "GET", "/status.json?table=routes&q=app-4999&limit=500")
	if v.Table.Total != 15000 || v.Table.Matched != 3 {
		t.Errorf("%d of %d", v.Table.Matched, v.Table.Total)
	}
	t.Logf("the first look at 15,000 routes takes %s", time.Since(begin))
	begin = time.Now()
	ask(t, s, "GET", "/status.json?table=routes&offset=14990")
	t.Logf("the next one takes %s", time.Since(begin))
}

// TestManyLookWhileItChanges is for the race detector.
func TestManyLookWhileItChanges(t *testing.T) {
	s, _, _ := fixture()
	var looking sync.WaitGroup
	for range 4 {
		looking.Go(func() {
			for i := range 50 {
				q := query{table: Tables()[i%len(Tables())], host: "a.test", limit: usualRows}
				if v := s.answer(q); v.Table == nil {
					t.Error("there is no table")
				}
			}
		})
	}
	for i := range 200 {
		s.Observe(control.Step{Model: &model.Model{Hosts: []*model.Host{{Name: "a.test"}}}, Commands: i})
	}
	looking.Wait()
}

func FuzzQuery(f *testing.F) {
	f.Add("table=hosts&q=a b&problems=true&offset=3&limit=7")
	f.Add("offset=9999999999999999999&table=x")
	s, _, _ := fixture()
	s.Observe(control.Step{Model: &model.Model{Hosts: []*model.Host{{Name: "a.test"}, {Name: "b.test"}}}})
	f.Fuzz(func(t *testing.T, text string) {
		values, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		q, err := parseQuery(values)
		if err != nil {
			return
		}
		if table := s.answer(q).Table; table != nil && (len(table.Rows) > q.limit || table.Matched > table.Total || table.Offset > table.Matched) {
			t.Errorf("%q gives %+v", text, table)
		}
	})
}
