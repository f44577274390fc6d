package live_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/hawser-ingress/hawser/internal/haproxy/binary"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/testcert"
)

const trustHost = "own.test"

// court is a site with a host that asks for certificates of authorities and believes revocation lists.
type court struct {
	*site
	t *testing.T
}

// trusting is its manifests.
func trusting(cas []*testcert.CA, crls ...[]byte) string {
	var anchors, lists strings.Builder
	for _, ca := range cas {
		anchors.Write(ca.CertPEM())
	}
	for _, crl := range crls {
		lists.Write(crl)
	}
	data := fmt.Sprintf("{ca.crt: %q", anchors.String())
	if len(crls) > 0 {
		data += fmt.Sprintf(", ca.crl: %q", lists.String())
	}
	return ingress(trustHost, "auth-tls-secret", "a/clients") +
		"---\napiVersion: v1\nkind: Secret\nmetadata: {name: clients, namespace: a}\nstringData: " + data + "}\n"
}

func newCourt(t *testing.T, manifests string) court {
	t.Helper()
	found, err := binary.Probe(t.Context(), haproxyBinary())
	if err != nil {
		t.Fatal(err)
	}
	return court{startWith(t, manifests, render.Options{Spares: 64, Isolated: found.Isolated}), t}
}

// twins are two authorities of the same name and serial number: HAProxy 3.2 does not tell sessions of them apart.
func twins() (a, b *testcert.CA) {
	same := testcert.With(func(c *x509.Certificate) { c.SerialNumber = big.NewInt(7) })
	return testcert.Must(testcert.NewCA("twin", same)), testcert.Must(testcert.NewCA("twin", same))
}

// client is somebody with a certificate, who keeps sessions and comes back with them.
type client struct {
	court court
	name  string
	cert  tls.Certificate
	kinds map[string]resumer
}

// resumer makes one request in a new connection, with the session of the last one if there is one.
type resumer func() (status int, resumed bool)

// client has a session of every kind that a client can have.
func (c court) client(name string, ca *testcert.CA) *client {
	c.t.Helper()
	made := testcert.Must(ca.Client(name))
	v := &client{court: c, name: name, cert: made.TLS(), kinds: map[string]resumer{}}
	for kind, version := range map[string]uint16{"TLS 1.2 ticket": tls.VersionTLS12, "TLS 1.3 ticket": tls.VersionTLS13} {
		config := v.config(version)
		config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
		v.kinds[kind] = func() (int, bool) { return v.ask(config) }
	}
	v.kinds["TLS 1.2 id"] = v.byID(made)
	return v
}

func (v *client) config(version uint16) *tls.Config {
	return &tls.Config{
		InsecureSkipVerify: true, ServerName: trustHost, MinVersion: version, MaxVersion: version, // the server has the example certificate
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &v.cert, nil },
	}
}

func (v *client) ask(config *tls.Config) (int, bool) {
	v.court.t.Helper()
	conn, err := tls.Dial("tcp", v.court.options.HTTPS[0].String(), config)
	if err != nil {
		v.court.t.Fatalf("%s: %v", v.name, err)
	}
	defer conn.Close()
	return request(v.court.t, conn), conn.ConnectionState().DidResume
}

// request asks and reads the answer, and the end of the connection, so that a session that comes with it is kept.
func request(t *testing.T, conn net.Conn) int {
	t.Helper()
	return requestOf(t, conn, trustHost)
}

func requestOf(t *testing.T, conn net.Conn, host string) int {
	t.Helper()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host)
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// byID asks with s_client, as Go does not resume by the number of a session.
func (v *client) byID(made *testcert.Cert) resumer {
	dir := v.court.t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	os.WriteFile(file("crt"), made.CertPEM(), 0o600)
	os.WriteFile(file("key"), made.KeyPEM(), 0o600)
	return func() (int, bool) {
		ctx, cancel := context.WithTimeout(v.court.t.Context(), 10*time.Second)
		defer cancel()
		args := []string{"s_client", "-connect", v.court.options.HTTPS[0].String(), "-servername", trustHost, "-tls1_2", "-no_ticket",
			"-cert", file("crt"), "-key", file("key"), "-sess_out", file("session"), "-ign_eof"}
		if _, err := os.Stat(file("session")); err == nil {
			args = append(args, "-sess_in", file("session"))
		}
		cmd := exec.CommandContext(ctx, "openssl", args...)
		cmd.Stdin = strings.NewReader("GET / HTTP/1.1\r\nHost: " + trustHost + "\r\nConnection: close\r\n\r\n")
		out, err := cmd.CombinedOutput()
		_, rest, found := strings.Cut(string(out), "HTTP/1.1 ")
		if !found {
			v.court.t.Fatalf("s_client: %v\n%s", err, out)
		}
		status, _ := strconv.Atoi(rest[:3])
		return status, strings.Contains(string(out), "\nReused, ")
	}
}

// visits makes a request with each kind of session; resumed is what each must be, apart from those by an id, which no
// HAProxy that asks for certificates keeps.
func (v *client) visits(when string, status int, resumed bool) {
	v.court.t.Helper()
	for _, kind := range slices.Sorted(maps.Keys(v.kinds)) {
		got, again := v.kinds[kind]()
		if want := resumed && kind != "TLS 1.2 id"; got != status || again != want {
			v.court.t.Errorf("%s: %s with a %s gets %d, resumed %t; want %d, %t", when, v.name, kind, got, again, status, want)
		}
	}
}

// settles makes sessions and uses them.
func (v *client) settles(when string) {
	v.court.t.Helper()
	v.visits(when+", first", 200, false)
	v.visits(when+", again", 200, true)
}

// stays opens a connection of each version of HTTP and returns a function that asks on them.
func (v *client) stays() (ask func(when string, want int)) {
	v.court.t.Helper()
	addr := v.court.options.HTTPS[0].String()
	dial := func(protocol string) *tls.Conn {
		config := v.config(tls.VersionTLS13)
		config.NextProtos = []string{protocol}
		conn, err := tls.Dial("tcp", addr, config)
		if err != nil {
			v.court.t.Fatal(err)
		}
		v.court.t.Cleanup(func() { conn.Close() })
		return conn
	}
	one := dial("http/1.1")
	reader := bufio.NewReader(one)
	two, err := new(http2.Transport).NewClientConn(dial("h2"))
	if err != nil {
		v.court.t.Fatal(err)
	}
	ask = func(when string, want int) {
		v.court.t.Helper()
		one.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(one, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n", trustHost)
		answer, err := http.ReadResponse(reader, nil)
		if err != nil {
			v.court.t.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		if answer.StatusCode != want {
			v.court.t.Errorf("%s: %s gets %d on an open connection of HTTP/1.1, want %d", when, v.name, answer.StatusCode, want)
		}
		request, _ := http.NewRequestWithContext(v.court.t.Context(), http.MethodGet, "https://"+trustHost+"/", nil)
		answer, err = two.RoundTrip(request)
		if err != nil {
			v.court.t.Fatal(err)
		}
		io.Copy(io.Discard, answer.Body)
		if answer.StatusCode != want {
			v.court.t.Errorf("%s: %s gets %d on an open connection of HTTP/2, want %d", when, v.name, answer.StatusCode, want)
		}
	}
	ask("connected", 200)
	return ask
}

// keeping asks with GET over a connection that is kept, as net/http does.
func (c court) keeping(name string, ca *testcert.CA) func(want int) {
	config := c.client(name, ca).config(0)
	config.MaxVersion = tls.VersionTLS13
	transport := &http.Transport{
		TLSClientConfig: config,
		Dial:            func(string, string) (net.Conn, error) { return net.Dial("tcp", c.options.HTTPS[0].String()) },
	}
	c.t.Cleanup(transport.CloseIdleConnections)
	http1 := http.Client{Transport: transport, Timeout: 10 * time.Second}
	return func(want int) {
		c.t.Helper()
		answer, err := http1.Get("https://" + trustHost + "/")
		if err != nil {
			c.t.Errorf("%s: %v", name, err)
			return
		}
		io.Copy(io.Discard, answer.Body)
		answer.Body.Close()
		if answer.StatusCode != want {
			c.t.Errorf("%s: status %d, want %d", name, answer.StatusCode, want)
		}
	}
}
