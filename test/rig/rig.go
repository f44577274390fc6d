// Package rig puts clients, proxies and upstreams of a test together: one
// table of hosts, served by Hawser (through its command line and a folder of
// manifests alone) and, if asked for, by nginx as ingress-nginx configures it.
// Every part lives on loopback and ends with the test. It judges nothing.
package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Proxy is a running proxy and the upstream behind it.
type Proxy struct {
	Name              string
	HTTPAddr, TLSAddr string
	Upstream          *Upstream
	process           *process
	manifests         manifests // of Hawser
}

// Hawser starts Hawser with the manifests of the host table.
func Hawser(t testing.TB, hosts []Host, pki *PKI) *Proxy {
	t.Helper()
	return HawserWith(t, hosts, pki, nil)
}

// HawserWith is Hawser with settings in the controller's ConfigMap.
func HawserWith(t testing.TB, hosts []Host, pki *PKI, settings map[string]string) *Proxy {
	t.Helper()
	return hawser(t, hosts, pki, settings, "")
}

// HawserPassing is Hawser with one host more, PassHost, whose TLS it passes
// through to ServiceA.
func HawserPassing(t testing.TB, hosts []Host, pki *PKI) *Proxy {
	t.Helper()
	return hawser(t, hosts, pki, nil, passing(), "--enable-ssl-passthrough")
}

func hawser(t testing.TB, hosts []Host, pki *PKI, settings map[string]string, more string, args ...string) *Proxy {
	t.Helper()
	dir := shortDir(t)
	binary := os.Getenv(binaryVariable)
	if binary == "" {
		t.Fatal("there is no program to test: TestMain has to call rig.Main")
	}
	proxy, ports := prepare(t, "hawser")
	folder := filepath.Join(dir, "manifests")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	server, err := serverSecretOf(hosts)
	if err != nil {
		t.Fatal(err)
	}
	proxy.manifests = manifests{dir: folder, pki: pki, server: server, upstream: proxy.Upstream, settings: settings}
	if err := proxy.manifests.write(hosts, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "more.yaml"), []byte(more), 0o600); err != nil {
		t.Fatal(err)
	}
	proxy.run(t, filepath.Join(dir, "hawser.log"), append([]string{binary, "run",
		"--manifests", folder, "--bind-address", "127.0.0.1",
		"--http-port", strconv.Itoa(ports[0]), "--https-port", strconv.Itoa(ports[1]),
		"--state-dir", filepath.Join(dir, "state"), "--haproxy", HAProxyBinary(),
		"--configmap", namespace + "/" + settingsName}, args...)...)
	return proxy
}

// Apply gives a running Hawser other hosts; a Secret that is a key of swap gets
// the content of the one it is mapped to.
func (p *Proxy) Apply(hosts []Host, swap map[string]string) error {
	return p.manifests.write(hosts, swap)
}

// Nginx starts nginx with the configuration of ingress-nginx for the host table.
func Nginx(t testing.TB, hosts []Host, pki *PKI) *Proxy {
	t.Helper()
	dir := shortDir(t)
	proxy, ports := prepare(t, "nginx")
	server, err := serverSecretOf(hosts)
	if err != nil {
		t.Fatal(err)
	}
	config := nginxConfig{dir: dir, hosts: hosts, secrets: map[string]authSecret{}, upstream: proxy.Upstream, http: ports[0], tls: ports[1]}
	for _, s := range pki.authSecrets() {
		config.secrets[s.name] = s
	}
	if err := config.write(server); err != nil {
		t.Fatal(err)
	}
	proxy.run(t, filepath.Join(dir, "nginx.log"), "nginx", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "error.log")
	return proxy
}

// shortDir is a folder whose path leaves room for a socket name.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "rig")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// prepare makes the upstream and finds ports for HTTP and HTTPS.
func prepare(t testing.TB, name string) (*Proxy, []int) {
	t.Helper()
	upstream, err := newUpstream()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(upstream.close)
	ports, err := freePorts(2)
	if err != nil {
		t.Fatal(err)
	}
	address := func(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
	return &Proxy{Name: name, HTTPAddr: address(ports[0]), TLSAddr: address(ports[1]), Upstream: upstream}, ports
}

// run starts the program and waits until it serves PlainHost.
func (p *Proxy) run(t testing.TB, log string, argv ...string) {
	t.Helper()
	process, err := start(log, argv...)
	if err != nil {
		t.Fatal(err)
	}
	p.process = process
	t.Cleanup(func() {
		process.stop()
		if t.Failed() {
			t.Logf("the last words of %s:\n%s", p.Name, process.tail())
		}
	})
	if err := process.await(30*time.Second, p.serves); err != nil {
		t.Fatal(err)
	}
}

func (p *Proxy) serves() bool {
	conn, err := p.Dial(Dialing{SNI: PlainHost})
	if err != nil {
		return false
	}
	defer conn.Close()
	return conn.Do(Request{Target: "/", Host: PlainHost}).Status == 200
}

// serverSecretOf is the certificate that every host is served with: the same
// for all, so that nothing but the policy tells the hosts apart.
func serverSecretOf(hosts []Host) (authSecret, error) {
	names := []string{PlainHost}
	for _, h := range hosts {
		if h.Name != PlainHost && h.Name != CatchAll {
			names = append(names, h.Name)
		}
	}
	cert, key, err := serverPair(names...)
	return authSecret{name: serverSecret, cert: cert, key: key}, err
}
