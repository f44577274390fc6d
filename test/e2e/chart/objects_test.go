package chart_test

import (
	"slices"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestServices(t *testing.T) {
	objects := render(t, "tcp", "ingress")
	var outside, inside corev1.Service
	objects.object(t, "Service", controller, &outside)
	objects.object(t, "Service", controller+"-internal", &inside)
	ports := func(s corev1.Service) []string {
		var names []string
		for _, p := range s.Spec.Ports {
			names = append(names, p.Name)
		}
		return names
	}
	if want := []string{"http", "https", "db-5432-tcp", "db-6379-tcp"}; !slices.Equal(ports(outside), want) {
		t.Errorf("ports outside are %v", ports(outside))
	}
	if outside.Spec.Ports[2].NodePort != 30432 {
		t.Errorf("node port is %d", outside.Spec.Ports[2].NodePort)
	}
	if want := []string{"https", "db-5432-tcp", "db-6379-tcp"}; !slices.Equal(ports(inside), want) {
		t.Errorf("ports inside are %v", ports(inside))
	}
	if inside.Spec.Type != corev1.ServiceTypeLoadBalancer || inside.Annotations["cloud.example/internal"] != "true" {
		t.Errorf("the internal Service is %+v", inside)
	}
	var streams corev1.ConfigMap
	objects.object(t, "ConfigMap", "hawser-tcp", &streams)
	if streams.Data["6379"] != "default/redis:redis:PROXY" {
		t.Errorf("streams are %v", streams.Data)
	}
}

func TestWebhook(t *testing.T) {
	objects := render(t, "cert-manager", "ingress")
	var configuration admissionv1.ValidatingWebhookConfiguration
	objects.object(t, "ValidatingWebhookConfiguration", controller+"-admission", &configuration)
	if configuration.Annotations["cert-manager.io/inject-ca-from"] != "ingress/hawser-controller-admission" {
		t.Errorf("annotations are %v", configuration.Annotations)
	}
	hook := configuration.Webhooks[0]
	if *hook.FailurePolicy != admissionv1.Ignore || *hook.ClientConfig.Service.Path != "/networking/v1/ingresses" {
		t.Errorf("the webhook is %+v", hook)
	}
	if *hook.SideEffects != admissionv1.SideEffectClassNone || hook.ObjectSelector.MatchLabels["checked"] != "yes" {
		t.Errorf("the webhook is %+v", hook)
	}
	var scoped admissionv1.ValidatingWebhookConfiguration
	render(t, "namespaced", "ingress").object(t, "ValidatingWebhookConfiguration", controller+"-admission", &scoped)
	if values := scoped.Webhooks[0].NamespaceSelector.MatchExpressions[0].Values; !slices.Equal(values, []string{"default"}) {
		t.Errorf("a controller of one namespace checks %v", values)
	}
	if scoped.Webhooks[0].ClientConfig.CABundle != nil {
		t.Error("a CA is rendered that the controller is to write")
	}
}

func TestScaling(t *testing.T) {
	objects := render(t, "scaling", "ingress")
	var scaler autoscalingv2.HorizontalPodAutoscaler
	objects.object(t, "HorizontalPodAutoscaler", controller, &scaler)
	if len(scaler.Spec.Metrics) != 2 || scaler.Spec.Metrics[0].Resource.Name != "cpu" || *scaler.Spec.MinReplicas != 3 {
		t.Errorf("the scaler is %+v", scaler.Spec)
	}
	var budget policyv1.PodDisruptionBudget
	objects.object(t, "PodDisruptionBudget", controller, &budget)
	if budget.Spec.MaxUnavailable.StrVal != "25%" || budget.Spec.MinAvailable != nil {
		t.Errorf("the budget is %+v", budget.Spec)
	}
	for _, o := range objects {
		if _, fixed, _ := unstructured.NestedFieldNoCopy(o.Object, "spec", "replicas"); o.GetKind() == "Deployment" && fixed {
			t.Error("the Deployment fixes the replicas that the scaler sets")
		}
	}
}

func TestClasses(t *testing.T) {
	objects := render(t, "everything", "ingress")
	var first, second netv1.IngressClass
	objects.object(t, "IngressClass", "edge", &first)
	objects.object(t, "IngressClass", "edge-internal", &second)
	const mark = "ingressclass.kubernetes.io/is-default-class"
	if first.Annotations[mark] != "true" || second.Annotations[mark] != "" {
		t.Errorf("default classes: %v, %v", first.Annotations, second.Annotations)
	}
	if first.Spec.Controller != second.Spec.Controller {
		t.Errorf("controllers: %s, %s", first.Spec.Controller, second.Spec.Controller)
	}
}
