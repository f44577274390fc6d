package live_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/live"
	"github.com/hawser-ingress/hawser/internal/testcert"
)

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

// TestClientsThatStayAreNotDisturbed: a client that keeps its connection, and is neither new nor revoked, notices nothing.
func TestClientsThatStayAreNotDisturbed(t *testing.T) {
	ca := testcert.Must(testcert.NewCA("ca"))
	c := newCourt(t, trusting([]*testcert.CA{ca}, testcert.Must(ca.CRL())))
	alice, bob := c.keeping("alice", ca), c.keeping("bob", ca)
	alice(200)
	bob(200)
	for range 3 {
		c.change(trusting([]*testcert.CA{ca}, testcert.Must(ca.CRL())))
		alice(200)
		bob(200)
	}
}

// TestAListIsIssuedAnew: where nobody is revoked who was not, connections stay.
func TestAListIsIssuedAnew(t *testing.T) {
	ca := testcert.Must(testcert.NewCA("ca"))
	c := newCourt(t, trusting([]*testcert.CA{ca}, testcert.Must(ca.CRL())))
	alice, bob := c.client("alice", ca), c.client("bob", ca)
	alice.settles("before")
	held := alice.stays()
	for range 2 {
		c.change(trusting([]*testcert.CA{ca}, testcert.Must(ca.CRL())))
		held("issued anew", 200)
		alice.settles("issued anew")
		bob.settles("issued anew")
	}
	ca.Revoke(&testcert.Cert{Leaf: testcert.Must(x509.ParseCertificate(bob.cert.Certificate[0]))})
	c.change(trusting([]*testcert.CA{ca}, testcert.Must(ca.CRL())))
	held("somebody else is revoked", 421)
	bob.visits("revoked", 400, false)
	alice.settles("somebody else is revoked")
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

// TestAWorkerOfUnknownAge: the number is that of HAProxy, whatever is known of what it has been through.
func TestAWorkerOfUnknownAge(t *testing.T) {
	a, b := twins()
	c := newCourt(t, trusting([]*testcert.CA{b}))
	for range 2 {
		c.change(trusting([]*testcert.CA{a}))
		c.change(trusting([]*testcert.CA{b}))
	}
	c.worker = live.Loaded(c.worker.Bundle(), c.can)
	bob := c.client("bob", b)
	bob.settles("before")
	held := bob.stays()
	c.change(trusting([]*testcert.CA{a}))
	held("after", 421)
	bob.visits("after", 400, false)
}

// TestAnAuthorityOfAnotherName: HAProxy would go on asking clients for certificates of the old one.
func TestAnAuthorityOfAnotherName(t *testing.T) {
	a, b, other := testcert.Must(testcert.NewCA("a")), testcert.Must(testcert.NewCA("a")), testcert.Must(testcert.NewCA("b"))
	c := newCourt(t, trusting([]*testcert.CA{a}))
	c.change(trusting([]*testcert.CA{b}))
	c.mustReload(trusting([]*testcert.CA{other}), "client CAs or revocation lists")
	c.mustReload(trusting([]*testcert.CA{b, other}), "client CAs or revocation lists")

	config := c.client("bob", b).config(tls.VersionTLS13)
	var asked [][]byte
	config.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked = info.AcceptableCAs
		return &tls.Certificate{}, nil
	}
	conn, err := tls.Dial("tcp", c.options.HTTPS[0].String(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if len(asked) != 1 || !bytes.Equal(asked[0], b.Cert.RawSubject) {
		t.Errorf("clients are asked for certificates of %q", asked)
	}
}

// TestTheAuthorityOfAllOtherHosts: HAProxy 2.6 does not replace it.
func TestTheAuthorityOfAllOtherHosts(t *testing.T) {
	a, b := twins()
	others := func(ca *testcert.CA) string {
		return strings.Replace(trusting([]*testcert.CA{ca}), "  - host: "+trustHost+"\n    http:", "  - http:", 1)
	}
	c := newCourt(t, others(a))
	c.mustReload(others(b), "client CAs or revocation lists")
}

// TestTheAuthorityOfSeveralNames: a wildcard, a name with a certificate of its own, and one that shares its line, on the
// second of two ports.
func TestTheAuthorityOfSeveralNames(t *testing.T) {
	a, b := twins()
	names := func(ca *testcert.CA) string {
		var all strings.Builder
		for _, host := range []string{"'*.wild.test'", "one.test", "two.test"} {
			all.WriteString(strings.Replace(secured(host, "shared", "auth-tls-secret", "a/clients"), "name: '*.wild.test'", "name: wild", 1))
		}
		return trusting([]*testcert.CA{ca}) + all.String() + secret("shared", "one.test,two.test,*.wild.test")
	}
	c := newCourt(t, names(a))
	alice, bob := c.client("alice", a), c.client("bob", b)
	ask := func(v *client, host string) int {
		t.Helper()
		config := v.config(tls.VersionTLS13)
		config.ServerName = host
		conn, err := tls.Dial("tcp", c.options.HTTPS[1].String(), config)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return requestOf(t, conn, host)
	}
	want := func(when string, rightful, other *client) {
		t.Helper()
		for _, host := range []string{trustHost, "x.wild.test", "one.test", "two.test"} {
			if in, out := ask(rightful, host), ask(other, host); in != 200 || out != 400 {
				t.Errorf("%s, %s: %d and %d", when, host, in, out)
			}
		}
	}
	want("before", alice, bob)
	c.change(names(b))
	want("after", bob, alice)
	c.change(names(a))
	want("back", alice, bob)
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

// TestAHostThatDoesNotAsk tells its servers what a connection for another host is worth, unless that has changed.
func TestAHostThatDoesNotAsk(t *testing.T) {
	ca, other := twins()
	bare := ingress("bare.test", "auth-tls-secret", "a/clients", "auth-tls-verify-client", "off")
	c := newCourt(t, trusting([]*testcert.CA{ca})+bare)
	alice := c.client("alice", ca)
	dial := func(session tls.ClientSessionCache) *tls.Conn {
		config := alice.config(tls.VersionTLS13)
		config.ClientSessionCache = session
		conn, err := tls.Dial("tcp", c.options.HTTPS[0].String(), config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	if status := requestOf(t, dial(nil), "bare.test"); status != 200 {
		t.Errorf("before: status %d", status)
	}
	held := dial(nil)
	c.change(trusting([]*testcert.CA{other}) + bare)
	if status := requestOf(t, held, "bare.test"); status != 421 {
		t.Errorf("a connection of before: status %d", status)
	}
	sessions := tls.NewLRUClientSessionCache(4)
	if status := requestOf(t, dial(sessions), "bare.test"); status != 200 {
		t.Errorf("a new connection: status %d", status)
	}
	again := dial(sessions)
	if status := requestOf(t, again, "bare.test"); status != 421 || !again.ConnectionState().DidResume {
		t.Errorf("a session: status %d, resumed %t", status, again.ConnectionState().DidResume)
	}
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
