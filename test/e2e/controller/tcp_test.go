package controller_test

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestTCPServices opens the ports of a ConfigMap, and follows it and the endpoints behind it.
func TestTCPServices(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	one, two := cluster.StartBackend(t, "one", 1), cluster.StartBackend(t, "two", 2)
	w.CreateService(t, ns, "db", one)
	ports := []string{freePort(t), freePort(t)}
	config := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "tcp"}, Data: map[string]string{ports[0]: ns + "/db:80", "nonsense": "x"},
	}
	if _, err := w.k.CoreV1().ConfigMaps(ns).Create(t.Context(), config, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	h := w.admin(t, "--tcp-services-configmap="+ns+"/tcp", "--reload-interval=10ms")
	if err := says(ports[0], "one"); err != nil { // ready means that the ports are open
		t.Errorf("at once after /readyz: %v", err)
	}
	cluster.Eventually(t, 10*time.Second, func() error {
		list, err := w.k.EventsV1().Events(ns).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, e := range list.Items {
			if e.Regarding.Kind == "ConfigMap" && e.Regarding.Name == "tcp" && e.Type == "Warning" {
				return nil
			}
		}
		return errorf("no Event about the ConfigMap among %d", len(list.Items))
	})

	slice, err := w.k.DiscoveryV1().EndpointSlices(ns).Get(t.Context(), "db-one", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	slice.Endpoints, slice.Ports[0].Port = []discoveryv1.Endpoint{{Addresses: []string{two.IP}}}, &two.Port
	if _, err := w.k.DiscoveryV1().EndpointSlices(ns).Update(t.Context(), slice, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	cluster.Eventually(t, 10*time.Second, func() error { return says(ports[0], "two") })
	expectMetric(t, h, `hawser_reloads_total{reason="frame",result="success"} 1`)

	config.Data = map[string]string{ports[1]: ns + "/db:80"}
	if _, err := w.k.CoreV1().ConfigMaps(ns).Update(t.Context(), config, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	cluster.Eventually(t, 10*time.Second, func() error { return says(ports[1], "two") })
	cluster.Eventually(t, 10*time.Second, func() error {
		if err := says(ports[0], "two"); err == nil {
			return errorf("the port %s is still open", ports[0])
		}
		return nil
	})
}

// says asks the HTTP server behind a TCP port.
func says(port, want string) error {
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	if err := get(&client, net.JoinHostPort(cluster.Address, port), "any.example", want); err != nil {
		return fmt.Errorf("port %s: %w", port, err)
	}
	return nil
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(cluster.Address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
