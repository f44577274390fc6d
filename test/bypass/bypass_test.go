// Package bypass attacks hosts that need a client certificate: with TLS
// sessions and connections of other hosts, with names that disagree, with odd
// requests and with forged headers. The servers behind protected hosts serve
// nothing else, so that a single request that reaches one of them is a
// success of the attacker, and a failed test. For each kind of attack a control
// shows that the same steps do reach the server with the right certificate.
package bypass

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/test/rig"
)

// The hosts under attack, and those that attackers are entitled to.
const (
	openHost  = rig.PlainHost
	onHost    = "on.test"
	otherHost = "other.test"
	twinHost  = "twin.test"
	crlHost   = "crl.test"
	deepHost  = "deep.test"
	cnHost    = "cn.test"
	optHost   = "opt.test"
	nocaHost  = "noca.test"
	offHost   = "off.test"
	shutHost  = "shut.test"
	httpHost  = "http.test"
)

// protected hosts have rig.ServiceB, all others rig.ServiceA.
func hosts() []rig.Host {
	vault := func(name string, auth rig.Auth) rig.Host {
		return rig.Host{Name: name, Ingresses: []rig.Ingress{{Service: rig.ServiceB, Auth: &auth}}}
	}
	public := func(name string, auth *rig.Auth) rig.Host {
		return rig.Host{Name: name, Ingresses: []rig.Ingress{{Auth: auth}}}
	}
	return []rig.Host{
		public(openHost, nil),
		public(optHost, &rig.Auth{Secret: rig.SecretMain, Verify: "optional"}),
		public(nocaHost, &rig.Auth{Secret: rig.SecretMain, Verify: "optional_no_ca", Pass: "true"}),
		public(offHost, &rig.Auth{Secret: rig.SecretMain, Verify: "off"}),
		vault(onHost, rig.Auth{Secret: rig.SecretMain}),
		vault(otherHost, rig.Auth{Secret: rig.SecretOther}),
		vault(twinHost, rig.Auth{Secret: rig.SecretTwin}),
		vault(crlHost, rig.Auth{Secret: rig.SecretCRL}),
		vault(deepHost, rig.Auth{Secret: rig.SecretMain, Depth: "2"}),
		vault(cnHost, rig.Auth{Secret: rig.SecretMain, MatchCN: "CN=good"}),
		vault("*.wild.test", rig.Auth{Secret: rig.SecretMain}),
		vault(shutHost, rig.Auth{Secret: rig.SecretAbsent}),
		{Name: httpHost, Ingresses: []rig.Ingress{{Service: rig.ServiceB, PlainAllowed: true, Auth: &rig.Auth{Secret: rig.SecretMain}}}},
		{Name: "late.test", Ingresses: []rig.Ingress{
			{Service: rig.ServiceB}, {Path: "/later", Service: rig.ServiceB, Auth: &rig.Auth{Secret: rig.SecretMain}},
		}},
	}
}

// protected are names whose every request needs a certificate.
func protected() []string {
	return []string{onHost, otherHost, twinHost, crlHost, deepHost, cnHost, "a.wild.test", shutHost, "late.test"}
}

func TestMain(m *testing.M) { os.Exit(rig.Main(m)) }

func TestBypass(t *testing.T) {
	pki, err := rig.NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{pki: pki, proxy: rig.Hawser(t, hosts(), pki)}
	l.all(t)
}

// TestBypassBesidePassthrough does the same with a host whose TLS is passed through: then all others are behind another
// frontend.
func TestBypassBesidePassthrough(t *testing.T) {
	pki, err := rig.NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{pki: pki, proxy: rig.HawserPassing(t, hosts(), pki)}
	l.all(t)
}

func (l *lab) all(t *testing.T) {
	t.Run("sessions", l.sessions)
	t.Run("session ids", l.sessionIDs)
	t.Run("connections", l.connections)
	t.Run("names", l.names)
	t.Run("raw requests", l.rawRequests)
	t.Run("paths", l.paths)
	t.Run("plain HTTP", l.plainHTTP)
	t.Run("headers", l.headers)
	t.Run("smuggling", l.smuggling)
	t.Run("raw HTTP/2", l.rawHTTP2)
}

// lab is one running Hawser and the identities that attackers use.
type lab struct {
	pki    *rig.PKI
	proxy  *rig.Proxy
	tokens atomic.Int64
}

func (l *lab) token() string { return rig.Token(int(l.tokens.Add(1))) }

// attack is a number of steps that must not reach a protected server with the
// token; control does the same with every right to it.
type attack struct {
	name string
	run  func(token string)
}

// workers is how many attacks run at once.
const workers = 12

// launch runs the attacks and returns, in their order, what the upstreams saw
// of each. It looks only when all are over, so that nothing arrives later.
func (l *lab) launch(attacks []attack) [][]rig.Seen {
	tokens := make([]string, len(attacks))
	for i := range attacks {
		tokens[i] = l.token()
	}
	indices := make(chan int)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := range indices {
				attacks[i].run(tokens[i])
			}
		})
	}
	for i := range attacks {
		indices <- i
	}
	close(indices)
	wait.Wait()
	time.Sleep(settle)
	seen := make([][]rig.Seen, len(attacks))
	for i, token := range tokens {
		seen[i] = l.proxy.Upstream.Take(token)
	}
	return seen
}

// settle is how long a request may be under way after its client has left.
const settle = 300 * time.Millisecond

// mustFail runs attacks none of which may reach a protected server.
func (l *lab) mustFail(t *testing.T, attacks []attack) {
	t.Helper()
	successes := 0
	for i, seen := range l.launch(attacks) {
		for _, s := range seen {
			if s.Service != rig.ServiceB {
				continue
			}
			if successes++; successes <= shown {
				t.Errorf("BYPASS by %s: the protected server got %s", attacks[i].name, show(s))
			}
		}
	}
	if successes > shown {
		t.Errorf("and %d more", successes-shown)
	}
	t.Logf("%d attacks", len(attacks))
}

// shown is how many successful attacks are printed.
const shown = 20

// mustReach runs controls each of which must reach a protected server.
func (l *lab) mustReach(t *testing.T, controls []attack) {
	t.Helper()
	for i, seen := range l.launch(controls) {
		reached := false
		for _, s := range seen {
			reached = reached || s.Service == rig.ServiceB
		}
		if !reached {
			t.Errorf("control %s doesn't reach the protected server: its attack can't fail", controls[i].name)
		}
	}
	t.Logf("%d controls", len(controls))
}

func show(s rig.Seen) string {
	return fmt.Sprintf("%s %s of %s: %.400q", s.Method, s.Target, strings.Join(s.Host, " AND "), strings.Join(s.Header, ", "))
}

// marked is a request with a token.
func marked(host, token string) rig.Request {
	return rig.Request{Target: "/" + token, Host: host}
}

// send opens a connection, sends one request and closes.
func (l *lab) send(d rig.Dialing, r rig.Request) rig.Answer {
	conn, err := l.proxy.Dial(d)
	if err != nil {
		return rig.Answer{Failure: rig.Reason(err)}
	}
	defer conn.Close()
	return conn.Do(r)
}
