package takeover

import (
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// helm is what Helm writes on the objects of a release.
func helm(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: name, Namespace: "edge", Labels: map[string]string{managedBy: "Helm"},
		Annotations: map[string]string{helmRelease: "ingress-nginx", "meta.helm.sh/release-namespace": "edge"},
	}
}

func workload(name, image string, args ...string) Workload {
	labels := map[string]string{"app": name}
	return Workload{
		Kind: "Deployment", ObjectMeta: helm(name), Selector: &metav1.LabelSelector{MatchLabels: labels}, Gapless: true,
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
			ServiceAccountName: name,
			Containers: []corev1.Container{{Name: "controller", Image: image, Args: args,
				Env:   []corev1.EnvVar{{Name: "POD_NAMESPACE", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.namespace"}}}},
				Ports: []corev1.ContainerPort{{Name: "http", ContainerPort: 80}, {Name: "https", ContainerPort: 443}}}},
		}},
		Wanted: 2, Total: 2, Updated: 2, Ready: 2,
	}
}

func front(name string, kind corev1.ServiceType) corev1.Service {
	return corev1.Service{ObjectMeta: helm(name), Spec: corev1.ServiceSpec{Type: kind, Selector: map[string]string{"app": name}, Ports: []corev1.ServicePort{
		{Name: "http", Port: 80, TargetPort: intstr.FromString("http")}, {Name: "https", Port: 443, TargetPort: intstr.FromString("https")},
	}}}
}

func hook(name string, services ...string) admissionv1.ValidatingWebhookConfiguration {
	out := admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "1", ResourceVersion: "7"}}
	for _, s := range services {
		namespace, short, _ := strings.Cut(s, "/")
		out.Webhooks = append(out.Webhooks, admissionv1.ValidatingWebhook{Name: short + ".example", ClientConfig: admissionv1.WebhookClientConfig{
			Service: &admissionv1.ServiceReference{Namespace: namespace, Name: short}},
			Rules: []admissionv1.RuleWithOperations{{Rule: admissionv1.Rule{Resources: []string{"ingresses"}}}}})
	}
	return out
}

// tidy is a cluster with both charts, in which nothing blocks.
func tidy() *World {
	admission := front("admission", corev1.ServiceTypeClusterIP)
	admission.Spec.Selector = map[string]string{"app": "nginx"}
	admission.Spec.Ports = []corev1.ServicePort{{Name: "https-webhook", Port: 443, TargetPort: intstr.FromString("webhook")}}
	public := front("nginx", corev1.ServiceTypeLoadBalancer)
	public.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}
	class := "nginx"
	return &World{
		Workloads: []Workload{
			workload("nginx", "registry.k8s.io/ingress-nginx/controller:v1.15.1", "/nginx-ingress-controller", "--publish-service=$(POD_NAMESPACE)/nginx", "--configmap=$(POD_NAMESPACE)/nginx"),
			workload("hawser", "example.test/hawser:1", "run", "--configmap=$(POD_NAMESPACE)/hawser", "--update-status=false", "--publish-service=$(POD_NAMESPACE)/hawser", "--shadow=true"),
		},
		Services: []corev1.Service{admission, front("hawser", corev1.ServiceTypeClusterIP), public},
		Classes:  []netv1.IngressClass{{ObjectMeta: helm("nginx"), Spec: netv1.IngressClassSpec{Controller: oldController}}},
		Ingresses: []netv1.Ingress{{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"}, Spec: netv1.IngressSpec{IngressClassName: &class},
			Status: netv1.IngressStatus{LoadBalancer: netv1.IngressLoadBalancerStatus{Ingress: []netv1.IngressLoadBalancerIngress{{IP: "192.0.2.1"}}}}}},
		Webhooks: []admissionv1.ValidatingWebhookConfiguration{hook("nginx-admission", "edge/admission")},
		Budgets: []policyv1.PodDisruptionBudget{{ObjectMeta: helm("hawser"), Spec: policyv1.PodDisruptionBudgetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "hawser"}}}}},
		ConfigMaps: map[string]map[string]string{"edge/nginx": {"proxy-body-size": "9m"}, "edge/hawser": {"proxy-body-size": "9m"}},
		MayWrite:   map[string]bool{"edge/hawser ": true, "edge/nginx ": true},
	}
}

func codes(list []Finding, severity Severity) string {
	var out []string
	for _, f := range list {
		if f.Severity == severity {
			out = append(out, f.Code)
		}
	}
	return strings.Join(slices.Compact(out), " ")
}

func (w *World) args(n int, more ...string) {
	c := &w.Workloads[n].Template.Spec.Containers[0]
	c.Args = append(c.Args, more...)
}
