package cluster

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Backend answers every request with its name, from an address and port of its own, as a pod would.
type Backend struct {
	Name, IP string
	Port     int32
}

// StartBackend makes a backend at 10.77.N.1; N is from 1 to 254.
func StartBackend(t testing.TB, name string, n int) *Backend {
	t.Helper()
	b := &Backend{Name: name, IP: fmt.Sprintf("10.77.%d.1", n)}
	listener, err := net.Listen("tcp", net.JoinHostPort(b.IP, "0"))
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, name) })}}
	server.Start()
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.ParseInt(port, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	b.Port = int32(number)
	return b
}

// Service is a headless Service with port 80 and one EndpointSlice per backend, as the endpoint controller makes
// them for pods on different ports.
func Service(namespace, name string, backends ...*Backend) (*corev1.Service, []*discoveryv1.EndpointSlice) {
	port := "http"
	service := &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Ports: []corev1.ServicePort{
			{Name: port, Port: 80, TargetPort: intstr.FromString(port)}}},
	}
	var slices []*discoveryv1.EndpointSlice
	for _, b := range backends {
		slices = append(slices, &discoveryv1.EndpointSlice{
			TypeMeta: metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"},
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name + "-" + b.Name,
				Labels: map[string]string{discoveryv1.LabelServiceName: name}},
			AddressType: discoveryv1.AddressTypeIPv4,
			Endpoints:   []discoveryv1.Endpoint{{Addresses: []string{b.IP}}},
			Ports:       []discoveryv1.EndpointPort{{Name: &port, Port: &b.Port}},
		})
	}
	return service, slices
}

// CreateService puts Service into the cluster.
func (c *Cluster) CreateService(t testing.TB, namespace, name string, backends ...*Backend) {
	t.Helper()
	k := c.Client(t)
	service, slices := Service(namespace, name, backends...)
	if _, err := k.CoreV1().Services(namespace).Create(t.Context(), service, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, s := range slices {
		if _, err := k.DiscoveryV1().EndpointSlices(namespace).Create(t.Context(), s, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
}

// Fetch asks for a page of a host over HTTP on a fresh connection and returns status and body. Redirects are not
// followed.
func (h *Hawser) Fetch(host, path string) (int, string, error) {
	request, err := http.NewRequest(http.MethodGet, "http://"+h.HTTP+path, nil)
	if err != nil {
		return 0, "", err
	}
	request.Host = host
	client := http.Client{
		Timeout:       10 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	return answer.StatusCode, string(body), err
}

// Expect waits until a page is what it should be; configuration needs a moment to become live.
func (h *Hawser) Expect(t testing.TB, host, path string, status int, body string) {
	t.Helper()
	Eventually(t, 20*time.Second, func() error {
		gotStatus, gotBody, err := h.Fetch(host, path)
		if err != nil {
			return err
		}
		if gotStatus != status || body != "" && gotBody != body {
			return fmt.Errorf("http://%s%s answers %d %q, not %d %q", host, path, gotStatus, gotBody, status, body)
		}
		return nil
	})
}
