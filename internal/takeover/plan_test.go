package takeover

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func planOf(t *testing.T, w *World, o Options) string {
	t.Helper()
	s, err := Survey(w, o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range s.Plan() {
		for n, c := range p.Changes {
			b.WriteString(p.ID + ": " + c.Command() + "\n  undo: " + p.Undo[n].Command() + "\n")
		}
	}
	return b.String()
}

func TestPlan(t *testing.T) {
	const want = `keep: kubectl patch ingressclass nginx -p '{"metadata":{"annotations":{"helm.sh/resource-policy":"keep"}}}'
  undo: kubectl patch ingressclass nginx -p '{"metadata":{"annotations":{"helm.sh/resource-policy":null}}}'
keep: kubectl -n edge patch service nginx -p '{"metadata":{"annotations":{"helm.sh/resource-policy":"keep"}}}'
  undo: kubectl -n edge patch service nginx -p '{"metadata":{"annotations":{"helm.sh/resource-policy":null}}}'
old-status: kubectl -n edge patch deployment nginx -p '{"spec":{"template":{"spec":{"containers":[{"args":["/nginx-ingress-controller","--publish-service=$(POD_NAMESPACE)/nginx","--configmap=$(POD_NAMESPACE)/nginx","--update-status=false"],"name":"controller"}]}}}}'
  undo: kubectl -n edge patch deployment nginx -p '{"spec":{"template":{"spec":{"containers":[{"args":["/nginx-ingress-controller","--publish-service=$(POD_NAMESPACE)/nginx","--configmap=$(POD_NAMESPACE)/nginx"],"name":"controller"}]}}}}'
hawser-writes: kubectl -n edge patch deployment hawser -p '{"spec":{"template":{"spec":{"containers":[{"args":["run","--configmap=$(POD_NAMESPACE)/hawser","--publish-service=edge/nginx","--update-status=true"],"name":"controller"}]}}}}'
  undo: kubectl -n edge patch deployment hawser -p '{"spec":{"template":{"spec":{"containers":[{"args":["run","--configmap=$(POD_NAMESPACE)/hawser","--update-status=false","--publish-service=$(POD_NAMESPACE)/hawser","--shadow=true"],"name":"controller"}]}}}}'
webhook: kubectl delete validatingwebhookconfiguration nginx-admission
  undo: echo '{"kind":"ValidatingWebhookConfiguration","apiVersion":"admissionregistration.k8s.io/v1","metadata":{"name":"nginx-admission"},"webhooks":[{"name":"admission.example","clientConfig":{"service":{"namespace":"edge","name":"admission"}},"rules":[{"resources":["ingresses"]}],"sideEffects":null,"admissionReviewVersions":null}]}' | kubectl create -f -
traffic: kubectl -n edge patch service nginx -p '{"spec":{"selector":{"app":"hawser"}}}'
  undo: kubectl -n edge patch service nginx -p '{"spec":{"selector":{"app":"nginx"}}}'
stop: kubectl -n edge patch deployment nginx -p '{"spec":{"replicas":0}}'
  undo: kubectl -n edge patch deployment nginx -p '{"spec":{"replicas":2}}'
`
	w := tidy()
	w.Classes[0].Namespace = "" // it belongs to no namespace
	if got := planOf(t, w, Options{}); got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

// TestNothingIsDoneTwice: in a cluster that is as a takeover leaves it, no step has anything to do.
func TestNothingIsDoneTwice(t *testing.T) {
	w := tidy()
	w.Classes[0].Namespace = ""
	w.Classes[0].Annotations[keepKey] = "keep"
	w.Services[2].Annotations[keepKey] = "keep"
	w.args(nginx, "--update-status=false")
	w.Workloads[nginx].Wanted = 0
	w.Workloads[hawser].Template.Spec.Containers[0].Args = []string{"run", "--publish-service=edge/nginx"}
	w.Webhooks = nil
	w.Services[2].Spec.Selector = map[string]string{"app": "hawser"}
	state := &State{From: "edge/nginx", To: "edge/hawser", Traffic: ByService, Service: "edge/nginx", Records: []Record{{Step: stepOldStatus, Done: true}, {Step: stepWrites}, {Step: stepTraffic}}}
	if got := planOf(t, w, Options{State: state}); got != "" {
		t.Errorf("there is still to do:\n%s", got)
	}
	s, err := Survey(w, Options{State: state})
	if err != nil {
		t.Fatal(err)
	}
	if got := codes(s.Findings(), Blocking); got != "" {
		t.Errorf("blocking: %s", got)
	}
}

func TestPlanOfOtherClusters(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*World)
		options Options
		has     []string
		hasNot  []string
	}{
		"no status before": {func(w *World) { w.args(nginx, "--update-status=false") }, Options{}, []string{`"--update-status=false","--publish-service=$(POD_NAMESPACE)/hawser"],`}, []string{"old-status:", "--update-status=true"}},
		"by address":       {func(*World) {}, Options{Traffic: ByAddress}, []string{`"--publish-service=$(POD_NAMESPACE)/hawser","--update-status=true"`}, []string{"traffic:", "stop:", "patch service"}},
		"when DNS moved":   {func(*World) {}, Options{Traffic: ByAddress, DNSMoved: true}, []string{"stop:"}, []string{"traffic:"}},
		"a DaemonSet": {func(w *World) { w.Workloads[nginx].Kind = "DaemonSet" }, Options{}, []string{
			`stop: kubectl -n edge patch daemonset nginx -p '{"spec":{"template":{"spec":{"nodeSelector":{"hawser/stopped":"true"}}}}}'`, `"nodeSelector":{"hawser/stopped":null}`}, []string{"replicas"}},
		"no right": {func(w *World) { w.MayWrite["edge/hawser "] = false }, Options{}, []string{`"kind":"ClusterRole"`, `"subjects":[{"kind":"ServiceAccount","name":"hawser","namespace":"edge"}]`, "delete clusterrolebinding " + grantName}, nil},
		"no right in one namespace": {func(w *World) {
			w.args(hawser, "--watch-namespace=shop")
			w.MayWrite["edge/hawser shop"] = false
		}, Options{}, []string{`"kind":"RoleBinding"`, "-n shop create -f -"}, []string{`"kind":"ClusterRoleBinding"`}},
		"a selector with more labels": {func(w *World) {
			w.Services[2].Spec.Selector["component"] = "controller"
			w.Workloads[nginx].Template.Labels["component"] = "controller"
		}, Options{},
			[]string{`"selector":{"app":"hawser","component":null}`, `"selector":{"app":"nginx","component":"controller"}`}, nil},
		"a mixed webhook stays":  {func(w *World) { w.Webhooks[0] = hook("both", "edge/admission", "policy/opa") }, Options{}, nil, []string{"webhook:"}},
		"a quote in an argument": {func(w *World) { w.args(nginx, "--x='; rm -rf $HOME #") }, Options{}, []string{`--x='\''; rm -rf $HOME #`}, nil},
	} {
		w := tidy()
		c.change(w)
		got := planOf(t, w, c.options)
		for _, text := range c.has {
			if !strings.Contains(got, text) {
				t.Errorf("%s: %s is missing in\n%s", name, text, got)
			}
		}
		for _, text := range c.hasNot {
			if strings.Contains(got, text) {
				t.Errorf("%s: %s is in\n%s", name, text, got)
			}
		}
	}
}

func TestFlags(t *testing.T) {
	for _, c := range []struct {
		words []string
		name  string
		form  form
		want  string
		given bool
		rest  []string
	}{
		{[]string{"--a=1", "--a", "2", "--b"}, "a", valued, "2", true, []string{"--b"}},
		{[]string{"--shadow", "--b"}, "shadow", boolean, "true", true, []string{"--b"}},
		{[]string{"--shadow=false"}, "shadow", boolean, "false", true, nil},
		{[]string{"--shadowy=1", "shadow"}, "shadow", boolean, "", false, []string{"--shadowy=1", "shadow"}},
		{[]string{"--a"}, "a", valued, "", false, nil},
		{nil, "a", valued, "", false, nil},
	} {
		got, given := flag(c.words, c.name, c.form)
		rest, _ := without(c.words, c.name, c.form)
		if got != c.want || given != c.given || !slices.Equal(rest, c.rest) {
			t.Errorf("%q: %q, %v, %q", c.words, got, given, rest)
		}
	}
}

// FuzzEdit holds that an edit can be repeated, and that its reverse brings back the arguments.
func FuzzEdit(f *testing.F) {
	f.Add("run --shadow --publish-service x", "--update-status=true")
	f.Add("--update-status --update-status=false --publish-service", "")
	f.Fuzz(func(t *testing.T, text, word string) {
		args := strings.Split(text, " ")
		e := Edit{Container: "c", Flags: map[string][]string{"shadow": nil, "publish-service": {"--publish-service=a/b"}, "update-status": nil}}
		if strings.HasPrefix(word, "--update-status=") {
			e.Flags["update-status"] = []string{word}
		}
		once := e.apply(args)
		if twice := e.apply(once); !slices.Equal(once, twice) {
			t.Fatalf("%q becomes %q, then %q", args, once, twice)
		}
		if back := e.reverse(args).apply(once); !slices.Equal(back, args) {
			t.Fatalf("%q becomes %q, and %q again", args, once, back)
		}
		// Somebody added a flag meanwhile: it stays, and the old values are back.
		back := e.reverse(args).apply(append(slices.Clone(once), "--new=1"))
		if !slices.Contains(back, "--new=1") {
			t.Fatalf("%q lost --new=1", back)
		}
		for name := range e.Flags {
			_, was := without(args, name, formOf(name))
			if _, is := without(back, name, formOf(name)); !slices.Equal(was, is) && len(was) > 0 && was[len(was)-1] != "--"+name {
				t.Fatalf("--%s is %q again, not %q", name, is, was)
			}
		}
	})
}

func TestStateOfOthersIsRefused(t *testing.T) {
	good := State{Version: 1, From: "edge/nginx", To: "edge/hawser", Traffic: ByService, Service: "edge/nginx", Records: []Record{{Step: stepStop, Undo: []Change{{Verb: Patch, Kind: "Deployment", Namespace: "edge", Name: "nginx", Patch: json.RawMessage(`{}`)}}}}}
	if _, err := parseState(stored(encode(good))); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*State){
		"another version": func(s *State) { s.Version = 2 },
		"a new step":      func(s *State) { s.Records[0].Step = "format" },
		"another kind":    func(s *State) { s.Records[0].Undo[0].Kind = "Secret" },
		"another path":    func(s *State) { s.Records[0].Undo[0].Name = "../secrets/x" },
		"no namespace":    func(s *State) { s.Records[0].Undo[0].Namespace = "" },
		"no name":         func(s *State) { s.Records[0].Undo[0].Name = "" },
		"another traffic": func(s *State) { s.Traffic = "pigeon" },
		"no Service":      func(s *State) { s.Service = "" },
	} {
		var s State
		if err := json.Unmarshal(encode(good), &s); err != nil {
			t.Fatal(err)
		}
		change(&s)
		if _, err := parseState(stored(encode(s))); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func stored(data []byte) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "edge", Name: stateName}, Data: map[string]string{stateKey: string(data)}}
}

// FuzzState: whatever is in the ConfigMap, no path leaves the kinds that a takeover writes.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"version":1,"traffic":"address","records":[{"step":"stop","undo":[{"verb":"patch","kind":"Service","namespace":"a","name":"b"}]}]}`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseState(stored(data))
		if err != nil {
			return
		}
		for _, r := range s.Records {
			for _, c := range r.Undo {
				path, err := c.path()
				if err != nil || strings.Contains(path, "..") || strings.Count(path, "/") > 7 || strings.ContainsAny(path, "?#%") {
					t.Fatalf("%q, %v", path, err)
				}
			}
		}
	})
}

// TestUndoOfTheFirstChangeIsKept: a step that is begun again must not take its own work for what was before.
func TestUndoOfTheFirstChangeIsKept(t *testing.T) {
	r := Record{Undo: []Change{{Kind: "Service", Name: "a", Patch: json.RawMessage(`1`)}}}
	r.extend([]Change{{Kind: "Service", Name: "a", Patch: json.RawMessage(`2`)}, {Kind: "Service", Name: "b", Patch: json.RawMessage(`3`)}})
	if len(r.Undo) != 2 || string(r.Undo[0].Patch) != "1" || string(r.Undo[1].Patch) != "3" {
		t.Errorf("%s", encode(r.Undo))
	}
}

func TestTerminalsAreNotSteered(t *testing.T) {
	var b strings.Builder
	w := tidy()
	w.Workloads[nginx].Name = "a\x1b[2Jb\nc"
	s, err := Survey(w, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Report(nil).WriteFindings(&b); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\x1b") || strings.Contains(b.String(), "\nc;") || !strings.Contains(b.String(), "a?[2Jb?c") {
		t.Errorf("%q", b.String())
	}
}

func TestInstallOfAShadow(t *testing.T) {
	w := tidy()
	w.Workloads = w.Workloads[:1]
	w.args(nginx, "--watch-ingress-without-class", "--ingress-class=outer")
	trial, err := LookShadow(w, Options{})
	if err != nil || len(trial.Commands) != 1 || trial.To != "" {
		t.Fatalf("%+v, %v", trial, err)
	}
	for _, part := range []string{"helm -n edge install", "controller.extraArgs.shadow=true", "controller.ingressClass=outer", "controller.watchIngressWithoutClass=true", "controller.extraArgs.configmap=edge/nginx"} {
		if !strings.Contains(trial.Commands[0].Line, part) {
			t.Errorf("%s is not in %s", part, trial.Commands[0].Line)
		}
	}
	if trial, err = LookShadow(tidy(), Options{}); err != nil || len(trial.Findings) != 0 || trial.To != "Deployment edge/hawser" || len(trial.Commands) != 3 {
		t.Errorf("%+v, %v", trial, err)
	}
	for args, want := range map[string]string{
		"run": "shadow/status", "run --update-status=false": "shadow/events", "run --shadow=false": "shadow/status", "run --shadow": "",
		"run --shadow --controller-class=x": "ingress/not-served",
	} {
		loud := tidy()
		loud.Workloads[hawser].Template.Spec.Containers[0].Args = strings.Fields(args)
		if trial, err = LookShadow(loud, Options{}); err != nil || codes(trial.Findings, Blocking) != want {
			t.Errorf("%s: %+v, %v", args, trial, err)
		}
	}
}
