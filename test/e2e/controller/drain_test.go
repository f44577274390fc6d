package controller_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	netv1 "k8s.io/api/networking/v1"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

// TestReplicaEndsUnderTraffic shuts a replica down while clients send requests to the replicas that are ready, as a
// Service does, and retry nothing. None fails: not on a fresh connection, not on one that is kept, not one that takes
// longer than the grace period.
func TestReplicaEndsUnderTraffic(t *testing.T) {
	w := newWorld(t)
	ns := w.Namespace(t, nil)
	w.CreateService(t, ns, "web", cluster.StartBackend(t, "one", 1))
	w.CreateService(t, ns, "slow", slowBackend(t, 5*time.Second))
	w.create(t, ingress(ns, "web", "web.example", "web"), ingress(ns, "slow", "slow.example", "slow"))
	a := w.admin(t, "--shutdown-grace-period=2", "--drain-time=12s", "--election-id=a")
	b := w.admin(t, "--shutdown-grace-period=2", "--drain-time=12s", "--election-id=b")
	service := follow(t, a, b)
	a.Expect(t, "web.example", "/", 200, "one")
	b.Expect(t, "web.example", "/", 200, "one")

	var clients sync.WaitGroup
	var answers atomic.Int64
	failures := make(chan error, 1000)
	stop := make(chan struct{})
	for n := range 8 {
		clients.Go(func() {
			client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: n%2 == 0}}
			defer client.CloseIdleConnections()
			for {
				select {
				case <-stop:
					return
				case <-time.After(5 * time.Millisecond):
				}
				if err := get(client, service.pick(), "web.example", "one"); err != nil {
					failures <- err
				}
				answers.Add(1)
			}
		})
	}
	var slow sync.WaitGroup
	for range 4 { // these outlive the grace period
		slow.Go(func() {
			if err := get(&http.Client{Timeout: 30 * time.Second}, a.HTTP, "slow.example", "slow"); err != nil {
				failures <- fmt.Errorf("a slow request: %w", err)
			}
		})
	}
	time.Sleep(time.Second)
	before := answers.Load()
	a.Stop(t)
	slow.Wait()
	time.Sleep(time.Second)
	close(stop)
	clients.Wait()
	close(failures)
	for err := range failures {
		t.Error(err)
	}
	if during := answers.Load() - before; before < 50 || during < 200 {
		t.Errorf("only %d requests before and %d while the replica ended", before, during)
	}
	if got := service.pick(); got != b.HTTP {
		t.Errorf("the replica that ended is ready")
	}
	t.Logf("%d requests", answers.Load())
}

// ready is a Service with its endpoints, which follows readiness.
type ready struct{ list atomic.Pointer[[]string] }

// follow asks the replicas every 200 ms.
func follow(t *testing.T, replicas ...*cluster.Hawser) *ready {
	r := &ready{}
	look := func() {
		var list []string
		for _, h := range replicas {
			answer, err := http.Get("http://" + h.Admin + "/readyz")
			if err != nil {
				continue
			}
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				list = append(list, h.HTTP)
			}
		}
		r.list.Store(&list)
	}
	look()
	done, quit := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-quit:
				return
			case <-time.After(200 * time.Millisecond):
				look()
			}
		}
	}()
	t.Cleanup(func() { close(quit); <-done })
	return r
}

// pick is the next of the replicas that are ready.
func (r *ready) pick() string {
	list := *r.list.Load()
	if len(list) == 0 {
		return "no replica"
	}
	return list[int(time.Now().UnixNano()/1000)%len(list)]
}

func get(client *http.Client, address, host, want string) error {
	request, err := http.NewRequest(http.MethodPost, "http://"+address+"/", http.NoBody) // no client sends it twice
	if err != nil {
		return err
	}
	request.Host = host
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && (answer.StatusCode != http.StatusOK || string(body) != want) {
		err = fmt.Errorf("%s answers %d %q", address, answer.StatusCode, body)
	}
	return err
}

// slowBackend takes its time between the header and the end of an answer.
func slowBackend(t *testing.T, wait time.Duration) *cluster.Backend {
	t.Helper()
	l, err := net.Listen("tcp", "10.77.40.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(wait)
		fmt.Fprint(w, "slow")
	})}}
	s.Start()
	t.Cleanup(s.Close)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	number, err := strconv.ParseInt(port, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return &cluster.Backend{Name: "slow", IP: "10.77.40.1", Port: int32(number)}
}

func tlsFor(secret, host string) []netv1.IngressTLS {
	return []netv1.IngressTLS{{Hosts: []string{host}, SecretName: secret}}
}
