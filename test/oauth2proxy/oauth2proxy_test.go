// Package oauth2proxy lets a browser sign in through a real oauth2-proxy behind Hawser, with the annotations that its
// manual gives for ingress-nginx. It is a module of its own, because oauth2-proxy brings many others.
package oauth2proxy

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const manifests = `
apiVersion: v1
kind: Service
metadata: {name: app}
spec: {ports: [{name: http, port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: app-1, labels: {kubernetes.io/service-name: app}}
addressType: IPv4
ports: [{name: http, port: APP}]
endpoints: [{addresses: [127.0.0.1]}]
---
apiVersion: v1
kind: Service
metadata: {name: oauth2-proxy}
spec: {ports: [{name: http, port: 4180}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: oauth2-proxy-1, labels: {kubernetes.io/service-name: oauth2-proxy}}
addressType: IPv4
ports: [{name: http, port: PROXY}]
endpoints: [{addresses: [127.0.0.1]}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: app
  annotations:
    nginx.ingress.kubernetes.io/auth-url: http://oauth2-proxy.default.svc.cluster.local:4180/oauth2/auth
    nginx.ingress.kubernetes.io/auth-signin: http://$host/oauth2/start?rd=$escaped_request_uri
    nginx.ingress.kubernetes.io/auth-response-headers: X-Auth-Request-User, X-Auth-Request-Email
spec:
  ingressClassName: nginx
  rules:
  - host: app.test
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: app, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: oauth2-proxy}
spec:
  ingressClassName: nginx
  rules:
  - host: app.test
    http:
      paths:
      - {path: /oauth2, pathType: Prefix, backend: {service: {name: oauth2-proxy, port: {number: 4180}}}}
`

func TestSignIn(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s by %s", r.Method, r.RequestURI, r.Header.Get("X-Auth-Request-Email"))
	}))
	defer app.Close()
	identity := newIssuer(t)
	proxy, hawser := free(t), free(t)
	dir, err := os.MkdirTemp("", "oauth2") // a short path, for sockets
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	start(t, build(t, dir, ".", "github.com/oauth2-proxy/oauth2-proxy/v7"), "--http-address=127.0.0.1:"+proxy, "--provider=oidc", "--oidc-issuer-url="+identity.URL,
		"--skip-oidc-discovery", "--login-url="+identity.URL+"/login", "--redeem-url="+identity.URL+"/token", "--oidc-jwks-url="+identity.URL+"/keys",
		"--client-id=client", "--client-secret=secret", "--cookie-secret="+strings.Repeat("k", 32), "--cookie-secure=false", "--email-domain=*",
		"--reverse-proxy", "--set-xauthrequest", "--skip-provider-button", "--upstream=static://202", "--redirect-url=http://app.test/oauth2/callback")
	file := filepath.Join(dir, "site.yaml")
	text := strings.NewReplacer("APP", port(app.Listener.Addr().String()), "PROXY", proxy).Replace(manifests)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	haproxy := "haproxy"
	if given := os.Getenv("HAWSER_HAPROXY"); given != "" {
		haproxy = given
	}
	start(t, build(t, dir, "../..", "./cmd/hawser"), "run", "--manifests", file, "--bind-address", "127.0.0.1", "--http-port", hawser,
		"--https-port", free(t), "--state-dir", filepath.Join(dir, "state"), "--haproxy", haproxy)
	browser := newBrowser(t, hawser)
	await(t, func() bool {
		return browser.get("http://app.test/oauth2/auth").status == 401 && browser.get("http://app.test/").status == 302
	})

	spoofed := browser.get("http://app.test/private?q=1", "X-Auth-Request-Email", "root@app.test")
	if want := "http://app.test/oauth2/start?rd=%2Fprivate%3Fq%3D1"; spoofed.status != 302 || spoofed.location != want {
		t.Fatalf("without a session: %+v, wanted is 302 to %s", spoofed, want)
	}
	page := spoofed
	for hops := 0; page.status == 302 && hops < 8; hops++ {
		page = browser.get(page.location)
	}
	if page.status != 200 || page.body != "GET /private?q=1 by alice@app.test" {
		t.Errorf("after signing in: %+v", page)
	}
	if again := browser.get("http://app.test/more", "X-Auth-Request-Email", "root@app.test"); again.body != "GET /more by alice@app.test" {
		t.Errorf("with a session: %+v", again)
	}
	if out := browser.get("http://app.test/oauth2/sign_out"); out.status != 302 {
		t.Errorf("signing out: %+v", out)
	}
	if gone := browser.get("http://app.test/more"); gone.status != 302 {
		t.Errorf("after signing out: %+v", gone)
	}
}

// issuer is an OpenID Connect provider that takes everybody for alice.
type issuer struct {
	*httptest.Server
	key *rsa.PrivateKey
}

func newIssuer(t *testing.T) *issuer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		q := url.Values{"code": {r.FormValue("nonce") + "."}, "state": {r.FormValue("state")}}
		http.Redirect(w, r, r.FormValue("redirect_uri")+"?"+q.Encode(), http.StatusFound)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{
			"access_token": "a", "token_type": "Bearer", "expires_in": 3600, "id_token": i.token(strings.TrimSuffix(r.FormValue("code"), ".")),
		})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) token(nonce string) string {
	now := time.Now().Unix()
	head, _ := json.Marshal(map[string]string{"alg": "RS256", "kid": "1", "typ": "JWT"})
	claims, _ := json.Marshal(map[string]any{
		"iss": i.URL, "aud": "client", "sub": "alice", "email": "alice@app.test", "email_verified": true, "iat": now, "exp": now + 3600, "nonce": nonce,
	})
	signed := encode(head) + "." + encode(claims)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	if err != nil {
		return ""
	}
	return signed + "." + encode(signature)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// browser keeps cookies, and finds every host of a name at Hawser.
type browser struct {
	t      *testing.T
	client *http.Client
}

type page struct {
	status         int
	location, body string
}

func newBrowser(t *testing.T, hawser string) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		if host, _, _ := net.SplitHostPort(address); net.ParseIP(host) == nil {
			address = "127.0.0.1:" + hawser
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	return &browser{t, &http.Client{
		Jar: jar, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *browser) get(address string, header ...string) page {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	answer, err := b.client.Do(r)
	if err != nil {
		return page{}
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	out := page{status: answer.StatusCode, body: string(body)}
	if to, err := answer.Location(); err == nil {
		out.location = to.String()
	}
	return out
}

// build makes a program of a package, in the module of a folder.
func build(t *testing.T, dir, module, pkg string) string {
	path := filepath.Join(dir, filepath.Base(strings.TrimSuffix(pkg, "/v7")))
	c := exec.Command("go", "build", "-o", path, pkg)
	c.Dir = module
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", pkg, err, out)
	}
	return path
}

// start runs a program until the test ends.
func start(t *testing.T, program string, args ...string) {
	log := &bytes.Buffer{}
	c := exec.Command(program, args...)
	c.Stdout, c.Stderr = log, log
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		_ = c.Wait()
		if t.Failed() {
			t.Logf("%s says:\n%s", filepath.Base(program), log)
		}
	})
}

func await(t *testing.T, ok func() bool) {
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it is not served")
		}
	}
}

func free(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return port(l.Addr().String())
}

func port(address string) string {
	_, p, _ := net.SplitHostPort(address)
	return p
}
