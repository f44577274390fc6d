package chart_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestInstallUpgradeUninstall lets Helm itself install, change and remove a release. What the controller writes
// meanwhile, as the chart's ServiceAccount, outlives the change.
func TestInstallUpgradeUninstall(t *testing.T) {
	c := cluster.Start(t)
	k := c.Client(t)
	namespace := c.Namespace(t, nil)
	config := c.Kubeconfig(t, c.Admin())
	run := func(verb string, args ...string) {
		t.Helper()
		if _, err := helm(t, append([]string{verb, "--kubeconfig", config, "--namespace", namespace, release}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	run("install", chartDir(t), "--values", valuesFile("webhook"))
	ca := writesItsCertificate(t, c, namespace)

	run("upgrade", chartDir(t), "--values", valuesFile("webhook"), "--set", "controller.replicaCount=5", "--set", "controller.config.proxy-body-size=9m")
	workload, err := k.AppsV1().Deployments(namespace).Get(t.Context(), controller, metav1.GetOptions{})
	if err != nil || *workload.Spec.Replicas != 5 {
		t.Errorf("after the upgrade: %v, %v", workload.Spec.Replicas, err)
	}
	settings, err := k.CoreV1().ConfigMaps(namespace).Get(t.Context(), controller, metav1.GetOptions{})
	if err != nil || settings.Data["proxy-body-size"] != "9m" {
		t.Errorf("after the upgrade: %v, %v", settings.Data, err)
	}
	if got := bundle(t, k); !bytes.Equal(got, ca) {
		t.Errorf("the upgrade made the CA %q", got)
	}

	run("uninstall")
	_, err = k.AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(t.Context(), controller+"-admission", metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the webhook outlives the release: %v", err)
	}
	if _, err = k.RbacV1().ClusterRoles().Get(t.Context(), release, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the ClusterRole outlives the release: %v", err)
	}
}

// writesItsCertificate does what the controller does with its certificate, with its rights, and returns the CA.
func writesItsCertificate(t *testing.T, c *cluster.Cluster, namespace string) []byte {
	t.Helper()
	own, err := kubernetes.NewForConfig(c.ServiceAccount(t, namespace, release))
	if err != nil {
		t.Fatal(err)
	}
	const name = controller + "-admission"
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{"tls.crt": []byte("certificate"), "tls.key": []byte("key")},
	}
	made, err := own.CoreV1().Secrets(namespace).Create(t.Context(), secret, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := own.CoreV1().Secrets(namespace).Update(t.Context(), made, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	hooks := own.AdmissionregistrationV1().ValidatingWebhookConfigurations()
	ca := c.Admin().CAData
	change := fmt.Sprintf(`{"webhooks":[{"name":"validate.ingress.hawser","clientConfig":{"caBundle":%q}}]}`,
		base64.StdEncoding.EncodeToString(ca))
	if _, err := hooks.Patch(t.Context(), name, types.StrategicMergePatchType, []byte(change),
		metav1.PatchOptions{FieldManager: "hawser"}); err != nil {
		t.Fatal(err)
	}
	if got := bundle(t, own); !bytes.Equal(got, ca) {
		t.Fatalf("the CA is %q", got)
	}
	return ca
}

func bundle(t *testing.T, k kubernetes.Interface) []byte {
	t.Helper()
	found, err := k.AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(t.Context(), controller+"-admission", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return found.Webhooks[0].ClientConfig.CABundle
}
