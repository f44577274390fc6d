package ingressnginx

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestArgs(t *testing.T) {
	env := []corev1.EnvVar{
		{Name: "POD_NAMESPACE", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}}},
		{Name: "POD_NAME", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
		{Name: "CLASS", Value: "internal"},
	}
	side := corev1.Container{Name: "side", Image: "example/side:1", Args: []string{"--configmap=x/y"}}
	for name, c := range map[string]struct {
		container corev1.Container
		want      []string
		found     bool
	}{
		"args of the chart": {
			corev1.Container{Image: "registry.k8s.io/ingress-nginx/controller:v1.15.1@sha256:00", Env: env,
				Args: []string{"/nginx-ingress-controller", "--configmap=$(POD_NAMESPACE)/settings", "--ingress-class=$(CLASS)", "--x=$(POD_NAME)"}},
			[]string{"--configmap=ingress/settings", "--ingress-class=internal", "--x=$(POD_NAME)"}, true,
		},
		"behind dumb-init": {
			corev1.Container{Image: "mirror/anything", Command: []string{"/usr/bin/dumb-init", "--", "/nginx-ingress-controller"}, Args: []string{"-v=2"}},
			[]string{"-v=2"}, true,
		},
		"only the image tells": {
			corev1.Container{Image: "mirror.test:5000/ingress-nginx/controller:v1", Args: []string{"--configmap=a/b"}}, []string{"--configmap=a/b"}, true,
		},
		"no arguments":   {corev1.Container{Image: "ingress-nginx/controller"}, []string{}, true},
		"something else": {corev1.Container{Image: "example/ingress-nginx/controller-exporter:1"}, nil, false},
	} {
		got, found := Args("ingress", &corev1.PodSpec{Containers: []corev1.Container{side, c.container}})
		if found != c.found || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v; want %q, %v", name, got, found, c.want, c.found)
		}
	}
}
