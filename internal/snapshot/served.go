package snapshot

import netv1 "k8s.io/api/networking/v1"

// Served returns the rule by which Build chooses Ingresses, so that a source need not keep what nobody will serve.
func Served(list []*netv1.IngressClass, settings Settings) func(*netv1.Ingress) bool {
	c := newClasses(list, settings)
	return func(i *netv1.Ingress) bool {
		ours, _ := c.serves(i)
		return ours
	}
}
