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
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/binary"
	"github.com/hawser-ingress/hawser/internal/haproxy/live"
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
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", trustHost)
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
		fmt.Fprintf(one, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", trustHost)
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

func TestAnAuthorityIsReplacedWithoutAReload(t *testing.T) {
	a, b := twins()
	c := newCourt(t, trusting([]*testcert.CA{a}))
	alice, bob := c.client("alice", a), c.client("bob", b)
	alice.settles("before")
	held := alice.stays()
	bob.visits("before", 400, false)

	c.change(trusting([]*testcert.CA{b}))
	held("after", 421)
	alice.visits("after", 400, false)
	bob.visits("after", 200, false)
	bob.visits("after", 200, true)

	c.change(trusting([]*testcert.CA{a}))
	bob.visits("back", 400, false)
	alice.settles("back")
}

func TestARevocationWithoutAReload(t *testing.T) {
	ca := testcert.Must(testcert.NewCA("ca"))
	c := newCourt(t, trusting([]*testcert.CA{ca}, testcert.Must(ca.CRL())))
	alice, bob := c.client("alice", ca), c.client("bob", ca)
	alice.settles("before")
	bob.settles("before")
	held := alice.stays()

	ca.Revoke(&testcert.Cert{Leaf: testcert.Must(x509.ParseCertificate(alice.cert.Certificate[0]))})
	c.change(trusting([]*testcert.CA{ca}, testcert.Must(ca.CRL())))
	held("after", 421)
	alice.visits("after", 400, false)
	bob.settles("after")
}

func TestAnAuthorityIsAddedWithoutAReload(t *testing.T) {
	a, b := twins()
	c := newCourt(t, trusting([]*testcert.CA{a}))
	alice, bob := c.client("alice", a), c.client("bob", b)
	alice.settles("before")
	held := alice.stays()
	bob.visits("before", 400, false)

	c.change(trusting([]*testcert.CA{a, b}))
	held("after", 200)
	alice.settles("after")
	bob.settles("after")

	staying := bob.stays()
	c.change(trusting([]*testcert.CA{b}))
	held("taken away", 421)
	staying("taken away", 421) // nobody knows who is whose
	alice.visits("taken away", 400, false)
	bob.settles("taken away")
}

// TestAHandshakeOfBeforeEndsAfter: a client that says hello before a change is asked for the old authority, and may take
// its time to answer. Neither that connection counts, nor the session that it gets for it.
func TestAHandshakeOfBeforeEndsAfter(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		a, b := twins()
		c := newCourt(t, trusting([]*testcert.CA{b}))
		alice := c.client("alice", a)
		c.change(trusting([]*testcert.CA{a}))
		alice.settles("before")
		config := alice.config(version)
		config.ClientSessionCache = tls.NewLRUClientSessionCache(4)
		present := config.GetClientCertificate
		config.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			c.change(trusting([]*testcert.CA{b}))
			return present(info)
		}
		if status, _ := alice.ask(config); status != 421 {
			t.Errorf("%s: the connection gets %d", tls.VersionName(version), status)
		}
		config.GetClientCertificate = present
		if status, resumed := alice.ask(config); status != 421 || !resumed {
			t.Errorf("%s: its session gets %d, resumed %t", tls.VersionName(version), status, resumed)
		}
	}
}

// TestWhatIsChangedSurvives: a worker that is started anew, or takes over, has the authorities of the last change, and
// knows no session of before.
func TestWhatIsChangedSurvives(t *testing.T) {
	a, b := twins()
	c := newCourt(t, trusting([]*testcert.CA{a}))
	alice, bob := c.client("alice", a), c.client("bob", b)
	alice.settles("before")
	c.change(trusting([]*testcert.CA{b}))
	bob.settles("after")

	crashed := c.process.State()
	c.write(c.worker.Bundle())
	if err := syscall.Kill(crashed.Worker, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); c.process.State().Restarts == crashed.Restarts || !c.process.State().Up; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("HAProxy does not come back")
		}
	}
	c.worker = live.Loaded(c.worker.Bundle(), c.can)
	alice.visits("after a crash", 400, false)
	bob.settles("after a crash")
	c.change(trusting([]*testcert.CA{a}))
	bob.visits("changed after a crash", 400, false)
	alice.settles("changed after a crash")

	c.write(c.worker.Bundle())
	if err := c.process.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.worker = live.Loaded(c.worker.Bundle(), c.can)
	bob.visits("after a reload", 400, false)
	alice.settles("after a reload")
}

// TestAChangeThatFailsIsClosed: nobody's certificate counts, and nothing but a reload is tried.
func TestAChangeThatFailsIsClosed(t *testing.T) {
	a, b := twins()
	c := newCourt(t, trusting([]*testcert.CA{a}))
	alice, bob := c.client("alice", a), c.client("bob", b)
	alice.settles("before")
	next := c.render(trusting([]*testcert.CA{b}))
	next.Trust.Tickets = "other.keys" // HAProxy does not know it: the authorities are changed by then
	plan := c.worker.Plan(next)
	runtime, err := c.process.Runtime()
	if err != nil {
		t.Fatal(err)
	}
	err = c.worker.Apply(t.Context(), runtime, plan)
	if err == nil {
		t.Fatal("HAProxy knows a file that it was not told of")
	}
	reason, _ := c.worker.Doubt(err)
	bob.visits("failed", 421, false)
	if status, _ := alice.kinds["TLS 1.3 ticket"](); status != 421 {
		t.Errorf("alice gets %d with a session", status)
	}
	c.mustReload(trusting([]*testcert.CA{a}), reason)
}

func TestTrustThatCannotBeChanged(t *testing.T) {
	ca := testcert.Must(testcert.NewCA("ca"))
	c := newCourt(t, trusting([]*testcert.CA{ca}, testcert.Must(ca.CRL())))
	for range 251 {
		ca.Revoke(&testcert.Cert{Leaf: &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano())}})
	}
	c.mustReload(trusting([]*testcert.CA{ca}, testcert.Must(ca.CRL())), "client CAs or revocation lists")
	var many []*testcert.CA
	for n := range 60 {
		many = append(many, testcert.Must(testcert.NewCA(strconv.Itoa(n))))
	}
	c.mustReload(trusting(append(many, ca), testcert.Must(ca.CRL())), "client CAs or revocation lists")
	c.mustReload(trusting([]*testcert.CA{ca}), "client CAs or revocation lists", "client-certificate policy of a name")
	if trust := c.worker.Bundle().Trust; trust == (haproxy.Trust{}) {
		t.Error("the site has no authority")
	}
}
