package chart_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

const controller = "hawser-controller"

// podOf is the controller's pod of a variant and its main container.
func podOf(t *testing.T, objects rendered) (*corev1.PodSpec, *corev1.Container) {
	t.Helper()
	for _, pod := range podsOf(t, objects) {
		if pod.Labels["app.kubernetes.io/component"] == "controller" {
			return &pod.Spec, &pod.Spec.Containers[0]
		}
	}
	t.Fatal("there is no controller")
	return nil, nil
}

// argument is the value of an argument of the controller and whether it is given.
func argument(c *corev1.Container, name string) (string, bool) {
	for _, a := range c.Args {
		if a == "--"+name {
			return "", true
		}
		if value, ok := strings.CutPrefix(a, "--"+name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// TestArguments holds what the controller is told in each variant; an empty value says the argument is not given.
func TestArguments(t *testing.T) {
	for variant, want := range map[string]map[string]string{
		"default": {
			"configmap": "$(POD_NAMESPACE)/hawser-controller", "publish-service": "ingress/hawser-controller",
			"controller-class": "github.com/hawser-ingress/hawser", "ingress-class": "hawser",
			"http-port": "80", "https-port": "443", "admin-address": ":10254", "update-status": "true",
			"election-id": "hawser-leader", "watch-namespace": "", "watch-namespace-selector": "",
			"validating-webhook": ":8443", "tcp-services-configmap": "", "metrics-compat": "",
			"default-backend-service": "", "shutdown-grace-period": "10", "drain-time": "280s", "state-dir": "/var/lib/hawser",
		},
		"webhook": {
			"validating-webhook": ":8443", "validating-webhook-configuration": "hawser-controller-admission",
			"validating-webhook-secret":      "$(POD_NAMESPACE)/hawser-controller-admission",
			"validating-webhook-service":     "$(POD_NAMESPACE)/hawser-controller-admission",
			"validating-webhook-certificate": "", "validating-webhook-warn-only": "",
		},
		"daemonset-hostnetwork": {"publish-service": ""},
		"takeover": {
			"controller-class": "k8s.io/ingress-nginx", "ingress-class": "nginx",
			"watch-ingress-without-class": "true", "metrics-compat": "ingress-nginx",
		},
		"shadow":          {"update-status": "false", "validating-webhook": "", "validating-webhook-secret": ""},
		"namespaced":      {"watch-namespace": "default"},
		"namespaced-only": {"watch-namespace": "ingress", "validating-webhook-certificate": "/etc/hawser/webhook/tls.crt"},
		"selector": {
			"watch-namespace-selector": "team=web,stage!=test", "publish-service": "",
			"publish-status-address": "203.0.113.10",
		},
		"cert-manager": {
			"validating-webhook-key": "/etc/hawser/webhook/tls.key", "validating-webhook-warn-only": "true",
			"validating-webhook-secret": "", "validating-webhook-configuration": "",
		},
		"single": {"disable-leader-election": "true", "election-id": "", "http-port": "8080", "https-port": "9443"},
		"tcp":    {"tcp-services-configmap": "$(POD_NAMESPACE)/hawser-tcp"},
		"everything": {
			"election-id": "edge-election", "publish-service": "default/front", "ingress-class-by-name": "true",
			"report-node-internal-ip-address": "true", "enable-annotation-validation": "false", "enable-topology-aware-routing": "true",
			"default-ssl-certificate": "default/wildcard", "enable-ssl-passthrough": "true", "sync-rate-limit": "0.5",
			"v": "2", "admin-address": ":10255", "default-backend-service": "$(POD_NAMESPACE)/edge-defaultbackend",
		},
	} {
		_, container := podOf(t, render(t, variant, "ingress"))
		if container.Args[0] != "run" {
			t.Errorf("%s: the first argument is %q", variant, container.Args[0])
		}
		for name, value := range want {
			if got, given := argument(container, name); got != value || given != (value != "") {
				t.Errorf("%s: --%s is %q (given: %t), not %q", variant, name, got, given, value)
			}
		}
	}
}

// TestLeastPrivilege holds that no variant's controller runs as root, writes to its image, keeps more than one
// capability, or puts a key on a disk.
func TestLeastPrivilege(t *testing.T) {
	for _, variant := range variants(t) {
		spec, container := podOf(t, render(t, variant, "ingress"))
		security := container.SecurityContext
		if !*security.RunAsNonRoot || !*security.ReadOnlyRootFilesystem || *spec.SecurityContext.RunAsUser == 0 {
			t.Errorf("%s: runs as root or with a writable image", variant)
		}
		if *security.AllowPrivilegeEscalation != spec.HostNetwork {
			t.Errorf("%s: allowPrivilegeEscalation is %t", variant, *security.AllowPrivilegeEscalation)
		}
		if !slices.Equal(security.Capabilities.Drop, []corev1.Capability{"ALL"}) ||
			!slices.Equal(security.Capabilities.Add, []corev1.Capability{"NET_BIND_SERVICE"}) {
			t.Errorf("%s: capabilities are %+v", variant, security.Capabilities)
		}
		if spec.Volumes[0].Name != "state" || spec.Volumes[0].EmptyDir.Medium != corev1.StorageMediumMemory {
			t.Errorf("%s: the state is on a disk: %+v", variant, spec.Volumes[0])
		}
		lowest := slices.ContainsFunc(spec.SecurityContext.Sysctls, func(s corev1.Sysctl) bool {
			return s.Name == "net.ipv4.ip_unprivileged_port_start"
		})
		if lowest == (variant == "single" || spec.HostNetwork) {
			t.Errorf("%s: low ports allowed by sysctl: %t", variant, lowest)
		}
		if container.Lifecycle != nil && container.Lifecycle.PreStop != nil {
			t.Errorf("%s: a preStop hook delays the drain", variant)
		}
	}
}

func TestSettings(t *testing.T) {
	objects := render(t, "settings", "ingress")
	var config corev1.ConfigMap
	objects.object(t, "ConfigMap", controller, &config)
	for key, want := range map[string]string{
		"client-ca": "default/clients", "client-crt-optional": "true", "allow-snippet-annotations": "true",
		"proxy-body-size": "8m", "proxy-buffer-size": "10485760", "keep-alive-requests": "1000",
		"otel-sampler-ratio": "0.25", "log-format-upstream": `$remote_addr - "$request" {"a": "$status"}`,
		"error-log-path": "/dev/stderr", "ssl-dh-param": "ingress/hawser-controller",
		"proxy-set-headers": "ingress/hawser-proxy-set-headers", "add-headers": "ingress/hawser-add-headers",
	} {
		if config.Data[key] != want {
			t.Errorf("%s is %q, not %q", key, config.Data[key], want)
		}
	}
	var headers corev1.ConfigMap
	objects.object(t, "ConfigMap", "hawser-proxy-set-headers", &headers)
	if headers.Data["X-Via"] != "hawser" {
		t.Errorf("headers are %v", headers.Data)
	}
	var parameters corev1.Secret
	objects.object(t, "Secret", controller, &parameters)
	if !strings.HasPrefix(string(parameters.Data["dhparam.pem"]), "-----BEGIN DH PARAMETERS") {
		t.Errorf("parameters are %q", parameters.Data)
	}
}

func TestWhatEachVariantInstalls(t *testing.T) {
	for variant, want := range map[string]struct{ with, without []string }{
		"default": {
			with: []string{"Deployment", "Service", "IngressClass", "PodDisruptionBudget", "ConfigMap", "ClusterRole",
				"ValidatingWebhookConfiguration", "ServiceAccount", "Role"},
			without: []string{"DaemonSet", "Job", "Secret", "HorizontalPodAutoscaler", "NetworkPolicy", "ServiceMonitor", "Certificate"},
		},
		"webhook":               {with: []string{"ValidatingWebhookConfiguration"}, without: []string{"Secret", "Job"}},
		"daemonset-hostnetwork": {with: []string{"DaemonSet", "PodDisruptionBudget"}, without: []string{"Deployment"}},
		"shadow":                {without: []string{"IngressClass", "ValidatingWebhookConfiguration", "ValidatingWebhookConfiguration", "PodDisruptionBudget"}},
		"namespaced-only": {
			with:    []string{"Role", "RoleBinding"},
			without: []string{"ClusterRole", "ClusterRoleBinding", "IngressClass", "Secret"},
		},
		"scaling":             {with: []string{"HorizontalPodAutoscaler", "PodDisruptionBudget"}},
		"single":              {without: []string{"PodDisruptionBudget"}},
		"monitoring":          {with: []string{"ServiceMonitor", "PrometheusRule", "NetworkPolicy"}},
		"cert-manager":        {with: []string{"Certificate", "Issuer"}, without: []string{"Secret"}},
		"cert-manager-issuer": {with: []string{"Certificate"}, without: []string{"Issuer"}},
	} {
		objects := render(t, variant, "ingress")
		for _, kind := range want.with {
			if !objects.has(kind) {
				t.Errorf("%s has no %s", variant, kind)
			}
		}
		for _, kind := range want.without {
			if objects.has(kind) {
				t.Errorf("%s has a %s", variant, kind)
			}
		}
	}
}

// TestNoHooks holds that a GitOps tool, which runs no Helm hooks or runs them as jobs of its own, installs the same.
func TestNoHooks(t *testing.T) {
	for _, variant := range variants(t) {
		for _, o := range render(t, variant, "ingress") {
			for key := range o.GetAnnotations() {
				if strings.HasPrefix(key, "helm.sh/hook") {
					t.Errorf("%s: %s %s is a hook", variant, o.GetKind(), o.GetName())
				}
			}
		}
	}
}

// TestRendersTheSameTwice holds that nothing random or dated is rendered, which would show as a change at every sync.
func TestRendersTheSameTwice(t *testing.T) {
	for _, variant := range []string{"default", "everything", "cert-manager"} {
		args := []string{"template", release, chartDir(t), "--values", valuesFile(variant)}
		first, err := helm(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := helm(t, args...); err != nil || first != second {
			t.Errorf("%s renders differently the second time (%v)", variant, err)
		}
	}
}
