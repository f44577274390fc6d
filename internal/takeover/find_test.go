package takeover

import (
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestATidyClusterIsNotBlocked(t *testing.T) {
	s, err := Survey(tidy(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	list := s.Findings()
	if got := codes(list, Blocking); got != "" {
		t.Errorf("blocking: %s", got)
	}
	if got := codes(list, Warning); got != "helm/owned" {
		t.Errorf("warnings: %s", got)
	}
	if got := codes(list, Note); got != "webhook/old" {
		t.Errorf("notes: %s", got)
	}
}

const nginx, hawser = 0, 1 // their places among the workloads

// TestFindings changes one thing at a time in a tidy cluster.
func TestFindings(t *testing.T) {
	from := func(l *metav1.LabelSelector, namespace *metav1.LabelSelector) netv1.NetworkPolicy {
		return netv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "guard"}, Spec: netv1.NetworkPolicySpec{
			Ingress: []netv1.NetworkPolicyIngressRule{{From: []netv1.NetworkPolicyPeer{{PodSelector: l, NamespaceSelector: namespace}}}}}}
	}
	labels := func(key, value string) *metav1.LabelSelector {
		return &metav1.LabelSelector{MatchLabels: map[string]string{key: value}}
	}
	for name, c := range map[string]struct {
		change  func(*World)
		options Options
		want    string // code, with a ! in front if it blocks
	}{
		"no pod of Hawser":        {change: func(w *World) { w.Workloads[hawser].Ready = 0 }, want: "!hawser/not-ready"},
		"a rollout of Hawser":     {change: func(w *World) { w.Workloads[hawser].Updated = 1 }, want: "!hawser/not-ready"},
		"too few":                 {change: func(w *World) { w.Workloads[nginx].Wanted = 3 }, want: "hawser/few-pods"},
		"arguments of the image":  {change: func(w *World) { w.Workloads[nginx].Template.Spec.Containers[0].Args = nil }, want: "!workload/no-arguments"},
		"a rollout with a gap":    {change: func(w *World) { w.Workloads[nginx].Gapless = false }, want: "!workload/gap"},
		"Argo CD":                 {change: func(w *World) { w.Workloads[nginx].Annotations["argocd.argoproj.io/tracking-id"] = "x" }, want: "workload/synced"},
		"another class of Hawser": {change: func(w *World) { w.args(hawser, "--controller-class=example/other") }, want: "!class/controller"},
		"lost with their class":   {change: func(w *World) { w.args(hawser, "--controller-class", "example/other") }, want: "!ingress/not-served"},
		"one namespace of Hawser": {change: func(w *World) { w.args(hawser, "--watch-namespace=other") }, want: "!ingress/not-served"},
		"Ingresses without a class": {change: func(w *World) {
			w.Ingresses[0].Spec.IngressClassName = nil
			w.args(nginx, "--watch-ingress-without-class")
		}, want: "!ingress/not-served"},
		"more than before": {change: func(w *World) {
			w.Ingresses[0].Spec.IngressClassName = nil
			w.args(hawser, "--watch-ingress-without-class=true")
		}, want: "ingress/served-too"},
		"a default certificate": {change: func(w *World) { w.args(nginx, "--default-ssl-certificate=edge/tls") }, want: "flag/differs"},
		"TCP ports": {change: func(w *World) {
			w.args(nginx, "--tcp-services-configmap=edge/tcp")
			w.ConfigMaps["edge/tcp"] = map[string]string{"5432": "db/pg:5432"}
		}, want: "!flag/tcp-services"},
		"UDP ports": {change: func(w *World) {
			w.args(nginx, "--udp-services-configmap=edge/udp")
			w.ConfigMaps["edge/udp"] = map[string]string{"53": "dns/dns:53"}
		}, want: "!flag/udp-services"},
		"settings": {change: func(w *World) { w.ConfigMaps["edge/nginx"]["ssl-redirect"] = "false" }, want: "configmap/differs"},
		"status of both": {change: func(w *World) {
			w.Workloads[hawser].Template.Spec.Containers[0].Args = []string{"run", "--configmap=edge/hawser"}
		}, want: "shadow/status"},
		"traffic of both": {change: func(w *World) {
			w.Workloads[hawser].Template.Labels["app"] = "nginx"
			w.Services[1].Spec.Selector["app"] = "nginx"
		}, want: "!shadow/traffic"},
		"another ingress-nginx": {change: func(w *World) {
			w.Workloads = append(w.Workloads, workload("inner", "ingress-nginx/controller", "-v=2"))
		}, options: Options{From: "edge/nginx"}, want: "class/shared"},
		"a webhook of two":          {change: func(w *World) { w.Webhooks[0] = hook("both", "edge/admission", "policy/opa") }, want: "!webhook/mixed"},
		"a webhook without Service": {change: func(w *World) { w.Webhooks = append(w.Webhooks, hook("gone", "old/admission")) }, want: "!webhook/dead"},
		"no Service":                {change: func(w *World) { w.Services = w.Services[:2] }, want: "service/none"},
		"a port that is not there":  {change: func(w *World) { w.Services[2].Spec.Ports[0].TargetPort = intstr.FromInt32(8081) }, want: "!service/port"},
		"Local on other nodes": {change: func(w *World) {
			w.Services[2].Spec.ExternalTrafficPolicy = corev1.ServiceExternalTrafficPolicyLocal
			w.Pods = []corev1.Pod{{ObjectMeta: metav1.ObjectMeta{Namespace: "edge", Labels: map[string]string{"app": "nginx"}}, Spec: corev1.PodSpec{NodeName: "one"}}}
		}, want: "service/local"},
		"addresses of nodes":    {change: func(w *World) { w.Workloads[nginx].Template.Spec.Containers[0].Args = []string{"-v=2"} }, want: "!status/nodes"},
		"an address of its own": {change: func(*World) {}, options: Options{Traffic: ByAddress}, want: "service/address"},
		"no address of its own": {change: func(w *World) { w.Services[1].Spec.Type = corev1.ServiceTypeLoadBalancer }, options: Options{Traffic: ByAddress}, want: "!service/no-address"},
		"ports of nodes":        {change: func(w *World) { w.Workloads[nginx].Template.Spec.HostNetwork = true }, want: "ports/host"},
		"ports of nodes of both": {change: func(w *World) {
			w.Workloads[nginx].Template.Spec.HostNetwork = true
			w.Workloads[hawser].Template.Spec.Containers[0].Ports[1].HostPort = 443
		}, want: "!ports/clash"},
		"a policy that names one": {change: func(w *World) {
			w.Policies = append(w.Policies, from(labels("app", "nginx"), labels("kubernetes.io/metadata.name", "edge")))
		}, want: "!policy/backend"},
		"a policy before Hawser": {change: func(w *World) {
			p := from(labels("app", "x"), nil)
			p.Namespace = "edge"
			w.Policies = append(w.Policies, p)
		}, want: "policy/hawser"},
		"external-dns": {change: func(w *World) {
			w.Workloads = append(w.Workloads, workload("dns", "registry.test:5000/external-dns/external-dns:v1", "--source=ingress"))
		}, want: "dns/controller"},
		"a fixed target":        {change: func(w *World) { w.Ingresses[0].Annotations = map[string]string{externalDNS + "target": "lb.example"} }, options: Options{Traffic: ByAddress}, want: "dns/target"},
		"a name of the Service": {change: func(w *World) { w.Services[2].Annotations[externalDNS+"hostname"] = "shop.example" }, options: Options{Traffic: ByAddress}, want: "dns/service"},
		"a solver of another class": {change: func(w *World) {
			w.Solvers = []Solver{{Kind: "ClusterIssuer", Name: "acme", Class: "nginx"}}
			w.args(hawser, "--ingress-class=haproxy")
		}, want: "!cert-manager/solver"},
		"a challenge": {change: func(w *World) {
			w.Challenges = []Challenge{{Namespace: "shop", Name: "c", Host: "shop.example", State: "pending"}}
		}, want: "cert-manager/challenge"},
		"no budget": {change: func(w *World) { w.Budgets = nil }, want: "budget/none"},
		"one Lease": {change: func(w *World) { w.args(hawser, "--election-id=l"); w.args(nginx, "--election-id", "l") }, want: "!lease/shared"},
		"a selector of expressions": {change: func(w *World) {
			w.Services = append(w.Services[:1], w.Services[2])
			w.Workloads[hawser].Selector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "app", Operator: metav1.LabelSelectorOpExists}}}
		}, want: "!service/selector"},
		"Events of both":      {change: func(w *World) { c := &w.Workloads[hawser].Template.Spec.Containers[0]; c.Args = c.Args[:len(c.Args)-1] }, want: "shadow/events"},
		"a webhook of Hawser": {change: func(w *World) { w.Webhooks = append(w.Webhooks, hook("hawser", "edge/hawser")) }, want: "shadow/webhook"},
		"a fixed address":     {change: func(w *World) { w.Services[2].Spec.LoadBalancerIP = "192.0.2.1" }, want: "service/static-address"},
	} {
		t.Run(name, func(t *testing.T) {
			w := tidy()
			c.change(w)
			s, err := Survey(w, c.options)
			if err != nil {
				t.Fatal(err)
			}
			code, blocks := strings.CutPrefix(c.want, "!")
			for _, f := range s.Findings() {
				if f.Code == code && (f.Severity == Blocking) == blocks {
					if f.Why == "" || f.Object.Name == "" {
						t.Errorf("%+v tells nothing", f)
					}
					return
				}
			}
			t.Errorf("%s is not among %+v", c.want, s.Findings())
		})
	}
}

// TestATakeoverGoesOnWithItsOwnRollout: the step that began it waits for it.
func TestATakeoverGoesOnWithItsOwnRollout(t *testing.T) {
	w := tidy()
	w.Workloads[hawser].Updated = 1
	state := &State{From: "edge/nginx", To: "edge/hawser", Traffic: ByService, Service: "edge/nginx", Records: []Record{{Step: stepWrites}}}
	for _, done := range []bool{false, true} {
		state.Records[0].Done = done
		s, err := Survey(w, Options{State: state})
		if err != nil {
			t.Fatal(err)
		}
		if blocks := codes(s.Findings(), Blocking) != ""; blocks != done {
			t.Errorf("done %v: blocking %q", done, codes(s.Findings(), Blocking))
		}
	}
}

// TestWhatIsNoFinding: near misses of what blocks.
func TestWhatIsNoFinding(t *testing.T) {
	everybody := netv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "open"}, Spec: netv1.NetworkPolicySpec{Ingress: []netv1.NetworkPolicyIngressRule{{}}}}
	namespace := netv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "edge"}, Spec: netv1.NetworkPolicySpec{Ingress: []netv1.NetworkPolicyIngressRule{{
		From: []netv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "edge"}}}}}}}}
	broken := everybody
	broken.Spec.Ingress = []netv1.NetworkPolicyIngressRule{{From: []netv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{Key: "x", Operator: "Nonsense"}}}}}}}
	w := tidy()
	w.Policies = []netv1.NetworkPolicy{everybody, namespace, broken}
	w.Solvers = []Solver{{Kind: "Issuer", Namespace: "shop", Name: "a", ClassName: "nginx"}, {Kind: "Issuer", Name: "b", Class: "other"}, {Kind: "Issuer", Name: "c", Ingress: "web"}, {Kind: "Issuer", Name: "d"}}
	w.Webhooks = append(w.Webhooks, hook("hawser-like", "edge/nothing"))
	ignored := w.Webhooks[1].Webhooks[0]
	policy := admissionv1.Ignore
	ignored.FailurePolicy = &policy
	w.Webhooks[1].Webhooks[0] = ignored
	s, err := Survey(w, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := codes(s.Findings(), Blocking); got != "" {
		t.Errorf("blocking: %s", got)
	}
}

func TestSurveyNeedsBothAndOneOfEach(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(*World)
		options Options
		want    string
	}{
		"nothing":                   {func(w *World) { w.Workloads = nil }, Options{}, "no Deployment or DaemonSet runs ingress-nginx"},
		"nothing, for it is secret": {func(w *World) { w.Workloads = nil; w.Unchecked = []Unchecked{{"Deployments", "listing is forbidden"}} }, Options{}, "could not be read: listing is forbidden"},
		"two":                       {func(w *World) { w.Workloads = append(w.Workloads, workload("b", "hawser", "run")) }, Options{}, "several workloads run Hawser: Deployment edge/hawser, Deployment edge/b"},
		"a wrong one":               {func(*World) {}, Options{To: "edge/nginx"}, "no such Deployment or DaemonSet that runs Hawser"},
		"another namespace":         {func(w *World) { w.Workloads[hawser].Namespace = "other" }, Options{Traffic: ByService}, "selects pods of its own namespace only"},
	} {
		w := tidy()
		c.change(w)
		if _, err := Survey(w, c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
