package kube

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/types"
)

// refs are the names that something served may refer to, of whatever kind. A name too many costs a rebuild when such
// an object changes; a name too few would leave a change unseen, so values are not understood here, only taken apart.
type refs map[types.NamespacedName]struct{}

func (r refs) add(namespace, name string) {
	r[types.NamespacedName{Namespace: namespace, Name: name}] = struct{}{}
}

func (r refs) has(name types.NamespacedName) bool {
	_, ok := r[name]
	return ok
}

func (r refs) addIngress(i *netv1.Ingress) {
	backend := func(b *netv1.IngressBackend) {
		if b != nil && b.Service != nil {
			r.add(i.Namespace, b.Service.Name)
		}
	}
	backend(i.Spec.DefaultBackend)
	for n := range i.Spec.Rules {
		if http := i.Spec.Rules[n].HTTP; http != nil {
			for m := range http.Paths {
				backend(&http.Paths[m].Backend)
			}
		}
	}
	for n := range i.Spec.TLS {
		r.add(i.Namespace, i.Spec.TLS[n].SecretName)
	}
	for _, value := range i.Annotations {
		r.addText(i.Namespace, value)
	}
}

// addServices adds what the annotations of Services say whose names are in already.
func (r refs) addServices(list []*corev1.Service) {
	for _, s := range list {
		if len(s.Annotations) > 0 && r.has(nameOf(s)) {
			for _, value := range s.Annotations {
				r.addText(s.Namespace, value)
			}
		}
	}
}

func (r refs) addConfigMap(c *corev1.ConfigMap) {
	for _, value := range c.Data {
		r.addText(c.Namespace, value)
	}
}

// addText adds every name in a value: "name", "namespace/name", and the "name.namespace.svc" of a URL.
func (r refs) addText(namespace, value string) {
	previous, slash := "", false
	for value != "" {
		n := 0
		for n < len(value) && ofName(value[n]) {
			n++
		}
		if word := value[:n]; word != "" {
			r.add(namespace, word)
			if slash {
				r.add(previous, word)
			}
			if parts := strings.SplitN(word, ".", 4); len(parts) >= 3 && parts[2] == "svc" {
				r.add(parts[1], parts[0])
			}
			previous, slash = word, false
		}
		if n == len(value) {
			return
		}
		slash = value[n] == '/' && n > 0
		value = value[n+1:]
	}
}

// ofName tells the bytes that names of objects are made of.
func ofName(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '-' || b == '.'
}
