package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-ingress/hawser/internal/assess"
)

// moving is an ingress-nginx with what it serves.
const moving = shop + `---
apiVersion: v1
kind: Service
metadata: {name: shop, namespace: a}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Secret
metadata: {name: gone, namespace: b}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: edge}
data: {ssl-redirectt: "x"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: outer, namespace: edge}
spec:
  template:
    spec:
      containers:
      - image: registry.k8s.io/ingress-nginx/controller:v1.15.1
        env: [{name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}]
        args:
        - /nginx-ingress-controller
        - --configmap=$(POD_NAMESPACE)/settings
        - --udp-services-configmap=$(POD_NAMESPACE)/udp
        - --maxmind-license-key=secret
        - --watch-ingress-without-class
        - --election-id
        - leader
        - --no-such-flag=1
        - -v=2
        - --report-status-classes=true
        - --profiling=true
        - --status-update-interval=often
`

// runWith gives standard input.
func runWith(in string, args ...string) (status int, out, errs string) {
	var o, e bytes.Buffer
	status = Main(args, Streams{In: strings.NewReader(in), Out: &o, Err: &e})
	return status, o.String(), e.String()
}

func assessed(t *testing.T, in string, args ...string) (int, assess.Report) {
	t.Helper()
	status, out, errs := runWith(in, append([]string{"assess", "--manifests", "-", "-o", "json"}, args...)...)
	var r assess.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("status %d, %v: %s%s", status, err, out, errs)
	}
	return status, r
}

func TestAssessTakesOverTheFlagsOfTheDeployment(t *testing.T) {
	status, r := assessed(t, moving)
	if status != 3 || r.Worst != assess.Withheld {
		t.Errorf("status %d, the worst is %s", status, r.Worst)
	}
	if w := r.Controller.Workload; w == nil || w.Name != "outer" || w.Line == 0 {
		t.Errorf("the workload is %v", w)
	}
	var got []string
	for _, f := range r.Controller.Flags {
		word, _, _ := strings.Cut(f.Message, ":")
		got = append(got, strings.TrimSuffix(f.Name+"="+f.Value+" "+string(f.Outcome)+" "+word, " "))
	}
	want := []string{
		"configmap=edge/settings served",
		"election-id=leader served",
		"maxmind-license-key=… ignored It has no effect",
		"no-such-flag=1 difference Hawser does not know the flag and would not start; take it away.",
		"profiling=true served",
		"report-status-classes=true difference It is about the figures of --metrics-compat ingress-nginx alone; Hawser's own have classes of statuses always.",
		"status-update-interval=often difference Hawser would not start",
		"udp-services-configmap=edge/udp ignored It has no effect",
		"v=2 served",
		"watch-ingress-without-class=true served",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c := r.Controller.ConfigMap; c == nil || c.Name != "settings" || len(r.Controller.Findings) != 1 {
		t.Errorf("the ConfigMap is %v with %v", c, r.Controller.Findings)
	}
}

func TestAssessFollowsTheClassesOfTheDeployment(t *testing.T) {
	plain := strings.Replace(moving, "  ingressClassName: nginx\n", "", 1)
	if _, r := assessed(t, plain); r.Totals.Ingresses.Total != 1 {
		t.Errorf("--watch-ingress-without-class is not taken over: %+v", r.Totals.Ingresses)
	}
	if _, r := assessed(t, plain, "--watch-ingress-without-class=false"); r.Totals.Ingresses.Foreign != 1 {
		t.Errorf("the command line does not win: %+v", r.Totals.Ingresses)
	}
	if _, r := assessed(t, plain, "--deployment", "none"); r.Totals.Ingresses.Foreign != 1 || r.Controller.Workload != nil || len(r.Notes) != 2 {
		t.Errorf("the Deployment counts though it is not looked for: %+v, %q", r.Controller, r.Notes)
	}
}

func TestSeveralControllersAreAskedFor(t *testing.T) {
	_, second, _ := strings.Cut(moving, "kind: Deployment\n")
	two := moving + "---\napiVersion: apps/v1\nkind: DaemonSet\n" + strings.Replace(second, "outer", "inner", 1)
	status, _, errs := runWith(two, "assess", "--manifests", "-")
	if status != 2 || !strings.Contains(errs, "edge/outer, edge/inner") || !strings.Contains(errs, "--deployment") {
		t.Errorf("status %d: %s", status, errs)
	}
	if _, r := assessed(t, two, "--deployment", "edge/inner"); r.Controller.Workload == nil || r.Controller.Workload.Kind != "DaemonSet" {
		t.Errorf("the workload is %v", r.Controller.Workload)
	}
}

func TestExitStatusOfAssess(t *testing.T) {
	for _, c := range []struct {
		in   string
		args string
		want int
		says string
	}{
		{moving, "", 3, "withheld"},
		{moving, "--fail-on none", 0, ""},
		{shop, "", 0, ""}, // the Secret is not among the manifests
		{shop, "--assume-present none", 3, "withheld"},
		{shop, "--assume-present none -o html", 3, "withheld"},
		{strings.Replace(shop, "auth-tls-secret: a/gone", "proxy-read-timeout: soon", 1), "", 0, ""},
		{strings.Replace(shop, "auth-tls-secret: a/gone", "proxy-read-timeout: soon", 1), "--fail-on ignored", 3, "ignored"},
		{strings.Replace(shop, "auth-tls-secret: a/gone", "proxy-read-timeout: soon", 1), "--fail-on difference", 0, ""},
		{shop, "--fail-on everything", 2, "--fail-on"},
		{shop, "--assume-present pods", 2, "--assume-present"},
		{shop, "-o yaml", 2, "markdown"},
		{shop, "--deployment a/b", 2, "--deployment"},
		{shop, "--kubeconfig x", 2, "exclude each other"},
		{"apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n", "", 1, "no Ingress"},
		{shop, "--manifests /no/such/path", 1, "no such file"},
	} {
		status, out, errs := runWith(c.in, append([]string{"assess", "--manifests", "-"}, strings.Fields(c.args)...)...)
		if status != c.want || !strings.Contains(errs, c.says) || c.says == "" && errs != "" {
			t.Errorf("%q: status %d, want %d: %s", c.args, status, c.want, errs)
		}
		if (status == 0 || status == 3) != (out != "") {
			t.Errorf("%q: status %d with a report of %d bytes", c.args, status, len(out))
		}
	}
}

func TestAssessSelectsNamespaces(t *testing.T) {
	labelled := moving + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {team: web}}\n"
	for selector, want := range map[string]int{"team=web": 1, "team=other": 0} {
		if _, r := assessed(t, labelled, "--watch-namespace-selector", selector); r.Totals.Ingresses.Total != want {
			t.Errorf("%s: %+v", selector, r.Totals.Ingresses)
		}
	}
	if _, r := assessed(t, moving, "--watch-namespace-selector", "team=web"); r.Totals.Ingresses.Total != 1 || !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "not checked") }) {
		t.Errorf("without a Namespace: %+v, %q", r.Totals.Ingresses, r.Notes)
	}
	if _, r := assessed(t, moving, "--watch-namespace", "b"); r.Totals.Ingresses.Foreign != 1 {
		t.Errorf("another namespace: %+v", r.Totals.Ingresses)
	}
}

func TestFindingsOfFilesHaveTheLineOfTheAnnotation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(file, []byte(moving), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := runWith("", "assess", "--manifests", file, "-o", "sarif")
	if status != 3 || !strings.Contains(out, `"startLine": 3`) {
		t.Errorf("status %d: %s%s", status, out, errs)
	}
}

// TestEveryFlagOfIngressNginxIsJudged: none is unknown.
func TestEveryFlagOfIngressNginxIsJudged(t *testing.T) {
	data, err := os.ReadFile("testdata/ingress-nginx-flags.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		name, kind, _ := strings.Cut(strings.TrimSpace(line), "\t")
		value := map[string]string{"bool": "true", "int": "7", "duration": "90s", "float32": "0.5", "float64": "1.5", "uint32": "9", "ip": "127.0.0.2"}[kind]
		if value == "" {
			value = "a/b"
		}
		flags := judge([]string{"--" + name + "=" + value})
		if len(flags) != 1 || strings.Contains(flags[0].Message, "would not start") {
			t.Errorf("--%s: %+v", name, flags)
		}
	}
	for name := range differing() {
		if newRun(Streams{}).Flags().Lookup(name) == nil {
			t.Errorf("--%s differs and does not exist", name)
		}
	}
}

func TestProgressIsForTerminals(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, false)
	p.step("read")
	p.end()
	if out.Len() > 0 {
		t.Errorf("it says %q where nobody looks", out.String())
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if newProgress(null, false).out == nil || newProgress(null, true).out != nil {
		t.Error("a character device is no terminal, or --no-progress is not honoured")
	}
}
