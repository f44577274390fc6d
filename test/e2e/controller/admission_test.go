package controller_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	admissionregv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	netv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// admission is a release of the chart whose webhook the API server asks.
type admission struct {
	*world
	namespace, kubeconfig string
	args                  []string // of the controller
	configuration         string   // name of the ValidatingWebhookConfiguration, and of Service and Secret
	author                kubernetes.Interface
	warned                *warnings
}

func newAdmission(t *testing.T) *admission {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	values := []string{"controller.ingressClass=nginx", "controller.ingressClassResource.controllerValue=k8s.io/ingress-nginx"}
	a := &admission{world: w, namespace: ns, args: w.install(t, ns, values), warned: &warnings{}}
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "web", 1))
	a.kubeconfig = w.Kubeconfig(t, w.ServiceAccount(t, ns, "hawser"))
	config := w.Admin()
	config.WarningHandler = a.warned
	var err error
	if a.author, err = kubernetes.NewForConfig(config); err != nil {
		t.Fatal(err)
	}
	for _, document := range w.template(t, ns, values) {
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode(document, nil, nil)
		if d, ok := object.(*appsv1.Deployment); err == nil && ok {
			a.args = append(a.args, webhookArguments(d, ns)...)
		}
	}
	return a
}

// webhookArguments are those of the chart about the webhook, without its address.
func webhookArguments(d *appsv1.Deployment, namespace string) []string {
	var out []string
	for _, arg := range d.Spec.Template.Spec.Containers[0].Args {
		if strings.HasPrefix(arg, "--validating-webhook-") {
			out = append(out, strings.ReplaceAll(arg, "$(POD_NAMESPACE)", namespace))
		}
	}
	return out
}

// register applies the chart's ValidatingWebhookConfiguration: from now on the API server asks.
func (a *admission) register(t *testing.T) {
	t.Helper()
	values := []string{"controller.ingressClass=nginx", "controller.ingressClassResource.controllerValue=k8s.io/ingress-nginx"}
	for _, document := range a.template(t, a.namespace, values) {
		object, _, err := scheme.Codecs.UniversalDeserializer().Decode(document, nil, nil)
		o, ok := object.(*admissionregv1.ValidatingWebhookConfiguration)
		if err != nil || !ok {
			continue
		}
		if _, err := a.k.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(t.Context(), o, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		a.configuration = o.Name
	}
	if a.configuration == "" {
		t.Fatal("the chart has no ValidatingWebhookConfiguration")
	}
}

// replica starts a controller whose webhook listens at 10.77.N.2, and makes that an endpoint of the webhook's Service.
func (a *admission) replica(t *testing.T, name string, n int, more ...string) (h *cluster.Hawser, address string) {
	t.Helper()
	ip := fmt.Sprintf("10.77.%d.2", n)
	address = net.JoinHostPort(ip, "8443")
	args := append([]string{"--kubeconfig=" + a.kubeconfig, "--validating-webhook=" + address}, a.args...)
	h = cluster.StartHawser(t, append(args, more...)...)
	number := int32(8443)
	service, err := a.k.CoreV1().Services(a.namespace).Get(t.Context(), a.configuration, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	port := service.Spec.Ports[0].Name
	_, err = a.k.DiscoveryV1().EndpointSlices(a.namespace).Create(t.Context(), &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: a.namespace, Name: "webhook-" + name, Labels: map[string]string{discoveryv1.LabelServiceName: a.configuration},
		},
		AddressType: discoveryv1.AddressTypeIPv4, Endpoints: []discoveryv1.Endpoint{{Addresses: []string{ip}}},
		Ports: []discoveryv1.EndpointPort{{Name: &port, Port: &number}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return h, address
}

// tries writes an Ingress without leaving it behind.
func (a *admission) tries(i *netv1.Ingress) error {
	a.warned.clear()
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	_, err := a.author.NetworkingV1().Ingresses(i.Namespace).Create(ctx, i, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

// warnings are what the API server says beside its answer.
type warnings struct {
	mu    sync.Mutex // guards texts
	texts []string
}

func (w *warnings) HandleWarningHeader(_ int, _ string, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = append(w.texts, text)
}

func (w *warnings) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.texts = nil
}

func (w *warnings) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.texts)
}
