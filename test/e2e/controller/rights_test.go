package controller_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	netv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestRights runs with the token of the chart's ServiceAccount and the chart's arguments: everything works, and no
// request was refused.
func TestRights(t *testing.T) {
	w := newWorld(t)
	for name, values := range map[string][]string{
		"cluster-wide":  {"controller.ingressClass=nginx", "controller.ingressClassResource.controllerValue=k8s.io/ingress-nginx"},
		"one-namespace": {"controller.ingressClass=nginx", "controller.ingressClassResource.controllerValue=k8s.io/ingress-nginx", "controller.scope.enabled=true"},
		"no-cluster-rights": {
			"controller.ingressClass=nginx", "controller.ingressClassResource.enabled=false", "rbac.scope=true",
			"controller.ingressClassResource.controllerValue=k8s.io/ingress-nginx",
			"controller.scope.enabled=true", "controller.admissionWebhooks.enabled=false",
		},
		"selector": {
			"controller.ingressClass=nginx", "controller.ingressClassResource.controllerValue=k8s.io/ingress-nginx",
			"controller.scope.namespaceSelector=team=web",
		},
		"nodes": {
			"controller.ingressClass=nginx", "controller.ingressClassResource.controllerValue=k8s.io/ingress-nginx",
			"controller.publishService.enabled=false",
		},
	} {
		t.Run(name, func(t *testing.T) { w.works(t, values) })
	}
}

func (w *world) works(t *testing.T, values []string) {
	ns := w.Namespace(t, map[string]string{"team": "web"})
	args := w.install(t, ns, values)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.create(t, ingress(ns, "web", "web.example", "web", annotated("ssl-redirekt", "false")))
	w.pod(t, ns, "hawser-0", w.node(t, ns))
	asPod(t, ns, "hawser-0")
	h := cluster.StartHawser(t, append([]string{"--kubeconfig=" + w.Kubeconfig(t, w.ServiceAccount(t, ns, "hawser"))}, args...)...)
	h.Expect(t, "web.example", "/", 200, "one")
	w.expectStatus(t, ns, "web", "192.0.2.1")
	w.expectEvents(t, ns, "web", "Warning AnnotationUnknown Ignored")
	w.change(t, ns, "web", func(i *netv1.Ingress) { i.Spec.Rules[0].Host = "moved.example" })
	h.Expect(t, "moved.example", "/", 200, "one")
	h.Stop(t)
	w.expectStatus(t, ns, "web", "")
	if log := h.Log(); strings.Contains(log, "orbidden") {
		t.Errorf("something was refused:\n%s", log)
	}
	w.remove(t, ns, "web")
}

// node is a node of its own with an external address.
func (w *world) node(t *testing.T, name string) string {
	t.Helper()
	node, err := w.k.CoreV1().Nodes().Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeExternalIP, Address: "192.0.2.1"}}
	if _, err := w.k.CoreV1().Nodes().UpdateStatus(t.Context(), node, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	return name
}

// install applies the rights of the chart, its ConfigMap and Service, and returns those arguments of its container
// that are not about ports and places, which the harness gives.
func (w *world) install(t *testing.T, namespace string, values []string) []string {
	t.Helper()
	var args []string
	for _, document := range w.template(t, namespace, values) {
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode(document, nil, nil)
		if err != nil {
			continue // of a kind that has nothing to do with rights
		}
		if failure := w.apply(t, namespace, object, &args); failure != nil {
			t.Fatal(failure)
		}
	}
	return args
}

func (w *world) apply(t *testing.T, namespace string, object any, args *[]string) error {
	t.Helper()
	var err error
	drop := func(remove func() error) { t.Cleanup(func() { _ = remove() }) }
	switch o := object.(type) {
	case *corev1.ServiceAccount:
		_, err = w.k.CoreV1().ServiceAccounts(namespace).Create(t.Context(), o, metav1.CreateOptions{})
	case *rbacv1.Role:
		_, err = w.k.RbacV1().Roles(o.Namespace).Create(t.Context(), o, metav1.CreateOptions{})
	case *rbacv1.RoleBinding:
		_, err = w.k.RbacV1().RoleBindings(o.Namespace).Create(t.Context(), o, metav1.CreateOptions{})
	case *rbacv1.ClusterRole:
		_, err = w.k.RbacV1().ClusterRoles().Create(t.Context(), o, metav1.CreateOptions{})
		drop(func() error { return w.k.RbacV1().ClusterRoles().Delete(background(t), o.Name, metav1.DeleteOptions{}) })
	case *rbacv1.ClusterRoleBinding:
		_, err = w.k.RbacV1().ClusterRoleBindings().Create(t.Context(), o, metav1.CreateOptions{})
		drop(func() error {
			return w.k.RbacV1().ClusterRoleBindings().Delete(background(t), o.Name, metav1.DeleteOptions{})
		})
	case *corev1.ConfigMap:
		_, err = w.k.CoreV1().ConfigMaps(namespace).Create(t.Context(), o, metav1.CreateOptions{})
	case *corev1.Service:
		err = w.front(t, namespace, o)
	case *appsv1.Deployment:
		*args = arguments(o, namespace)
	}
	return err
}

// front gives the chart's Service an address, as a cloud would.
func (w *world) front(t *testing.T, namespace string, o *corev1.Service) error {
	made, err := w.k.CoreV1().Services(namespace).Create(t.Context(), o, metav1.CreateOptions{})
	if err != nil || made.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return err
	}
	made.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}
	_, err = w.k.CoreV1().Services(namespace).UpdateStatus(t.Context(), made, metav1.UpdateOptions{})
	return err
}

// template renders the chart and splits it into documents.
func (w *world) template(t *testing.T, namespace string, values []string) [][]byte {
	t.Helper()
	helm, err := cluster.Helm()
	if err != nil {
		t.Fatal(err)
	}
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"template", "hawser", filepath.Join(root, "charts", "hawser"), "--namespace", namespace}
	for _, v := range values {
		args = append(args, "--set", v)
	}
	cmd := exec.CommandContext(t.Context(), helm, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "KUBECONFIG=/dev/null")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("helm template: %v: %s", err, complaint.String())
	}
	return bytes.Split(out, []byte("\n---\n"))
}

// leaveLimit bounds what is done after a test's own context has ended.
const leaveLimit = 10 * time.Second
