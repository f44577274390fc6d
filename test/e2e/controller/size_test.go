package controller_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestForeignIngressesCostNothing compares the memory before and after a thousand Ingresses of another controller.
func TestForeignIngressesCostNothing(t *testing.T) {
	w := newWorld(t)
	w.createClass(t, "other", "example.com/other")
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.create(t, ingress(ns, "web", "web.example", "web"))
	h := w.admin(t, "--update-status=false")
	before := memoryOf(t, h)
	w.fill(t, ns, "foreign", 1000, "other", false)
	w.create(t, ingress(ns, "last", "last.example", "web")) // when it is live, everything before it was seen
	h.Expect(t, "last.example", "/", 200, "one")
	after := memoryOf(t, h)
	t.Logf("%d KiB before, %d KiB after 1,000 foreign Ingresses", before, after)
	// They are decoded one by one and dropped; what is left is garbage that the runtime has not collected yet.
	if after > before+16<<10 {
		t.Errorf("memory grew from %d to %d KiB", before, after)
	}
}

// BenchmarkTenThousand starts a controller in a cluster of 10,000 Ingresses with a Service and a slice each, and
// changes one of them.
func BenchmarkTenThousand(b *testing.B) {
	const count = 10000
	c := cluster.Start(b)
	w := &world{c, c.Client(b)}
	w.createClass(b, class, "k8s.io/ingress-nginx")
	ns := w.Namespace(b, nil)
	w.fill(b, ns, "site", count, class, true)
	var ready, change time.Duration
	memory := 0
	for b.Loop() {
		began := time.Now()
		h := w.admin(b, "--update-status=false", "--access-log=off")
		ready += time.Since(began)
		began = time.Now()
		name := fmt.Sprintf("new%d", time.Now().UnixNano())
		w.create(b, ingress(ns, name, name+".example", "site-1"))
		cluster.Eventually(b, time.Minute, func() error {
			if status, _, err := h.Fetch(name+".example", "/"); err != nil || status == 404 {
				return fmt.Errorf("%d, %w", status, err)
			}
			return nil
		})
		change += time.Since(began)
		memory = max(memory, memoryOf(b, h))
		h.Stop(b)
	}
	b.ReportMetric(ready.Seconds()/float64(b.N), "s/ready")
	b.ReportMetric(change.Seconds()/float64(b.N), "s/change")
	b.ReportMetric(float64(memory), "KiB")
}

// fill creates Ingresses of a class, with what serves them if asked to.
func (w *world) fill(t testing.TB, ns, name string, count int, class string, served bool) {
	t.Helper()
	numbers, failures := make(chan int), make(chan error, count)
	go func() {
		defer close(numbers)
		for n := range count {
			numbers <- n
		}
	}()
	port, number := "http", int32(8080)
	one := func(n int) error {
		id := fmt.Sprintf("%s-%d", name, n)
		if served {
			service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: id}, Spec: corev1.ServiceSpec{
				ClusterIP: corev1.ClusterIPNone, Ports: []corev1.ServicePort{{Name: port, Port: 80}}}}
			if _, err := w.k.CoreV1().Services(ns).Create(t.Context(), service, metav1.CreateOptions{}); err != nil {
				return err
			}
			slice := &discoveryv1.EndpointSlice{
				ObjectMeta:  metav1.ObjectMeta{Name: id, Labels: map[string]string{discoveryv1.LabelServiceName: id}},
				AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{{Name: &port, Port: &number}},
			}
			for i := range 3 {
				slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{fmt.Sprintf("10.77.%d.%d", 100+i, n%250+1)}})
			}
			if _, err := w.k.DiscoveryV1().EndpointSlices(ns).Create(t.Context(), slice, metav1.CreateOptions{}); err != nil {
				return err
			}
		}
		_, err := w.k.NetworkingV1().Ingresses(ns).Create(t.Context(), ingress(ns, id, id+".example", id, ofClass(class)), metav1.CreateOptions{})
		return err
	}
	done := make(chan struct{})
	const clients = 16
	for range clients {
		go func() {
			defer func() { done <- struct{}{} }()
			for n := range numbers {
				if err := one(n); err != nil {
					failures <- err
				}
			}
		}()
	}
	for range clients {
		<-done
	}
	select {
	case err := <-failures:
		t.Fatal(err)
	default:
	}
}

// memoryOf is the resident memory of the controller alone, in KiB, found by its port among the processes.
func memoryOf(t testing.TB, h *cluster.Hawser) int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		args, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(args), "--admin-address="+h.Admin+"\x00") {
			continue
		}
		status, err := os.ReadFile(filepath.Join(filepath.Dir(file), "status"))
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(status), "VmRSS:")
		size, err := strconv.Atoi(strings.Fields(rest)[0])
		if err != nil {
			t.Fatal(err)
		}
		return size
	}
	t.Fatal("the controller is not among the processes")
	return 0
}
