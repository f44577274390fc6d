package chart_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// moving is a cluster with an ingress-nginx as its chart installs it, and the program that moves it.
type moving struct {
	*cluster.Cluster
	k         kubernetes.Interface
	namespace string
	binary    string
	config    string
	sick      atomic.Bool // new pods of Hawser don't become ready
}

func newMoving(t *testing.T) *moving {
	t.Helper()
	c := cluster.Start(t)
	m := &moving{Cluster: c, k: c.Client(t), namespace: c.Namespace(t, nil), config: c.Kubeconfig(t, c.Admin()), binary: filepath.Join(t.TempDir(), "hawser")}
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", m.binary, "./cmd/hawser")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build hawser: %v\n%s", err, out)
	}
	m.ingress(t) // before the webhook, which nobody answers here
	m.helm(t, "install", "ingress-nginx", "testdata/old")
	service, err := m.k.CoreV1().Services(m.namespace).Get(t.Context(), "ingress-nginx-controller", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	service.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}
	if _, err := m.k.CoreV1().Services(m.namespace).UpdateStatus(t.Context(), service, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := m.k.CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "one"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); m.kubelet(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return m
}

// kubelet does what a scheduler and a node would: it makes pods ready, and ends them. What fails is done at the next look.
func (m *moving) kubelet(ctx context.Context) {
	for n := 1; ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		pods, err := m.k.CoreV1().Pods(m.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			continue
		}
		for _, p := range pods.Items {
			if p.DeletionTimestamp != nil {
				_ = m.k.CoreV1().Pods(m.namespace).Delete(ctx, p.Name, *metav1.NewDeleteOptions(0))
				continue
			}
			if p.Status.PodIP != "" || m.sick.Load() && strings.Contains(p.Name, "hawser") {
				continue
			}
			if p.Spec.NodeName == "" {
				_ = m.k.CoreV1().Pods(m.namespace).Bind(ctx, &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: p.Name}, Target: corev1.ObjectReference{Kind: "Node", Name: "one"}}, metav1.CreateOptions{})
				continue
			}
			n++
			ip := fmt.Sprintf("10.77.200.%d", n)
			p.Status = corev1.PodStatus{Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}},
				Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}
			_, _ = m.k.CoreV1().Pods(m.namespace).UpdateStatus(ctx, &p, metav1.UpdateOptions{})
		}
	}
}

// ingress makes one that ingress-nginx has written its address into.
func (m *moving) ingress(t *testing.T) {
	t.Helper()
	class, prefix := "nginx", netv1.PathTypePrefix
	i := &netv1.Ingress{ObjectMeta: metav1.ObjectMeta{Name: "web"}, Spec: netv1.IngressSpec{IngressClassName: &class, Rules: []netv1.IngressRule{{
		Host: "web.example", IngressRuleValue: netv1.IngressRuleValue{HTTP: &netv1.HTTPIngressRuleValue{Paths: []netv1.HTTPIngressPath{{
			Path: "/", PathType: &prefix, Backend: netv1.IngressBackend{Service: &netv1.IngressServiceBackend{Name: "web", Port: netv1.ServiceBackendPort{Number: 80}}}}}}}}}}}
	i, err := m.k.NetworkingV1().Ingresses(m.namespace).Create(t.Context(), i, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	i.Status.LoadBalancer.Ingress = []netv1.IngressLoadBalancerIngress{{IP: "192.0.2.1"}}
	if _, err := m.k.NetworkingV1().Ingresses(m.namespace).UpdateStatus(t.Context(), i, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (m *moving) helm(t *testing.T, verb string, args ...string) {
	t.Helper()
	if _, err := helm(t, append([]string{verb, "--kubeconfig", m.config, "--namespace", m.namespace}, args...)...); err != nil {
		t.Fatal(err)
	}
}

// run runs a command of hawser; it fails the test unless the exit status is as wanted.
func (m *moving) run(t *testing.T, want int, args ...string) (out, log string) {
	t.Helper()
	var o, e strings.Builder
	c := exec.CommandContext(t.Context(), m.binary, append(args, "--kubeconfig="+m.config)...)
	c.Stdout, c.Stderr = &o, &e
	got := 0
	if err := c.Run(); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			t.Fatal(err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		t.Fatalf("hawser %s: exit status %d, not %d\n%s%s", strings.Join(args, " "), got, want, o.String(), e.String())
	}
	return o.String(), e.String()
}

// shape is what a takeover changes, as it is in the cluster.
func (m *moving) shape(t *testing.T) map[string]any {
	t.Helper()
	out := map[string]any{}
	note := func(key string, value any, err error) {
		if err != nil && !apierrors.IsNotFound(err) {
			t.Fatal(err)
		}
		if err != nil {
			value = "none"
		}
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		out[key] = string(data)
	}
	for _, name := range []string{"ingress-nginx-controller", "hawser-controller"} {
		d, err := m.k.AppsV1().Deployments(m.namespace).Get(t.Context(), name, metav1.GetOptions{})
		var args []string
		for _, c := range d.Spec.Template.Spec.Containers {
			args = c.Args
		}
		note("args of "+name, args, err)
		note("replicas of "+name, d.Spec.Replicas, err)
	}
	s, err := m.k.CoreV1().Services(m.namespace).Get(t.Context(), "ingress-nginx-controller", metav1.GetOptions{})
	note("selector", s.Spec.Selector, err)
	note("keep of the Service", s.Annotations["helm.sh/resource-policy"], err)
	class, err := m.k.NetworkingV1().IngressClasses().Get(t.Context(), "nginx", metav1.GetOptions{})
	note("class", []string{class.Spec.Controller, class.Annotations["helm.sh/resource-policy"]}, err)
	hook, err := m.k.AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(t.Context(), "ingress-nginx-admission", metav1.GetOptions{})
	note("webhook", hook.Webhooks, err)
	note("labels of the webhook", hook.Labels, err)
	role, err := m.k.RbacV1().ClusterRoles().Get(t.Context(), "hawser-takeover-status", metav1.GetOptions{})
	note("role", role.Rules, err)
	i, err := m.k.NetworkingV1().Ingresses(m.namespace).Get(t.Context(), "web", metav1.GetOptions{})
	note("status", i.Status, err)
	state, err := m.k.CoreV1().ConfigMaps(m.namespace).Get(t.Context(), "hawser-takeover", metav1.GetOptions{})
	note("state", state.Name, err)
	return out
}

func difference(was, is map[string]any) string {
	text := ""
	for _, key := range slices.Sorted(maps.Keys(was)) {
		if was[key] != is[key] {
			text += fmt.Sprintf("%s: %v, was %v\n", key, is[key], was[key])
		}
	}
	return text
}

// TestTakeover goes the way of docs/takeover.md, forth and back, with what the commands print.
func TestTakeover(t *testing.T) {
	m := newMoving(t)
	m.installShadow(t)
	out, _ := m.run(t, 0, "shadow")
	if !strings.Contains(out, "It keeps still") || !strings.Contains(out, "hawser compare") {
		t.Errorf("shadow says:\n%s", out)
	}
	before := m.shape(t)
	out, _ = m.run(t, 0, "preflight")
	if !strings.Contains(out, "0 blocking") || !strings.Contains(out, "[webhook/old]") || !strings.Contains(out, "[helm/owned]") {
		t.Errorf("preflight says:\n%s", out)
	}
	out, _ = m.run(t, 0, "takeover")
	t.Logf("the plan:\n%s", out)
	if diff := difference(before, m.shape(t)); diff != "" {
		t.Fatalf("without --yes, it changed:\n%s", diff)
	}
	m.run(t, 1, "rollback", "--yes") // nothing to go back from

	// Pods that don't become ready end it, before traffic has moved.
	m.sick.Store(true)
	_, log := m.run(t, 1, "takeover", "--yes", "--timeout=2s")
	if got := m.shape(t); !strings.Contains(log, "step hawser-writes") || got["selector"] != before["selector"] || got["status"] != before["status"] || got["webhook"] != before["webhook"] {
		t.Errorf("with sick pods: %v\n%s", got, log)
	}
	m.sick.Store(false)

	_, log = m.run(t, 0, "takeover", "--yes", "--through=traffic")
	t.Logf("through traffic:\n%s", log)
	half := m.shape(t)
	if half["selector"] == before["selector"] || half["replicas of ingress-nginx-controller"] != "2" || half["webhook"] != `"none"` || half["status"] != before["status"] {
		t.Errorf("through traffic: %v", half)
	}
	m.expectEndpoints(t, "hawser")
	_, log = m.run(t, 0, "takeover", "--yes")
	if got := m.shape(t); got["replicas of ingress-nginx-controller"] != "0" || got["class"] != `["k8s.io/ingress-nginx","keep"]` || !strings.Contains(fmt.Sprint(got["args of hawser-controller"]), "--update-status=true") || got["status"] != before["status"] {
		t.Errorf("at the end: %v\n%s", got, log)
	}
	whole := m.shape(t)
	m.run(t, 0, "takeover", "--yes")
	if diff := difference(whole, m.shape(t)); diff != "" {
		t.Errorf("a second time it changed:\n%s", diff)
	}

	out, _ = m.run(t, 0, "rollback")
	if diff := difference(whole, m.shape(t)); diff != "" || !strings.Contains(out, "undo stop") {
		t.Errorf("without --yes, rollback changed:\n%s\n%s", diff, out)
	}
	_, log = m.run(t, 0, "rollback", "--yes")
	if diff := difference(before, m.shape(t)); diff != "" {
		t.Errorf("rollback left:\n%s\n%s", diff, log)
	}
	m.expectEndpoints(t, "ingress-nginx")
	m.forGood(t)
}

// installShadow installs Hawser by the command that shadow prints.
func (m *moving) installShadow(t *testing.T) {
	t.Helper()
	out, _ := m.run(t, 0, "shadow", "-o", "json")
	var trial struct{ Commands []struct{ Line string } }
	if err := json.Unmarshal([]byte(out), &trial); err != nil || len(trial.Commands) != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	words := strings.Fields(strings.NewReplacer("\\\n", " ", "charts/hawser", chartDir(t)).Replace(trial.Commands[0].Line))
	if words[0] != "helm" || words[2] != m.namespace {
		t.Fatalf("it is %q", words)
	}
	m.helm(t, words[3], words[4:]...)
	m.settled(t, "hawser-controller")
	m.settled(t, "ingress-nginx-controller")
}

func (m *moving) settled(t *testing.T, name string) {
	t.Helper()
	cluster.Eventually(t, time.Minute, func() error {
		d, err := m.k.AppsV1().Deployments(m.namespace).Get(t.Context(), name, metav1.GetOptions{})
		if err == nil && (d.Status.ReadyReplicas != *d.Spec.Replicas || d.Status.Replicas != *d.Spec.Replicas || d.Status.ObservedGeneration < d.Generation) {
			err = fmt.Errorf("%s has %+v", name, d.Status)
		}
		return err
	})
}

// expectEndpoints: the Service sends to the pods of one controller, and to no others.
func (m *moving) expectEndpoints(t *testing.T, of string) {
	t.Helper()
	list, err := m.k.DiscoveryV1().EndpointSlices(m.namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=ingress-nginx-controller"})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, s := range list.Items {
		for _, e := range s.Endpoints {
			n++
			if !strings.HasPrefix(e.TargetRef.Name, of) {
				t.Errorf("it sends to %s", e.TargetRef.Name)
			}
		}
	}
	if n == 0 {
		t.Error("it sends to nobody")
	}
}

// forGood takes over again, and removes the release of ingress-nginx by the commands that are printed then.
func (m *moving) forGood(t *testing.T) {
	t.Helper()
	_, log := m.run(t, 0, "takeover", "--yes")
	n := 0
	for line := range strings.Lines(log) {
		words := strings.Fields(line)
		if len(words) == 0 || words[0] != "helm" {
			continue
		}
		for i := range words {
			switch words[i] {
			case "ingress-nginx/ingress-nginx":
				words[i] = "testdata/old"
			case "charts/hawser":
				words[i] = chartDir(t)
			}
		}
		n++
		if at := slices.Index(words, "--force-conflicts"); at > 0 { // it is really needed
			_, err := helm(t, append([]string{"--kubeconfig", m.config, "--namespace", m.namespace}, slices.Delete(slices.Clone(words[3:]), at-3, at-2)...)...)
			if err == nil || !strings.Contains(err.Error(), "conflict") {
				t.Errorf("without --force-conflicts: %v", err)
			}
		}
		m.helm(t, words[3], words[4:]...)
	}
	got := m.shape(t)
	hawser := fmt.Sprint(got["args of hawser-controller"])
	if !strings.Contains(hawser, "--shadow=false") || !strings.Contains(hawser, "--publish-service="+m.namespace+"/ingress-nginx-controller") || !strings.Contains(hawser, "--validating-webhook=") {
		t.Errorf("hawser has %s", hawser)
	}
	if n != 3 || !strings.Contains(fmt.Sprint(got["selector"]), "hawser") || got["class"] != `["k8s.io/ingress-nginx","keep"]` || got["args of ingress-nginx-controller"] != `"none"` {
		t.Errorf("after %d commands of\n%s%v", n, log, got)
	}
}

// TestUninstallMindsOnlyTheManifest is why the release is upgraded first: an annotation on the object does not save it.
func TestUninstallMindsOnlyTheManifest(t *testing.T) {
	m := newMoving(t)
	class, err := m.k.NetworkingV1().IngressClasses().Get(t.Context(), "nginx", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	class.Annotations["helm.sh/resource-policy"] = "keep"
	if _, err := m.k.NetworkingV1().IngressClasses().Update(t.Context(), class, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	m.helm(t, "uninstall", "ingress-nginx")
	if _, err := m.k.NetworkingV1().IngressClasses().Get(t.Context(), "nginx", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the class outlives the release (%v): docs/takeover.md says otherwise", err)
	}
}

// TestPreflightWithFewRights tells what it may not read, and what the caller may not do.
func TestPreflightWithFewRights(t *testing.T) {
	m := newMoving(t)
	m.installShadow(t)
	const name = "reader"
	if _, err := m.k.CoreV1().ServiceAccounts(m.namespace).Create(t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	role := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: name}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"services", "pods", "configmaps"}, Verbs: []string{"get", "list"}},
		{APIGroups: []string{"apps"}, Resources: []string{"deployments", "daemonsets"}, Verbs: []string{"get", "list"}},
		{APIGroups: []string{"networking.k8s.io"}, Resources: []string{"ingresses", "ingressclasses"}, Verbs: []string{"get", "list"}},
	}}
	if _, err := m.k.RbacV1().ClusterRoles().Create(t.Context(), role, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	binding := &rbacv1.ClusterRoleBinding{ObjectMeta: metav1.ObjectMeta{Name: name}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: m.namespace, Name: name}}}
	if _, err := m.k.RbacV1().ClusterRoleBindings().Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	m.config = m.Kubeconfig(t, m.ServiceAccount(t, m.namespace, name))
	out, _ := m.run(t, 3, "preflight", "-o", "json")
	var report struct {
		Findings  []struct{ Code, Severity string }
		Unchecked []struct{ What string }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatal(err)
	}
	unchecked, missing := "", 0
	for _, u := range report.Unchecked {
		unchecked += u.What + ", "
	}
	for _, f := range report.Findings {
		if f.Code == "rights/missing" && f.Severity == "blocking" {
			missing++
		}
	}
	for _, kind := range []string{"NetworkPolicies", "ValidatingWebhookConfigurations", "PodDisruptionBudgets", "Namespaces", "rights of ServiceAccount"} {
		if !strings.Contains(unchecked, kind) {
			t.Errorf("%s are not among those that are not checked: %s", kind, unchecked)
		}
	}
	if missing < 5 {
		t.Errorf("%d rights are missing", missing)
	}
	m.run(t, 3, "takeover", "--yes")
}
