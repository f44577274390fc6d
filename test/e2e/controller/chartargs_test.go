package controller_test

import (
	"context"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
)

// background outlives the test, for its cleanup.
func background(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), leaveLimit)
	t.Cleanup(cancel)
	return ctx
}

// arguments are those of the chart's container that are not about ports, places and the webhook, which the harness
// gives; what the kubelet would fill in is filled in.
func arguments(d *appsv1.Deployment, namespace string) []string {
	var out []string
	for _, arg := range d.Spec.Template.Spec.Containers[0].Args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		switch {
		case arg == "run", name == "http-port", name == "https-port", name == "state-dir", name == "admin-address",
			name == "shutdown-grace-period", strings.HasPrefix(name, "validating-webhook"):
		default:
			out = append(out, strings.ReplaceAll(arg, "$(POD_NAMESPACE)", namespace))
		}
	}
	return out
}
