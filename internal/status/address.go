package status

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// Addresses says where clients find this controller. Nothing means that it is not known yet: status stays as it is.
type Addresses func(ctx context.Context) ([]netv1.IngressLoadBalancerIngress, error)

// Fixed are addresses and host names that the operator gave.
func Fixed(list []string) Addresses {
	var out []netv1.IngressLoadBalancerIngress
	for _, text := range list {
		out = append(out, entry(text))
	}
	out = normal(out)
	return func(context.Context) ([]netv1.IngressLoadBalancerIngress, error) { return out, nil }
}

func entry(text string) netv1.IngressLoadBalancerIngress {
	if addr, err := netip.ParseAddr(text); err == nil {
		return netv1.IngressLoadBalancerIngress{IP: addr.String()}
	}
	return netv1.IngressLoadBalancerIngress{Hostname: text}
}

// FromService takes the addresses of the Service in front, by its type as ingress-nginx does.
func FromService(name types.NamespacedName, find func(types.NamespacedName) *corev1.Service) Addresses {
	return func(context.Context) ([]netv1.IngressLoadBalancerIngress, error) {
		s := find(name)
		if s == nil {
			return nil, fmt.Errorf("there is no Service %s", name)
		}
		return normal(serviceAddresses(s)), nil
	}
}

func serviceAddresses(s *corev1.Service) []netv1.IngressLoadBalancerIngress {
	var out []netv1.IngressLoadBalancerIngress
	for _, ip := range s.Spec.ExternalIPs {
		out = append(out, entry(ip))
	}
	switch s.Spec.Type {
	case corev1.ServiceTypeExternalName:
		return []netv1.IngressLoadBalancerIngress{entry(s.Spec.ExternalName)}
	case corev1.ServiceTypeLoadBalancer:
		for _, i := range s.Status.LoadBalancer.Ingress {
			out = append(out, netv1.IngressLoadBalancerIngress{IP: i.IP, Hostname: i.Hostname})
		}
	case corev1.ServiceTypeNodePort:
		if len(out) == 0 {
			out = clusterAddress(s)
		}
	default:
		out = clusterAddress(s)
	}
	return out
}

func clusterAddress(s *corev1.Service) []netv1.IngressLoadBalancerIngress {
	if s.Spec.ClusterIP == "" || s.Spec.ClusterIP == corev1.ClusterIPNone {
		return nil
	}
	return []netv1.IngressLoadBalancerIngress{entry(s.Spec.ClusterIP)}
}

// FromNodes takes the addresses of the nodes that the replicas run on: external ones, unless internal ones are asked
// for or a node has no other.
func FromNodes(client kubernetes.Interface, pods Pods, internal bool) Addresses {
	return func(ctx context.Context) ([]netv1.IngressLoadBalancerIngress, error) {
		running, err := pods.Running(ctx)
		if err != nil {
			return nil, err
		}
		var out []netv1.IngressLoadBalancerIngress
		seen := map[string]bool{}
		for _, p := range running {
			if p.Spec.NodeName == "" || seen[p.Spec.NodeName] {
				continue
			}
			seen[p.Spec.NodeName] = true
			node, err := client.CoreV1().Nodes().Get(ctx, p.Spec.NodeName, metav1.GetOptions{})
			if err != nil {
				return nil, fmt.Errorf("read node %s: %w", p.Spec.NodeName, err)
			}
			if address := nodeAddress(node, internal); address != "" {
				out = append(out, entry(address))
			}
		}
		return normal(out), nil
	}
}

func nodeAddress(n *corev1.Node, internal bool) string {
	first := func(t corev1.NodeAddressType) string {
		for _, a := range n.Status.Addresses {
			if a.Type == t && a.Address != "" {
				return a.Address
			}
		}
		return ""
	}
	if internal {
		return first(corev1.NodeInternalIP)
	}
	return cmp.Or(first(corev1.NodeExternalIP), first(corev1.NodeInternalIP))
}

// normal sorts and removes repetitions and ports, so that two lists of the same addresses are equal.
func normal(list []netv1.IngressLoadBalancerIngress) []netv1.IngressLoadBalancerIngress {
	type address struct{ hostname, ip string }
	var plain []address
	for _, i := range list {
		if i.Hostname != "" || i.IP != "" {
			plain = append(plain, address{i.Hostname, i.IP})
		}
	}
	slices.SortFunc(plain, func(a, b address) int {
		return cmp.Or(cmp.Compare(a.hostname, b.hostname), cmp.Compare(a.ip, b.ip))
	})
	var out []netv1.IngressLoadBalancerIngress
	for _, a := range slices.Compact(plain) {
		out = append(out, netv1.IngressLoadBalancerIngress{Hostname: a.hostname, IP: a.ip})
	}
	return out
}
