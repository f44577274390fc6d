package snapshot

import (
	"fmt"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// classAnnotation is the older way to name a class.
const classAnnotation = "kubernetes.io/ingress.class"

// classes decides which Ingresses are served: spec.ingressClassName first, then the annotation, then the rule for
// Ingresses without either (the order of ingress-nginx v1.15).
type classes struct {
	settings Settings
	own      map[string]bool // name of an IngressClass -> it is ours
	fallback string          // the default class of the cluster, if it is ours
}

func newClasses(list []*netv1.IngressClass, settings Settings) classes {
	c := classes{settings: settings, own: map[string]bool{}}
	for _, class := range list {
		ours := class.Spec.Controller == settings.ControllerClass || settings.ClassByName && class.Name == settings.IngressClass
		c.own[class.Name] = ours
		if ours && class.Annotations[netv1.AnnotationIsDefaultIngressClass] == "true" {
			c.fallback = class.Name
		}
	}
	return c
}

// serves also gives the reason when the answer is no.
func (c classes) serves(i *netv1.Ingress) (bool, string) {
	if c.settings.NoCatchAll && i.Spec.DefaultBackend != nil {
		return false, "it has a spec.defaultBackend, and --disable-catch-all is given"
	}
	if name := i.Spec.IngressClassName; name != nil {
		ours, known := c.own[*name]
		switch {
		case ours, !known && c.settings.AssumeClass && *name == c.settings.IngressClass:
			return true, ""
		case !known:
			return false, fmt.Sprintf("there is no IngressClass %q", *name)
		default:
			return false, fmt.Sprintf("the IngressClass %q belongs to another controller", *name)
		}
	}
	if name, ok := i.Annotations[classAnnotation]; ok {
		if name == c.settings.IngressClass {
			return true, ""
		}
		return false, fmt.Sprintf("its annotation %s is %q, served is %q", classAnnotation, name, c.settings.IngressClass)
	}
	// An API server writes the default class into an Ingress when it is created; a manifest did not go through one.
	if c.settings.WithoutClass || c.settings.AssumeClass && c.fallback != "" {
		return true, ""
	}
	return false, "it names no class"
}

func foreign(ref issue.Ref, reason string) issue.Issue {
	return issue.Issue{
		Code: issue.OtherClass, Severity: issue.Info, Effect: issue.Ignored, Object: ref, Field: "spec.ingressClassName",
		Message:    "The Ingress is not served: " + reason + ".",
		Suggestion: "ingressClassName: the name of an IngressClass that is served, or start with --watch-ingress-without-class.",
	}
}
