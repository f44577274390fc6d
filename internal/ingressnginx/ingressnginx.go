// Package ingressnginx knows the controller of ingress-nginx by its pod: whether a pod runs it, and with which arguments.
//
// Arguments come out as the program would get them, with the variables that the pod template itself gives a value. It
// reads nothing else of a workload and changes nothing.
package ingressnginx

import (
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/hawser-ingress/hawser/internal/issue"
)

// Controller is a workload that runs ingress-nginx.
type Controller struct {
	Object issue.Ref // a Deployment or DaemonSet
	Args   []string  // of the program, without its own name
}

// program is the name of the binary.
const program = "nginx-ingress-controller"

// Args finds the container of ingress-nginx in a pod; false if there is none.
func Args(namespace string, pod *corev1.PodSpec) ([]string, bool) {
	for i := range pod.Containers {
		c := &pod.Containers[i]
		words := append(c.Command[:len(c.Command):len(c.Command)], c.Args...)
		for n, word := range words {
			if path.Base(word) != program {
				continue
			}
			out := make([]string, 0, len(words))
			for _, arg := range words[n+1:] {
				out = append(out, Expand(arg, namespace, c.Env))
			}
			return out, true
		}
		if image(c.Image) {
			out := make([]string, 0, len(words))
			for _, arg := range words {
				out = append(out, Expand(arg, namespace, c.Env))
			}
			return out, true
		}
	}
	return nil, false
}

// image reports whether an image is the controller's, whose entry point is the program: registry.k8s.io/ingress-nginx/controller:v1.15.1.
func image(name string) bool {
	name, _, _ = strings.Cut(name, "@")
	if slash, colon := strings.LastIndex(name, "/"), strings.LastIndex(name, ":"); colon > slash {
		name = name[:colon]
	}
	return name == "ingress-nginx/controller" || strings.HasSuffix(name, "/ingress-nginx/controller") || strings.HasSuffix(name, "/ingress-nginx-controller") || path.Base(name) == program
}

// Expand does what the kubelet does with $(NAME), for the variables whose value the template tells.
func Expand(arg, namespace string, env []corev1.EnvVar) string {
	for i := range env {
		value, known := env[i].Value, env[i].ValueFrom == nil
		if from := env[i].ValueFrom; from != nil && from.FieldRef != nil && from.FieldRef.FieldPath == "metadata.namespace" {
			value, known = namespace, true
		}
		if known {
			arg = strings.ReplaceAll(arg, "$("+env[i].Name+")", value)
		}
	}
	return arg
}
