package controller_test

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestAssess has a cluster with an ingress-nginx assessed.
func TestAssess(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.create(t, ingress(ns, "asis", "asis.example", "web"), ingress(ns, "foreign", "foreign.example", "web", ofClass("other")),
		ingress(ns, "closed", "closed.example", "web", annotated("auth-tls-secret", ns+"/gone")))
	labels := map[string]string{"app": "ingress-nginx"}
	deployment := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "controller", Namespace: ns},
		Spec: appsv1.DeploymentSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels},
			Spec: corev1.PodSpec{Containers: []corev1.Container{{
				Name: "controller", Image: "registry.k8s.io/ingress-nginx/controller:v1.15.1",
				Args: []string{"/nginx-ingress-controller", "--configmap=" + ns + "/settings", "--udp-services-configmap=" + ns + "/udp"},
			}}},
		}},
	}
	settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "settings", Namespace: ns}, Data: map[string]string{"ssl-redirectt": "false"}}
	if _, err := w.k.AppsV1().Deployments(ns).Create(t.Context(), deployment, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.k.CoreV1().ConfigMaps(ns).Create(t.Context(), settings, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}

	var out, log strings.Builder
	c := exec.CommandContext(t.Context(), buildHawser(t), "assess", "--kubeconfig="+w.Kubeconfig(t, w.Admin()), "--context=e2e", "-o", "json")
	c.Stdout, c.Stderr = &out, &log
	err := c.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 3 {
		t.Fatalf("%v: %s", err, log.String())
	}
	var report struct {
		Ingresses  []struct{ Name, Outcome string }
		Unchecked  []struct{}
		Controller struct {
			Workload, ConfigMap struct{ Name string }
			Flags               []struct{ Name, Outcome string }
			Findings            []struct{ Field string }
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &report); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, i := range report.Ingresses {
		got += i.Name + " " + i.Outcome + ", "
	}
	if got != "closed withheld, asis served, foreign foreign, " || len(report.Unchecked) != 0 {
		t.Errorf("the Ingresses are %s%d objects are unchecked", got, len(report.Unchecked))
	}
	controller := report.Controller
	if controller.Workload.Name != "controller" || controller.ConfigMap.Name != "settings" || len(controller.Flags) != 2 || controller.Flags[1].Outcome != "ignored" ||
		len(controller.Findings) != 1 || controller.Findings[0].Field != "ssl-redirectt" {
		t.Errorf("the controller is %+v", controller)
	}
}
