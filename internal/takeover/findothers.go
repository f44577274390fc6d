package takeover

import (
	"slices"
	"strings"

	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// findPolicies finds the policies of backends that let ingress-nginx in and not Hawser, and those that stand before Hawser.
func (s *Scene) findPolicies() []Finding {
	var out []Finding
	for i := range s.Policies {
		p := &s.Policies[i]
		ref := issue.Ref{Kind: "NetworkPolicy", Namespace: p.Namespace, Name: p.Name}
		if len(p.Spec.PolicyTypes) > 0 && !slices.Contains(p.Spec.PolicyTypes, netv1.PolicyTypeIngress) {
			continue
		}
		old, own := s.admits(p, &s.Old), s.admits(p, &s.New)
		if old && !own {
			out = append(out, finding(Blocking, "policy/backend", ref, []string{"kubectl -n " + p.Namespace + " edit networkpolicy " + p.Name + "   # allow the pods of " + s.New.Key()},
				"It lets ingress-nginx reach the pods it protects, and not Hawser: their routes would answer 503 or time out."))
		}
		chosen, err := metav1.LabelSelectorAsSelector(&p.Spec.PodSelector)
		if err == nil && p.Namespace == s.New.Namespace && chosen.Matches(labels.Set(s.New.Template.Labels)) && !openToAll(p) {
			out = append(out, finding(Warning, "policy/hawser", ref, []string{"kubectl -n " + p.Namespace + " get networkpolicy " + p.Name + " -o yaml"},
				"It stands before Hawser's pods and does not let everybody in: see that clients may."))
		}
	}
	return out
}

func openToAll(p *netv1.NetworkPolicy) bool {
	return slices.ContainsFunc(p.Spec.Ingress, func(r netv1.NetworkPolicyIngressRule) bool { return len(r.From) == 0 })
}

// admits reports whether a peer of a policy names the pods of a controller. Rules for everybody name nobody; addresses
// are not looked at, for they are those of nodes or of the world.
func (s *Scene) admits(p *netv1.NetworkPolicy, side *Side) bool {
	if openToAll(p) {
		return true
	}
	for _, rule := range p.Spec.Ingress {
		for _, peer := range rule.From {
			if s.isPeer(p.Namespace, peer, side) {
				return true
			}
		}
	}
	return false
}

func (s *Scene) isPeer(namespace string, peer netv1.NetworkPolicyPeer, side *Side) bool {
	if peer.PodSelector == nil && peer.NamespaceSelector == nil {
		return false
	}
	if peer.NamespaceSelector == nil && namespace != side.Namespace {
		return false
	}
	matches := func(l *metav1.LabelSelector, set map[string]string) bool {
		if l == nil {
			return true
		}
		chosen, err := metav1.LabelSelectorAsSelector(l)
		return err == nil && chosen.Matches(labels.Set(set))
	}
	return matches(peer.PodSelector, side.Template.Labels) && matches(peer.NamespaceSelector, s.namespaceLabels(side.Namespace))
}

// namespaceLabels has what every namespace has, where namespaces can't be read.
func (s *Scene) namespaceLabels(name string) map[string]string {
	for _, n := range s.Namespaces {
		if n.Name == name {
			return n.Labels
		}
	}
	return map[string]string{"kubernetes.io/metadata.name": name}
}

const externalDNS = "external-dns.alpha.kubernetes.io/"

func (s *Scene) findDNS() []Finding {
	var out []Finding
	if old := s.Old.Service; old != nil && s.Traffic == ByAddress && old.Annotations[externalDNS+"hostname"] != "" {
		out = append(out, finding(Warning, "dns/service", serviceRef(old.Namespace, old.Name), []string{"move the annotation " + externalDNS + "hostname to Hawser's Service"},
			"external-dns makes names of this Service (%s): they go on leading to ingress-nginx.", old.Annotations[externalDNS+"hostname"]))
	}
	fixed := 0
	for _, i := range s.served() {
		if i.Annotations[externalDNS+"target"] != "" && s.Traffic == ByAddress {
			if fixed++; fixed <= 10 {
				out = append(out, finding(Warning, "dns/target", issue.Ref{Kind: "Ingress", Namespace: i.Namespace, Name: i.Name}, []string{"change its annotation " + externalDNS + "target"},
					"Its name leads to %s whatever its status says.", i.Annotations[externalDNS+"target"]))
			}
		}
	}
	for _, load := range s.Workloads {
		for _, c := range load.Template.Spec.Containers {
			name, _, _ := strings.Cut(c.Image[strings.LastIndex(c.Image, "/")+1:], ":")
			if !strings.HasPrefix(name, "external-dns") {
				continue
			}
			words := slices.Concat(c.Command, c.Args)
			policy, _ := flag(words, "policy", valued)
			severity, what := Note, "The addresses in status stay the same, and nothing changes for it."
			if s.Traffic == ByAddress {
				severity, what = Warning, "Names move to Hawser's address when Hawser writes status; clients follow as their records run out."
			}
			if policy == "" || policy == "sync" {
				what += " It deletes the names of an Ingress without an address, which is why ingress-nginx is kept from emptying status before it ends."
			}
			out = append(out, finding(severity, "dns/controller", load.Ref(), nil, "external-dns reads the status of Ingresses. %s", what))
		}
	}
	return out
}

func (s *Scene) findCertManager() []Finding {
	var out []Finding
	for _, v := range s.Solvers {
		i := &netv1.Ingress{ObjectMeta: metav1.ObjectMeta{Namespace: s.newClaim().namespace}}
		switch {
		case v.ClassName != "":
			i.Spec.IngressClassName = &v.ClassName
		case v.Class != "":
			i.Annotations = map[string]string{classAnnotation: v.Class}
		case v.Ingress != "":
			continue // it adds a path to an Ingress, which is served as that is
		}
		if s.oldClaim().takes(i, s.Classes) && !s.newClaim().takes(i, s.Classes) {
			out = append(out, finding(Blocking, "cert-manager/solver", issue.Ref{Kind: v.Kind, Namespace: v.Namespace, Name: v.Name}, []string{"set ingressClassName of the solver to a class that Hawser serves"},
				"Its HTTP-01 solver makes Ingresses that ingress-nginx serves and Hawser does not: certificates would not be renewed."))
		}
	}
	for _, c := range s.Challenges {
		out = append(out, finding(Warning, "cert-manager/challenge", issue.Ref{Kind: "Challenge", Namespace: c.Namespace, Name: c.Name}, []string{"kubectl -n " + c.Namespace + " get challenge " + c.Name + " -w"},
			"A challenge for %s is under way: wait for its end, or see that it is answered afterwards.", c.Host))
	}
	return out
}
