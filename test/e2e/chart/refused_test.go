package chart_test

import (
	"strings"
	"testing"
)

// TestRefused holds that values which can't work, or would be dropped, stop the installation and say why.
func TestRefused(t *testing.T) {
	for set, why := range map[string]string{
		"udp.53=kube-system/dns:53":          "HAProxy forwards no UDP",
		"controller.kind=StatefulSet":        "/controller/kind",
		"controller.replicaCuont=3":          "replicaCuont",
		"controller.containerPort.http=http": "/controller/containerPort/http",
		"controller.config.client-ca.name=x": "/controller/config/client-ca",
		"controller.image.digest=latest":     "/controller/image/digest",
		"rbac.scope=true":                    "controller.scope.enabled",
		"rbac.scope=true,controller.scope.enabled=true,controller.admissionWebhooks.enabled=true":    "can't put its CA",
		"controller.scope.enabled=true,controller.scope.namespaceSelector=a=b":                       "choose one",
		"controller.scope.enabled=true,controller.configMapNamespace=elsewhere":                      "can't be read",
		"controller.admissionWebhooks.enabled=true,controller.admissionWebhooks.existingSecret=mine": "needs caBundle",
		"controller.autoscaling.enabled=true,controller.kind=DaemonSet":                              "one pod a node",
		"controller.disableLeaderElection=true":                                                      "replicaCount=1",
		"defaultBackend.enabled=true":                                                                "no default image",
		"controller.lifecycle.preStop.exec.command={/wait-shutdown}":                                 "/wait-shutdown is not in this image",
		"controller.admissionWebhooks.enabled=true,controller.containerPort.https=8443":              "the same port",
		"tcp.443=default/web:443":                                                                    "taken by the controller",
		"tcp.5432=postgres":                                                                          "/tcp/5432",
		"rbac.scope=true,controller.scope.enabled=true,controller.admissionWebhooks.enabled=false":   "IngressClass can't be read",
	} {
		out, err := helm(t, "template", release, chartDir(t), "--set", set)
		if err == nil {
			t.Errorf("--set %s renders %d bytes", set, len(out))
		} else if !strings.Contains(err.Error(), why) {
			t.Errorf("--set %s is refused without %q: %v", set, why, err)
		}
	}
}

// TestNotes holds that values without effect are named after an installation.
func TestNotes(t *testing.T) {
	args := []string{"install", release, chartDir(t), "--dry-run=client", "--namespace", "ingress", "--values"}
	out, err := helm(t, append(args, valuesFile("moved"))...)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"controller.admissionWebhooks.patch: no job makes the certificate",
		"controller.enableMimalloc: the allocator is HAProxy's own",
		"belongs to the controller k8s.io/ingress-nginx",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the notes lack %q:\n%s", want, out[strings.Index(out, "NOTES:"):])
		}
	}
	if out, err = helm(t, append(args, valuesFile("default"))...); err != nil || strings.Contains(out, "Without effect") {
		t.Errorf("the notes complain about the default values (%v)", err)
	}
}
