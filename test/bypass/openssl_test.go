package bypass

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/test/rig"
)

// openssl is a client that Go's can't stand in for: it resumes by session id,
// and sends any server name.
type openssl struct {
	addr, dir string
}

// speak runs s_client with one request; session files are kept in dir. Without a file there is none to resume: HAProxy
// that asks for certificates keeps no sessions, and gives none a number.
func (o openssl) speak(token string, client *rig.Client, host string, options ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	argv := append([]string{"s_client", "-connect", o.addr, "-quiet"}, options...)
	if at := slices.Index(argv, "-sess_in"); at >= 0 {
		if _, err := os.Stat(argv[at+1]); err != nil {
			argv = slices.Delete(argv, at, at+2)
		}
	}
	if client != nil && client.Certificate != nil {
		argv = append(argv, "-cert", filepath.Join(o.dir, client.Name+".crt"), "-key", filepath.Join(o.dir, client.Name+".key"))
	}
	cmd := exec.CommandContext(ctx, "openssl", argv...)
	cmd.Stdin = strings.NewReader(fmt.Sprintf("GET /%s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", token, host))
	return cmd.Run()
}

// keep writes the client's certificate where speak finds it.
func (o openssl) keep(t *testing.T, client *rig.Client) {
	t.Helper()
	if client.Certificate == nil {
		return
	}
	cert, key, err := client.PEM()
	if err != nil {
		t.Fatal(err)
	}
	for suffix, content := range map[string][]byte{".crt": cert, ".key": key} {
		if err := os.WriteFile(filepath.Join(o.dir, client.Name+suffix), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// sessionIDs is sessions for TLS 1.2 without tickets, where the server keeps
// the session, and for tickets of another client than Go's.
func (l *lab) sessionIDs(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Fatalf("this attack needs the openssl program: %v", err)
	}
	o := openssl{addr: l.proxy.TLSAddr, dir: t.TempDir()}
	pairs := []struct {
		from origin
		to   string
	}{
		{origin{onHost, "good"}, otherHost}, {origin{otherHost, "other-ca"}, onHost}, {origin{twinHost, "twin-ca"}, onHost},
		{origin{onHost, "revoked"}, crlHost}, {origin{nocaHost, "self-signed"}, onHost}, {origin{optHost, "expired"}, onHost},
		{origin{deepHost, "int2"}, onHost}, {origin{openHost, "none"}, onHost}, {origin{onHost, "cn-mallory"}, cnHost},
	}
	kinds := [][]string{{"-tls1_2", "-no_ticket"}, {"-tls1_2"}, {"-tls1_3"}}
	var attacks, controls []attack
	for n, p := range pairs {
		client := l.pki.Client(p.from.client)
		o.keep(t, client)
		for k, kind := range kinds {
			for s, sni := range []string{p.to, p.from.host} {
				file := filepath.Join(o.dir, fmt.Sprintf("session-%d-%d-%d", n, k, s))
				name := fmt.Sprintf("openssl %v, session of %s with %s, sni %s for %s", kind, p.from.host, client.Name, sni, p.to)
				attacks = append(attacks, attack{name, func(token string) {
					o.speak("first", client, p.from.host, append(kind, "-servername", p.from.host, "-sess_out", file)...)
					o.speak(token, nil, p.to, append(kind, "-servername", sni, "-sess_in", file)...)
				}})
			}
		}
	}
	good := l.pki.Client("good")
	o.keep(t, good)
	for k, kind := range kinds {
		file := filepath.Join(o.dir, fmt.Sprintf("control-%d", k))
		controls = append(controls, attack{fmt.Sprintf("openssl %v", kind), func(token string) {
			o.speak("first", good, onHost, append(kind, "-servername", onHost, "-sess_out", file)...)
			o.speak(token, good, onHost, append(kind, "-servername", onHost, "-sess_in", file)...)
		}})
	}
	// Names that Go's client doesn't send.
	for _, sni := range []string{onHost + ".", "ON.TEST", "on.test..", ".on.test", "*.wild.test", "on.test:443", "_"} {
		for _, client := range []*rig.Client{l.pki.Client("none"), l.pki.Client("other-ca")} {
			o.keep(t, client)
			attacks = append(attacks, attack{fmt.Sprintf("openssl with sni %q and %s", sni, client.Name), func(token string) {
				o.speak(token, client, onHost, "-servername", sni)
			}})
		}
	}
	l.mustFail(t, attacks)
	l.mustReach(t, controls)
}
