package takeover

import (
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/hawser-ingress/hawser/internal/issue"
)

func (s *Scene) findClasses() []Finding {
	var out []Finding
	for _, c := range s.classes() {
		if !s.newClaim().class(&c) {
			out = append(out, finding(Blocking, "class/controller", issue.Ref{Kind: "IngressClass", Name: c.Name}, []string{"give Hawser --controller-class=" + c.Spec.Controller},
				"Hawser does not serve this class: its controller is %s, and a controller can't be changed.", c.Spec.Controller))
		}
	}
	for _, load := range s.Workloads {
		for _, c := range load.Template.Spec.Containers {
			words, is := runsOld(load.Namespace, c)
			if is && load.Key() != s.Old.Key() && load.Wanted > 0 && claimOf(words, "nginx").controller == s.oldClaim().controller {
				out = append(out, finding(Warning, "class/shared", load.Ref(), nil,
					"Another ingress-nginx serves the classes of %s, too: it goes on writing status, and is not taken over.", s.oldClaim().controller))
			}
			if text := strings.ToLower(strings.Join(append(slices.Clone(c.Command), c.Args...), " ")); strings.Contains(text, "providers.kubernetesingressnginx") {
				out = append(out, finding(Warning, "class/shared", load.Ref(), nil, "Another controller serves the Ingresses of ingress-nginx, too."))
			}
		}
	}
	return out
}

// Uninstall tells how the chart of ingress-nginx goes without taking away what is still used. Helm decides about a
// deletion by the manifest of the release: an annotation on the object itself counts in an upgrade, not in an uninstall.
func (s *Scene) Uninstall() []string {
	release, namespace := "", ""
	for _, c := range s.classes() {
		if c.Annotations[helmRelease] != "" {
			release, namespace = c.Annotations[helmRelease], c.Annotations["meta.helm.sh/release-namespace"]
		}
	}
	if s.Old.Annotations[helmRelease] != "" {
		release, namespace = s.Old.Annotations[helmRelease], s.Old.Annotations["meta.helm.sh/release-namespace"]
	}
	if release == "" {
		return nil
	}
	service := ""
	if s.Traffic == ByService {
		service = " --set controller.service.enabled=false"
	}
	return []string{
		"helm -n " + namespace + " upgrade " + release + " ingress-nginx/ingress-nginx --reuse-values --set controller.ingressClassResource.enabled=false" + service +
			" --set controller.admissionWebhooks.enabled=false --set controller.replicaCount=0 --set controller.extraArgs.update-status=false",
		"helm -n " + namespace + " uninstall " + release,
	}
}

// Settle tells how Hawser's chart gets the values that a takeover gave its Deployment, so that an upgrade does not take them
// back. The arguments come in another order from the chart, and Helm 4 asks before it replaces what others wrote.
func (s *Scene) Settle() []string {
	release, namespace := s.New.Annotations[helmRelease], s.New.Annotations["meta.helm.sh/release-namespace"]
	if release == "" {
		return nil
	}
	line := "helm -n " + namespace + " upgrade " + release + " charts/hawser --reuse-values --force-conflicts --set controller.extraArgs.shadow=false --set controller.admissionWebhooks.enabled=true" +
		fmt.Sprintf(" --set controller.updateStatus=%v", s.writesStatus())
	if service := s.publishes(); s.Traffic == ByService && service != "" {
		line += " --set controller.publishService.pathOverride=" + service
	}
	return []string{line}
}

func (s *Scene) findHelm() []Finding {
	var out []Finding
	do := append([]string{"kubectl annotate OBJECT " + keepKey + "=keep   # the takeover does this"}, s.Uninstall()...)
	note := func(kind string, m metav1.ObjectMeta, loss string) {
		if helmOwns(m) {
			out = append(out, finding(Warning, "helm/owned", issue.Ref{Kind: kind, Namespace: m.Namespace, Name: m.Name}, do,
				"It belongs to the Helm release %s: `helm uninstall` deletes it even with %s=keep on the object, for only the release's own manifest counts then. %s Leave it out of the release by an upgrade first.",
				m.Annotations[helmRelease], keepKey, loss))
		}
	}
	for _, c := range s.classes() {
		note("IngressClass", c.ObjectMeta, "Without the class, none of its Ingresses is served.")
	}
	if s.Traffic == ByService {
		note("Service", s.Old.Service.ObjectMeta, "With it goes the address of all clients.")
	}
	return out
}

func (s *Scene) findWebhooks() []Finding {
	var out []Finding
	for i := range s.Webhooks {
		w := &s.Webhooks[i]
		ref := issue.Ref{Kind: "ValidatingWebhookConfiguration", Name: w.Name}
		own, others := s.asksOld(w)
		switch {
		case own && others:
			out = append(out, finding(Blocking, "webhook/mixed", ref, []string{"kubectl edit validatingwebhookconfiguration " + w.Name + "   # take out what asks ingress-nginx"},
				"Webhooks of it ask ingress-nginx, others ask somebody else: it can't be removed as a whole, and left as it is every Ingress would be refused."))
		case own:
			out = append(out, finding(Note, "webhook/old", ref, []string{Change{Verb: Delete, Kind: ref.Kind, Name: w.Name}.Command() + "   # the takeover does this"},
				"It asks ingress-nginx about each Ingress; without its pods, writes of Ingresses are refused. The takeover removes it, a rollback brings it back."))
		default:
			out = append(out, s.deadWebhook(w, ref)...)
		}
	}
	return out
}

// deadWebhook is about what an earlier installation left behind.
func (s *Scene) deadWebhook(w *admissionv1.ValidatingWebhookConfiguration, ref issue.Ref) []Finding {
	for _, hook := range w.Webhooks {
		to := hook.ClientConfig.Service
		about := slices.ContainsFunc(hook.Rules, func(r admissionv1.RuleWithOperations) bool { return slices.Contains(r.Resources, "ingresses") })
		if to == nil || !about || hook.FailurePolicy != nil && *hook.FailurePolicy == admissionv1.Ignore || s.service(to.Namespace+"/"+to.Name) != nil || len(s.Services) == 0 {
			continue
		}
		return []Finding{finding(Blocking, "webhook/dead", ref, []string{"kubectl delete validatingwebhookconfiguration " + w.Name},
			"It asks the Service %s/%s, which does not exist: every Ingress that is written is refused.", to.Namespace, to.Name)}
	}
	return nil
}

func (s *Scene) findService() []Finding {
	old := s.Old.Service
	if old == nil {
		return []Finding{finding(Warning, "service/none", s.Old.Ref(), nil, "No Service leads clients to ingress-nginx%s: how they get to it is not known, and how they get to Hawser is yours to arrange.", s.because("Services"))}
	}
	ref := serviceRef(old.Namespace, old.Name)
	var out []Finding
	if s.Traffic == ByAddress {
		if old.Spec.Type == corev1.ServiceTypeLoadBalancer {
			out = append(out, finding(Warning, "service/address", ref, nil, "Clients come to the address of this Service. Hawser has another one, in another namespace or by --traffic address: DNS has to follow before ingress-nginx ends."))
		}
		if service := s.New.Service; s.writesStatus() && (service == nil || service.Spec.Type == corev1.ServiceTypeLoadBalancer && len(service.Status.LoadBalancer.Ingress) == 0) {
			out = append(out, finding(Blocking, "service/no-address", s.New.Ref(), nil, "Hawser has no Service with an address, so there is none to tell clients."))
		}
		return out
	}
	if s.newSelector() == nil {
		out = append(out, finding(Blocking, "service/selector", s.New.Ref(), nil, "No Service selects Hawser's pods, and their workload selects them by expressions, which a Service can't."))
	}
	for _, p := range old.Spec.Ports {
		if !opens(&s.New, p.TargetPort, p.Port) && p.Protocol != corev1.ProtocolUDP {
			out = append(out, finding(Blocking, "service/port", ref, []string{"open the port in Hawser's pods, or change the Service's targetPort"},
				"Its port %d goes to %s of a pod, which Hawser's pods do not have.", p.Port, target(p)))
		}
	}
	if old.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal && !s.sameNodes() {
		out = append(out, finding(Warning, "service/local", ref, []string{"run a pod of Hawser on each node that has one of ingress-nginx"},
			"externalTrafficPolicy is Local, and Hawser is not on all nodes of ingress-nginx: a load balancer needs some seconds to notice, and sends to nodes without a pod meanwhile."))
	}
	_, service := flag(s.Old.Words, "publish-service", valued)
	_, fixed := flag(s.Old.Words, "publish-status-address", valued)
	if s.writesStatus() && !service && !fixed {
		out = append(out, finding(Blocking, "status/nodes", s.Old.Ref(), []string{"give ingress-nginx --publish-service=" + old.Namespace + "/" + old.Name + " or --publish-status-address first"},
			"ingress-nginx writes the addresses of its nodes into status; those of Hawser's nodes may be others."))
	}
	if old.Spec.LoadBalancerIP != "" {
		out = append(out, finding(Note, "service/static-address", ref, nil, "It has the fixed address %s, which stays as long as the Service does.", old.Spec.LoadBalancerIP))
	}
	return out
}

func target(p corev1.ServicePort) string {
	if p.TargetPort.Type == intstr.Int && p.TargetPort.IntVal == 0 {
		return fmt.Sprintf("port %d", p.Port)
	}
	return "port " + p.TargetPort.String()
}

// opens reports whether pods have what a Service's port goes to.
func opens(side *Side, to intstr.IntOrString, port int32) bool {
	for _, c := range side.Template.Spec.Containers {
		for _, p := range c.Ports {
			wanted := to.IntVal
			if wanted == 0 {
				wanted = port
			}
			if p.Protocol != corev1.ProtocolUDP && (to.Type == intstr.String && p.Name == to.StrVal || to.Type == intstr.Int && p.ContainerPort == wanted) {
				return true
			}
		}
	}
	return false
}

func (s *Scene) nodes(side *Side) map[string]bool {
	out := map[string]bool{}
	for i := range s.Pods {
		if p := &s.Pods[i]; side.owns(p) && p.Spec.NodeName != "" {
			out[p.Spec.NodeName] = true
		}
	}
	return out
}

func (s *Scene) sameNodes() bool {
	own := s.nodes(&s.New)
	for node := range s.nodes(&s.Old) {
		if !own[node] {
			return false
		}
	}
	return true
}

func hostPorts(side *Side) map[int32]bool {
	out := map[int32]bool{}
	for _, c := range side.Template.Spec.Containers {
		for _, p := range c.Ports {
			if p.HostPort != 0 {
				out[p.HostPort] = true
			} else if side.Template.Spec.HostNetwork {
				out[p.ContainerPort] = true
			}
		}
	}
	return out
}

func (s *Scene) findHostPorts() []Finding {
	old, own := hostPorts(&s.Old), hostPorts(&s.New)
	if len(old) == 0 {
		return nil
	}
	var both []string
	for port := range own {
		if old[port] {
			both = append(both, fmt.Sprint(port))
		}
	}
	slices.Sort(both)
	out := []Finding{finding(Warning, "ports/host", s.Old.Ref(), []string{"after the step traffic, see whether clients still come to the nodes: takeover --through traffic"},
		"ingress-nginx binds ports of its nodes: clients that come to them pass by the Service, and lose them when its pods end.")}
	if len(both) > 0 {
		out = append(out, finding(Blocking, "ports/clash", s.New.Ref(), []string{"run Hawser on other nodes (controller.nodeSelector), or without hostPort and hostNetwork during the takeover"},
			"Hawser wants ports of the node that ingress-nginx has (%s): on the same node its pods don't start.", strings.Join(both, ", ")))
	}
	return out
}

func (s *Scene) findBudgets() []Finding {
	if s.New.Wanted < 2 {
		return nil
	}
	for i := range s.Budgets {
		b := &s.Budgets[i]
		chosen, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err == nil && b.Namespace == s.New.Namespace && chosen.Matches(labels.Set(s.New.Template.Labels)) {
			return nil
		}
	}
	return []Finding{finding(Note, "budget/none", s.New.Ref(), nil, "No PodDisruptionBudget covers Hawser's pods%s: a drain of nodes may end all at once.", s.because("PodDisruptionBudgets"))}
}

func (s *Scene) findLease() []Finding {
	name := func(words []string, otherwise string) string {
		if v, given := flag(words, "election-id", valued); given {
			return v
		}
		return otherwise
	}
	id := name(s.New.Words, "hawser-leader")
	if s.Old.Namespace != s.New.Namespace || name(s.Old.Words, "ingress-controller-leader") != id || on(s.New.Words, "disable-leader-election", false) {
		return nil
	}
	return []Finding{finding(Blocking, "lease/shared", issue.Ref{Kind: "Lease", Namespace: s.New.Namespace, Name: id}, []string{"give Hawser another --election-id (controller.electionID)"},
		"Both controllers elect their leader by this Lease: whoever has it keeps the other from writing status.")}
}

func (s *Scene) findRollout() []Finding {
	var out []Finding
	for _, side := range []*Side{&s.Old, &s.New} {
		if !side.Gapless && side.Wanted > 0 {
			out = append(out, finding(Blocking, "workload/gap", side.Ref(), []string{"kubectl -n " + side.Namespace + " scale " + strings.ToLower(side.Kind) + "/" + side.Name + " --replicas=2, or a rolling update with maxUnavailable 0"},
				"A change of its flags ends all of its pods before new ones start: requests fail, and ingress-nginx empties the status of Ingresses."))
		}
	}
	return out
}

func (s *Scene) findOwners() []Finding {
	var out []Finding
	for _, side := range []*Side{&s.Old, &s.New} {
		for _, key := range []string{"argocd.argoproj.io/tracking-id", "argocd.argoproj.io/instance", "kustomize.toolkit.fluxcd.io/name", "helm.toolkit.fluxcd.io/name"} {
			if side.Labels[key] != "" || side.Annotations[key] != "" {
				out = append(out, finding(Warning, "workload/synced", side.Ref(), []string{"suspend the synchronisation, and write the same into its source afterwards"},
					"It is kept in step with a repository (%s), which may undo the changes of a takeover at any time.", key))
				break
			}
		}
	}
	return out
}
