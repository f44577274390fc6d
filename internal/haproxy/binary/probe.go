package binary

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

// probeTimeout bounds the whole probe; it takes some 50 ms when nothing else runs.
const probeTimeout = 10 * time.Second

const (
	hostA = "a.probe"
	hostB = "b.probe"
)

// Findings are what a probe tells of a binary. The zero value is what is safe to assume.
type Findings struct {
	Isolated  bool              // TLS sessions of one host prove nothing under another
	Abilities runtime.Abilities // what can be changed while it runs
}

// Probe starts the binary for a moment, on sockets in a temporary folder. It tries what it can be told while it runs, and
// then what a hostile tenant would: it makes a TLS 1.3 session on one host with a certificate of that host's CA, and
// resumes it on a host with the same server certificate and a CA of the same name and serial number but another key. It
// is isolated when the second host sees no verified certificate then, with session tickets as well as without.
//
// Releases before 3.2.23, and Debian's 2.6.12 and 3.0.11 in particular, are not isolated (measured). What is not known,
// because of the error, is not among the findings.
func Probe(ctx context.Context, path string) (found Findings, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	dir, err := os.MkdirTemp("", "hawser-probe-")
	if err != nil {
		return found, fmt.Errorf("probe HAProxy: %w", err)
	}
	defer os.RemoveAll(dir)
	client, err := writeProbe(dir)
	if err != nil {
		return found, fmt.Errorf("probe HAProxy: %w", err)
	}
	stop, err := startProbe(ctx, path, dir)
	if err != nil {
		return found, fmt.Errorf("probe HAProxy: %w", err)
	}
	defer stop()
	abilities, err := tryAbilities(ctx, dir)
	if err != nil {
		return found, fmt.Errorf("probe what HAProxy can change: %w", err)
	}
	found.Abilities = abilities
	for _, socket := range []string{ticketSocket, statefulSocket} {
		ok, err := tryResumption(ctx, filepath.Join(dir, socket), client)
		if err != nil {
			return found, fmt.Errorf("probe session resumption: %w", err)
		}
		if !ok {
			return found, nil
		}
	}
	found.Isolated = true
	return found, nil
}

// startProbe runs HAProxy until stop is called. It dies with the thread that started it, so the caller's goroutine
// keeps its thread until then.
func startProbe(ctx context.Context, path, dir string) (stop func(), err error) {
	var log strings.Builder
	cmd := exec.CommandContext(ctx, path, "-db", "-f", filepath.Join(dir, configFile))
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	goruntime.LockOSThread()
	if err := cmd.Start(); err != nil {
		goruntime.UnlockOSThread()
		return nil, err
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	stop = func() {
		cmd.Process.Kill()
		<-exited
		goruntime.UnlockOSThread()
	}
	for {
		conn, err := net.Dial("unix", filepath.Join(dir, statefulSocket))
		if err == nil {
			conn.Close()
			return stop, nil
		}
		select {
		case <-exited:
			stop()
			return nil, fmt.Errorf("%w: %s", ErrNotRun, strings.TrimSpace(log.String()))
		case <-ctx.Done():
			stop()
			return nil, context.Cause(ctx)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// seen is what a host of the probe saw of the client.
type seen struct {
	host     string // the SNI
	used     bool   // a certificate counts
	verified bool   // and it was verified
}

// tryResumption answers whether the second host refuses to count the certificate of the first one's session. The two
// steps before make sure that there is something to refuse.
func tryResumption(ctx context.Context, socket string, cert tls.Certificate) (bool, error) {
	sessions := &anyHost{}
	first, _, err := visit(ctx, socket, hostA, &cert, sessions)
	if err != nil {
		return false, err
	}
	if want := (seen{hostA, true, true}); first != want {
		return false, fmt.Errorf("a good client certificate is seen as %+v", first)
	}
	again, resumed, err := visit(ctx, socket, hostA, nil, sessions)
	if err != nil {
		return false, err
	}
	if !resumed || !again.used || !again.verified {
		return false, fmt.Errorf("a session isn't resumed on its own host: resumed %t, %+v", resumed, again)
	}
	other, _, err := visit(ctx, socket, hostB, nil, sessions)
	if err != nil {
		return false, err
	}
	if other.host != hostB {
		return false, fmt.Errorf("asked for %s, reached %q", hostB, other.host)
	}
	return !other.used && !other.verified, nil
}

// visit makes one request in a TLS 1.3 connection of its own.
func visit(ctx context.Context, socket, host string, cert *tls.Certificate, sessions tls.ClientSessionCache) (seen, bool, error) {
	var d net.Dialer
	raw, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return seen{}, false, err
	}
	defer raw.Close()
	if deadline, ok := ctx.Deadline(); ok {
		raw.SetDeadline(deadline)
	}
	conn := tls.Client(raw, &tls.Config{
		ServerName: host, MinVersion: tls.VersionTLS13, ClientSessionCache: sessions,
		InsecureSkipVerify: true, // the server is the process just started, with a certificate made for it
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if cert != nil {
				return cert, nil
			}
			return &tls.Certificate{}, nil
		},
	})
	if err := conn.HandshakeContext(ctx); err != nil {
		return seen{}, false, fmt.Errorf("handshake with %s: %w", host, err)
	}
	// Close by the server, after the response: the session arrives before it.
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host); err != nil {
		return seen{}, false, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return seen{}, false, fmt.Errorf("response of %s: %w", host, err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return seen{}, false, err
	}
	if resp.StatusCode != http.StatusOK {
		return seen{}, false, fmt.Errorf("status %d of %s", resp.StatusCode, host)
	}
	h := resp.Header
	s := seen{h.Get("X-Sni"), h.Get("X-Used") != "0", h.Get("X-Verify") == "0" && h.Get("X-Used") != "0"}
	return s, conn.ConnectionState().DidResume, nil
}

// anyHost is a session cache that offers the latest session to every host, as no honest client does.
type anyHost struct {
	mu   sync.Mutex // guards last
	last *tls.ClientSessionState
}

func (c *anyHost) Get(string) (*tls.ClientSessionState, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last, c.last != nil
}

func (c *anyHost) Put(_ string, s *tls.ClientSessionState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s != nil {
		c.last = s
	}
}
