// Package cluster runs a real Kubernetes control plane for tests: etcd, kube-apiserver and kube-controller-manager,
// with RBAC and every default admission plugin.
//
// A cluster lives in a network namespace without a way out, keeps its files in a temporary folder, and is gone when
// its test ends. There are no nodes: a test is the kubelet, it binds an address of the namespace and writes it into
// an EndpointSlice. No fake client and no recorded answer is used anywhere.
package cluster

import (
	"context"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
)

// startLimit is generous: the machine that runs the tests may be doing something else.
const startLimit = 2 * time.Minute

// Cluster is a running control plane. Its methods are for the goroutine of the test that started it.
type Cluster struct {
	dir       string
	ca        *authority
	kube      string // folder of the Kubernetes programs
	etcdPort  int
	apiPort   int
	etcd, api *process
	manager   *process
	admin     pair
}

// Start brings a cluster up and takes it down when the test ends.
func Start(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{dir: t.TempDir()}
	t.Cleanup(func() { c.stop(t) })
	if err := c.start(); err != nil {
		t.Fatalf("start a cluster: %v", err)
	}
	return c
}

func (c *Cluster) start() error {
	if err := c.prepare(); err != nil {
		return err
	}
	if err := c.startEtcd(); err != nil {
		return err
	}
	if err := c.startAPI(); err != nil {
		return err
	}
	return c.startManager()
}

// prepare makes certificates and picks ports.
func (c *Cluster) prepare() error {
	var err error
	if c.ca, err = newAuthority(); err != nil {
		return err
	}
	serving, err := c.ca.issue(pkix.Name{CommonName: "kube-apiserver"},
		[]net.IP{net.ParseIP(Address), net.IPv4(127, 0, 0, 1), net.IPv4(10, 96, 0, 1)}, []string{"kubernetes.default.svc"})
	if err != nil {
		return err
	}
	if c.admin, err = c.ca.issue(pkix.Name{CommonName: "e2e-admin", Organization: []string{"system:masters"}}, nil, nil); err != nil {
		return err
	}
	signing, err := signingKey()
	if err != nil {
		return err
	}
	if c.etcdPort, err = freePort("127.0.0.1"); err != nil {
		return err
	}
	if c.apiPort, err = freePort(Address); err != nil {
		return err
	}
	return writeFiles(c.dir, map[string][]byte{
		"ca.crt": c.ca.pem, "apiserver.crt": serving.cert, "apiserver.key": serving.key, "sa.key": signing,
	})
}

func (c *Cluster) startEtcd() error {
	dir, err := etcdTool().folder()
	if err != nil {
		return err
	}
	peers, err := freePort("127.0.0.1")
	if err != nil {
		return err
	}
	client, peer := fmt.Sprintf("http://127.0.0.1:%d", c.etcdPort), fmt.Sprintf("http://127.0.0.1:%d", peers)
	c.etcd, err = start(c.dir, "etcd", filepath.Join(dir, "etcd"),
		"--name=e2e", "--data-dir="+filepath.Join(c.dir, "etcd"), "--unsafe-no-fsync", "--log-level=warn",
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer, "--initial-cluster=e2e="+peer)
	if err != nil {
		return err
	}
	return c.etcd.waitFor(startLimit, func() error {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(c.etcdPort)), time.Second)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
}

func (c *Cluster) startAPI() error {
	var err error
	if c.kube == "" {
		if c.kube, err = kubeTool().folder(); err != nil {
			return err
		}
	}
	c.api, err = start(c.dir, "kube-apiserver", filepath.Join(c.kube, "kube-apiserver"),
		fmt.Sprintf("--etcd-servers=http://127.0.0.1:%d", c.etcdPort),
		"--bind-address="+Address, "--advertise-address="+Address, fmt.Sprintf("--secure-port=%d", c.apiPort),
		"--service-cluster-ip-range=10.96.0.0/16",
		"--tls-cert-file=apiserver.crt", "--tls-private-key-file=apiserver.key", "--client-ca-file=ca.crt",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-signing-key-file=sa.key", "--service-account-key-file=sa.key",
		"--authorization-mode=RBAC", "--anonymous-auth=false",
		// There is no kube-proxy: a webhook's Service is reached at its endpoints instead of its cluster address.
		"--enable-aggregator-routing=true")
	if err != nil {
		return err
	}
	return c.api.waitFor(startLimit, c.ready)
}

// ready asks the API server itself, as a load balancer would.
func (c *Cluster) ready() error {
	client, err := discovery.NewDiscoveryClientForConfig(c.Admin())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_, err = client.RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	return err
}

// startManager runs the controllers a test can see the work of. Those of nodes, volumes and clouds have nothing
// to do here.
func (c *Cluster) startManager() error {
	user, err := c.ca.issue(pkix.Name{CommonName: "system:kube-controller-manager"}, nil, nil)
	if err != nil {
		return err
	}
	config := c.config()
	config.CertData, config.KeyData = user.cert, user.key
	if err := writeKubeconfig(filepath.Join(c.dir, "manager.kubeconfig"), config); err != nil {
		return err
	}
	c.manager, err = start(c.dir, "kube-controller-manager", filepath.Join(c.kube, "kube-controller-manager"),
		"--kubeconfig=manager.kubeconfig", "--leader-elect=false", "--secure-port=0",
		"--use-service-account-credentials=true", "--service-account-private-key-file=sa.key", "--root-ca-file=ca.crt",
		"--controllers=serviceaccount-controller,serviceaccount-token-controller,root-ca-certificate-publisher-controller,"+
			"namespace-controller,garbage-collector-controller,endpointslice-controller,deployment-controller,"+
			"replicaset-controller,disruption-controller")
	return err
}

// StopAPIServer ends the API server at once, as a crash would; etcd keeps its objects.
func (c *Cluster) StopAPIServer(t testing.TB) {
	t.Helper()
	if c.api.ended() {
		t.Fatalf("%s ended before it was stopped: %v", c.api.name, c.api.err)
	}
	c.api.kill()
}

// StartAPIServer brings the API server back at the same address after StopAPIServer.
func (c *Cluster) StartAPIServer(t testing.TB) {
	t.Helper()
	if err := c.startAPI(); err != nil {
		t.Fatalf("start the API server again: %v", err)
	}
}

// stop ends the servers, those that need others first, and shows their last words if the test failed.
func (c *Cluster) stop(t testing.TB) {
	c.Close()
	for _, p := range []*process{c.manager, c.api, c.etcd} {
		if p != nil && t.Failed() {
			t.Logf("end of the log of %s:\n%s", p.name, p.tail())
		}
	}
}

// Admin may do anything.
func (c *Cluster) Admin() *rest.Config {
	config := c.config()
	config.CertData, config.KeyData = c.admin.cert, c.admin.key
	return config
}

// config reaches the API server as nobody. The limits on a client's own rate are lifted: tests wait for the
// server, not for themselves.
func (c *Cluster) config() *rest.Config {
	return &rest.Config{
		Host:            "https://" + net.JoinHostPort(Address, strconv.Itoa(c.apiPort)),
		TLSClientConfig: rest.TLSClientConfig{CAData: c.ca.pem},
		QPS:             -1,
	}
}

// freePort is a port nobody listens on.
func freePort(address string) (int, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		return 0, err
	}
	defer l.Close()
	tcp, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.New("a TCP listener without a TCP address")
	}
	return tcp.Port, nil
}
