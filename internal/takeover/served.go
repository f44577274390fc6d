package takeover

import (
	netv1 "k8s.io/api/networking/v1"
)

const (
	classAnnotation = "kubernetes.io/ingress.class"
	oldController   = "k8s.io/ingress-nginx"
)

// claim is which Ingresses a controller serves, by its arguments.
type claim struct {
	controller, className, namespace string
	byName, withoutClass             bool
}

func claimOf(words []string, className string) claim {
	c := claim{controller: oldController, className: className}
	if v, given := flag(words, "controller-class", valued); given {
		c.controller = v
	}
	if v, given := flag(words, "ingress-class", valued); given {
		c.className = v
	}
	c.namespace, _ = flag(words, "watch-namespace", valued)
	c.byName, c.withoutClass = on(words, "ingress-class-by-name", false), on(words, "watch-ingress-without-class", false)
	return c
}

func (c claim) class(k *netv1.IngressClass) bool {
	return k.Spec.Controller == c.controller || c.byName && k.Name == c.className
}

func (c claim) takes(i *netv1.Ingress, classes []netv1.IngressClass) bool {
	if c.namespace != "" && i.Namespace != c.namespace {
		return false
	}
	if name := i.Spec.IngressClassName; name != nil {
		for n := range classes {
			if classes[n].Name == *name {
				return c.class(&classes[n])
			}
		}
		return false
	}
	if name, given := i.Annotations[classAnnotation]; given {
		return name == c.className
	}
	return c.withoutClass
}

func (s *Scene) oldClaim() claim { return claimOf(s.Old.Words, "nginx") }
func (s *Scene) newClaim() claim { return claimOf(s.New.Words, "nginx") }

// classes are those that ingress-nginx serves.
func (s *Scene) classes() []netv1.IngressClass {
	var out []netv1.IngressClass
	for _, c := range s.Classes {
		if s.oldClaim().class(&c) {
			out = append(out, c)
		}
	}
	return out
}

// served are the Ingresses that ingress-nginx serves, and Hawser too.
func (s *Scene) served() []*netv1.Ingress {
	var out []*netv1.Ingress
	for n := range s.Ingresses {
		if i := &s.Ingresses[n]; s.oldClaim().takes(i, s.Classes) && s.newClaim().takes(i, s.Classes) {
			out = append(out, i)
		}
	}
	return out
}
