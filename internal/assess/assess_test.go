package assess_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/assess"
	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/snapshot"
	"github.com/hawser-ingress/hawser/internal/source/dir"
)

// input reads manifests as the command does.
func input(t testing.TB, manifests string) assess.Input {
	t.Helper()
	source, err := dir.Open([]string{"-"}, strings.NewReader(manifests))
	if err != nil {
		t.Fatal(err)
	}
	objects, issues, err := source.Load()
	if err != nil {
		t.Fatal(err)
	}
	auto, err := assess.ParsePresence("auto")
	if err != nil {
		t.Fatal(err)
	}
	settings := snapshot.DefaultSettings()
	settings.AssumeClass = true
	return assess.Input{Version: "test", Objects: objects, Issues: issues, Settings: settings, Presence: auto}
}

func report(t testing.TB, in assess.Input) *assess.Report {
	t.Helper()
	r, err := assess.Assess(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// web is an Ingress with annotations, each as "key: value", for one host and one Service.
func web(name, host string, annotations ...string) string {
	var lines strings.Builder
	for _, a := range annotations {
		lines.WriteString("\n    nginx.ingress.kubernetes.io/" + a)
	}
	return fmt.Sprintf(`---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: %s
  namespace: shop
  annotations:
    example.com/owner: web%s
spec:
  ingressClassName: nginx
  rules: [{host: %s, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]
`, name, lines.String(), host)
}

const webService = `---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: other, namespace: shop}
`

// told is a report in a few words: "name outcome: field, field".
func told(r *assess.Report) []string {
	var out []string
	for _, i := range r.Ingresses {
		line := i.Name + " " + string(i.Outcome)
		for n, f := range i.Findings {
			line += map[bool]string{true: ": ", false: ", "}[n == 0] + strings.TrimPrefix(f.Field, "nginx.ingress.kubernetes.io/")
		}
		out = append(out, line)
	}
	return out
}

func TestIngressesAreToldByRisk(t *testing.T) {
	r := report(t, input(t, webService+
		web("asis", "a.test", `enable-cors: "true"`)+
		web("typo", "b.test", `enable-corse: "true"`)+
		web("bad", "c.test", `proxy-read-timeout: soon`)+
		web("guard", "d.test", `whitelist-source-range: office`, `proxy-read-timeout: soon`)+
		web("ca", "e.test", `auth-tls-secret: shop/gone`)+
		strings.Replace(web("dangling", "f.test"), "name: web,", "name: gone,", 1)+
		strings.Replace(web("foreign", "g.test"), "ingressClassName: nginx", "ingressClassName: other", 1)))
	want := []string{
		"guard withheld: whitelist-source-range, proxy-read-timeout",
		"ca withheld: auth-tls-secret",
		"dangling withheld: spec.rules[0].http.paths[0].backend.service.name",
		"bad ignored: proxy-read-timeout",
		"typo ignored: enable-corse",
		"asis served",
		"foreign foreign: spec.ingressClassName",
	}
	if diff := cmp.Diff(want, told(r)); diff != "" {
		t.Error(diff)
	}
	count := assess.Count{Total: 6, Served: 1, Ignored: 2, Withheld: 3, Foreign: 1}
	if r.Totals.Ingresses != count || r.Totals.Hosts != count || r.Worst != assess.Withheld {
		t.Errorf("the totals are %+v, the worst is %s", r.Totals, r.Worst)
	}
	if r.Totals.Routes != 6 || r.Totals.Closed != 2 {
		t.Errorf("%d of %d routes are closed", r.Totals.Closed, r.Totals.Routes)
	}
	guard, dangling := r.Ingresses[0], r.Ingresses[2]
	if f := guard.Findings[0]; !f.Guard || f.Same || f.Code != issue.BadValue || guard.Line == 0 || guard.Closed != 1 {
		t.Errorf("the guard is told as %+v of %+v", f, guard)
	}
	if f := dangling.Findings[0]; !f.Same || f.Guard {
		t.Errorf("the missing Service is told as %+v", f)
	}
}

func TestAnnotationsAndClassesAreCounted(t *testing.T) {
	r := report(t, input(t, webService+
		web("a", "a.test", `enable-cors: "true"`, `proxy-read-timeout: soon`)+
		web("b", "b.test", `enable-cors: "true"`, `enable-corse: "true"`)+
		strings.Replace(web("c", "c.test", `enable-cors: "true"`), "ingressClassName: nginx", "ingressClassName: other", 1)+
		"---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: other}\nspec: {controller: example.com/x}\n"))
	const prefix = "nginx.ingress.kubernetes.io/"
	want := []assess.Annotation{
		{Key: prefix + "enable-corse", Support: "unknown", Ingresses: 1, Findings: 1, Worst: assess.Ignored},
		{Key: prefix + "proxy-read-timeout", Support: "full", Ingresses: 1, Findings: 1, Worst: assess.Ignored},
		{Key: prefix + "enable-cors", Support: "full", Ingresses: 2, Worst: assess.Served},
	}
	if diff := cmp.Diff(want, r.Annotations); diff != "" {
		t.Error(diff)
	}
	classes := []assess.Class{
		{Name: "nginx", Ingresses: assess.Count{Total: 2, Ignored: 2}},
		{Name: "other", Controller: "example.com/x", Ingresses: assess.Count{Foreign: 1}},
	}
	if diff := cmp.Diff(classes, r.Classes); diff != "" {
		t.Error(diff)
	}
}

// secured names every kind of object that may be missing.
var secured = web("a", "a.test", `auth-tls-secret: shop/ca`, `auth-type: basic`, `auth-secret: users`, `custom-headers: shop/headers`) +
	"  tls: [{hosts: [a.test], secretName: cert}]\n" + web("map", "b.test", `auth-type: basic`, `auth-secret: map`, `auth-secret-type: auth-map`)

func TestWhatIsNotAmongTheManifestsIsNoProblem(t *testing.T) {
	r := report(t, input(t, secured))
	if diff := cmp.Diff([]string{"a served", "map served"}, told(r)); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, u := range r.Unchecked {
		names = append(names, u.Kind+" "+u.Name+": "+strings.Join(u.Ingresses, " "))
		if u.Consequence == "" {
			t.Errorf("nothing is said of %s", u.Name)
		}
	}
	want := []string{"ConfigMap headers: shop/a", "Secret ca: shop/a", "Secret cert: shop/a", "Secret map: shop/map", "Secret users: shop/a", "Service web: shop/a shop/map"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ConfigMap shop/headers", "Secret shop/ca", "Secret shop/cert", "Secret shop/users", "Service shop/web"}, r.Ingresses[0].Unchecked); diff != "" {
		t.Error(diff)
	}
	if r.Totals.Unchecked != 2 {
		t.Errorf("%d Ingresses are unchecked", r.Totals.Unchecked)
	}
}

func TestPresence(t *testing.T) {
	for word, want := range map[string]int{
		"auto": 1, // there is a Secret, so those that are missing are missing; there is a Service, too
		"all":  5, "none": 0, "secrets": 4, "configmaps,secrets": 5, "services": 0,
	} {
		in := input(t, webService+secured)
		var err error
		if in.Presence, err = assess.ParsePresence(word); err != nil {
			t.Fatal(err)
		}
		r := report(t, in)
		if len(r.Unchecked) != want {
			t.Errorf("%s: %d objects are assumed, want %d", word, len(r.Unchecked), want)
		}
		if closed := r.Worst == assess.Withheld; closed != (want < 5) {
			t.Errorf("%s: the worst is %s", word, r.Worst)
		}
	}
	if _, err := assess.ParsePresence("secrets,pods"); err == nil {
		t.Error("pods are assumed")
	}
}

// TestNamesAreKeys: a key that does not exist would never be found on an Ingress.
func TestNamesAreKeys(t *testing.T) {
	registry := compile.Registry()
	for _, key := range assess.NamingKeys() {
		if _, ok := registry.Lookup(key); !ok {
			t.Errorf("%s is no key", key)
		}
	}
}

func settingsMap(lines string) string {
	return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: shop}\ndata:\n" + lines
}

func TestSettingsAreAssessed(t *testing.T) {
	in := input(t, webService+web("a", "a.test")+settingsMap("  ssl-redirect: \"true\"\n  ssl-redirectt: \"true\"\n  whitelist-source-range: office\n"))
	in.Settings.ConfigMap = types.NamespacedName{Namespace: "shop", Name: "settings"}
	r := report(t, in)
	var got []string
	for _, s := range r.Controller.Settings {
		got = append(got, fmt.Sprintf("%s %s %s", s.Key, s.Support, s.Outcome))
	}
	want := []string{"whitelist-source-range full withheld", "ssl-redirectt unknown ignored", "ssl-redirect full served"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if i := r.Ingresses[0]; i.Outcome != assess.Withheld || i.Closed != 1 || i.Findings[0].Object.Kind != "ConfigMap" {
		t.Errorf("what the settings close is told as %+v", i)
	}
}

func TestAnIngressIsToldWhatClosesItsHost(t *testing.T) {
	r := report(t, input(t, webService+
		web("closing", "a.test", `auth-tls-secret: shop/gone`)+
		strings.Replace(web("beside", "a.test"), "path: /,", "path: /beside,", 1)))
	beside := r.Ingresses[slices.IndexFunc(r.Ingresses, func(i assess.Ingress) bool { return i.Name == "beside" })]
	if beside.Outcome != assess.Withheld || beside.Closed != 1 || len(beside.Findings) != 1 {
		t.Fatalf("the neighbour of a closed host is %+v", beside)
	}
	f := beside.Findings[0]
	if f.Object.Name != "closing" || !strings.Contains(f.Message, "a.test is closed") || f.Code != issue.ClientCAMissing {
		t.Errorf("it is told %+v", f)
	}
}

func TestWatchedNamespaces(t *testing.T) {
	other := strings.Replace(web("b", "b.test"), "namespace: shop", "namespace: back", 1)
	in := input(t, webService+web("a", "a.test")+other)
	in.Namespace = "shop"
	if diff := cmp.Diff([]string{"a served", "b foreign: spec.ingressClassName"}, told(report(t, in))); diff != "" {
		t.Error(diff)
	}
	in.Namespace, in.Selected = "", map[string]bool{"back": true}
	if got := told(report(t, in)); !slices.Contains(got, "a foreign: spec.ingressClassName") || strings.Contains(fmt.Sprint(got), "b foreign") {
		t.Errorf("selected is back: %q", got)
	}
}

func TestAnIngressThatDoesNotDecodeIsWithheld(t *testing.T) {
	r := report(t, input(t, webService+web("a", "a.test")+`---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: old, namespace: shop}
---
apiVersion: v1
kind: Service
metadata: {name: broken, namespace: shop}
spec: {ports: many}
`))
	if diff := cmp.Diff([]string{"old withheld: apiVersion", "a served"}, told(r)); diff != "" {
		t.Error(diff)
	}
	if len(r.Other) != 1 || r.Other[0].Object.Name != "broken" {
		t.Errorf("elsewhere is %+v", r.Other)
	}
}

func TestThreshold(t *testing.T) {
	for _, c := range []struct {
		word  string
		worst assess.Outcome
		fails bool
	}{
		{"none", assess.Withheld, false},
		{"withheld", assess.Withheld, true}, {"withheld", assess.Difference, false},
		{"difference", assess.Withheld, true}, {"difference", assess.Difference, true}, {"difference", assess.Ignored, false},
		{"ignored", assess.Ignored, true}, {"ignored", assess.Served, false},
	} {
		threshold, err := assess.ParseThreshold(c.word)
		if err != nil || threshold.Fails(&assess.Report{Worst: c.worst}) != c.fails {
			t.Errorf("--fail-on %s with %s: %v", c.word, c.worst, err)
		}
	}
	for _, word := range []string{"", "served", "foreign", "withhold"} {
		if _, err := assess.ParseThreshold(word); err == nil {
			t.Errorf("--fail-on %q is accepted", word)
		}
	}
}

// TestEveryIngressIsToldOnce, in the same order each time.
func TestEveryIngressIsToldOnce(t *testing.T) {
	a, b := report(t, input(t, fleet(400))), report(t, input(t, fleet(400)))
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("two reports of the same differ:\n%s", diff)
	}
	seen := map[string]int{}
	for _, i := range a.Ingresses {
		seen[i.Namespace+"/"+i.Name]++
	}
	if len(seen) != 400 || len(a.Ingresses) != 400 {
		t.Errorf("%d entries of %d Ingresses", len(a.Ingresses), len(seen))
	}
	if c := a.Totals.Ingresses; c.Total+c.Foreign != 400 || c.Served+c.Ignored+c.Difference+c.Withheld != c.Total || c.Foreign != 10 || c.Withheld != 20 || c.Ignored != 20 {
		t.Errorf("the totals are %+v", c)
	}
}
