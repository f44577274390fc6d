package chart_test

import (
	"testing"

	certmanager "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// TestForeignKinds reads the objects of the Prometheus operator and of cert-manager into the types these projects
// publish; a field they don't have is an error.
func TestForeignKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, variant := range variants(t) {
		for _, o := range render(t, variant, "ingress") {
			var into any
			switch o.GroupVersionKind().Group + "/" + o.GetKind() {
			case "monitoring.coreos.com/ServiceMonitor":
				into = &monitoring.ServiceMonitor{}
			case "monitoring.coreos.com/PrometheusRule":
				into = &monitoring.PrometheusRule{}
			case "cert-manager.io/Issuer":
				into = &certmanager.Issuer{}
			case "cert-manager.io/Certificate":
				into = &certmanager.Certificate{}
			default:
				continue
			}
			seen[o.GetKind()] = true
			if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, into, true); err != nil {
				t.Errorf("%s: %s %s: %v", variant, o.GetKind(), o.GetName(), err)
			}
		}
	}
	for _, kind := range []string{"ServiceMonitor", "PrometheusRule", "Issuer", "Certificate"} {
		if !seen[kind] {
			t.Errorf("no variant has a %s", kind)
		}
	}
}
