package behaviour

import (
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// handshake connects by TLS for a host and ends the connection.
func handshake(s *Site, config *tls.Config) (tls.ConnectionState, error) {
	config.InsecureSkipVerify = true
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: 5 * time.Second}, Config: config}
	conn, err := dialer.Dial("tcp", s.HTTPS)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState(), nil
}

func TestTLSSettings(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+
		Ingress("web", "shop.test", "app", nil)+
		Ingress("own", "own.test", "app", []string{"ssl-ciphers: ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"})+
		settings("ssl-protocols: TLSv1.2", "ssl-ciphers: ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
			"ssl-ecdh-curve: P-384:P-521", `ssl-reject-handshake: "true"`, `use-http2: "false"`),
		"http://shop.test/", "--configmap", "default/settings")
	state, err := handshake(s, &tls.Config{ServerName: "shop.test", NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	if state.Version != tls.VersionTLS12 || state.NegotiatedProtocol != "http/1.1" || !strings.Contains(tls.CipherSuiteName(state.CipherSuite), "AES_128_GCM") {
		t.Errorf("%s, %q, %s", tls.VersionName(state.Version), state.NegotiatedProtocol, tls.CipherSuiteName(state.CipherSuite))
	}
	if state, err = handshake(s, &tls.Config{ServerName: "own.test"}); err != nil || !strings.Contains(tls.CipherSuiteName(state.CipherSuite), "AES_256_GCM") {
		t.Errorf("a host with ciphers of its own: %s, %v", tls.CipherSuiteName(state.CipherSuite), err)
	}
	if _, err = handshake(s, &tls.Config{ServerName: "shop.test", MinVersion: tls.VersionTLS13}); err == nil {
		t.Error("TLS 1.3 is spoken")
	}
	if _, err = handshake(s, &tls.Config{ServerName: "shop.test", CurvePreferences: []tls.CurveID{tls.CurveP256, tls.X25519}}); err == nil {
		t.Error("keys are exchanged on a curve that is not asked for")
	}
	if _, err = handshake(s, &tls.Config{ServerName: "unknown.test"}); err == nil {
		t.Error("a name that nobody has gets a certificate")
	}
}

// TestUnservedKeys: what protects a route and can't be served closes it; every other known key is told from a mistake.
func TestUnservedKeys(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+
		Ingress("web", "shop.test", "app", []string{`enable-opentelemetry: "true"`})+
		Ingress("firewall", "firewall.test", "app", []string{`enable-modsecurity: "true"`})+
		settings("lua-shared-dicts: \"a: 5\""), "http://shop.test/", "--configmap", "default/settings")
	client := s.Client()
	if got := status(t, client, "http://firewall.test/"); got != http.StatusServiceUnavailable {
		t.Errorf("a route without its firewall is answered by %d", got)
	}
	if got := status(t, client, "http://shop.test/"); got != http.StatusOK {
		t.Errorf("a route without traces is answered by %d", got)
	}
	for _, part := range []string{"enable-opentelemetry", "lua-shared-dicts"} {
		told := ""
		for line := range strings.Lines(s.Log()) {
			if strings.Contains(line, part) {
				told += line
			}
		}
		if !strings.Contains(told, "not served") {
			t.Errorf("%s: the log says %q", part, told)
		}
	}
}

// TestWhatAnnotationsMayName: Secrets of other namespaces are for those to whom the operator gives them.
func TestWhatAnnotationsMayName(t *testing.T) {
	t.Parallel()
	secret := "---\napiVersion: v1\nkind: Secret\nmetadata: {name: users, namespace: other}\nstringData: {auth: \"ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\"}\n" // password
	manifests := Backend("app", Echo(t, "app")) + secret + Ingress("plain", "plain.test", "app", nil) +
		Ingress("web", "shop.test", "app", []string{"auth-type: basic", "auth-secret: other/users"})
	s := Start(t, manifests+settings(`allow-cross-namespace-resources: "true"`), "http://plain.test/", "--configmap", "default/settings")
	client := s.Client()
	if got := status(t, client, "http://shop.test/"); got != http.StatusUnauthorized {
		t.Errorf("without a password: %d", got)
	}
	if got := status(t, client, "http://shop.test/", "Authorization: Basic YW5uOnBhc3N3b3Jk"); got != http.StatusOK {
		t.Errorf("with the password: %d", got)
	}
	s.Write(manifests + settings(`allow-cross-namespace-resources: "false"`))
	s.Await(func() bool {
		return status(t, client, "http://shop.test/", "Authorization: Basic YW5uOnBhc3N3b3Jk") == http.StatusServiceUnavailable
	})
}

// TestBuffers: nothing is kept that these could be the size of, but what they say is read.
func TestBuffers(t *testing.T) {
	t.Parallel()
	keys := []string{"client-body-buffer-size", "proxy-request-buffering", "proxy-buffering", "proxy-buffer-size", "proxy-buffers-number",
		"proxy-busy-buffers-size", "proxy-max-temp-file-size"}
	var odd []string
	for _, key := range keys {
		odd = append(odd, key+": many")
	}
	s := Start(t, Backend("app", Echo(t, "app"))+Ingress("web", "shop.test", "app", odd), "http://shop.test/")
	for _, key := range keys {
		if !strings.Contains(s.Log(), "/"+key+": The value is ignored") {
			t.Errorf("nothing is said of the value of %s:\n%s", key, s.Log())
		}
	}
}

// TestConnectionsOfClients: a connection ends after its requests, and headers have the room that is asked for.
func TestConnectionsOfClients(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+
		Ingress("web", "shop.test", "app", []string{"rewrite-target: /inside"})+
		settings(`keep-alive-requests: "3"`, "large-client-header-buffers: 4 16k", `proxy-add-original-uri-header: "true"`),
		"http://shop.test/", "--configmap", "default/settings")
	client := s.Client()
	for i := range 3 {
		answer, seen := request(t, client, "http://shop.test/a?b")
		if answer.Close != (i == 2) {
			t.Errorf("request %d of a connection: it is closed: %v", i+1, answer.Close)
		}
		if seen.URI != "/inside?b" || seen.Header("X-Original-URI") != "/a?b" {
			t.Errorf("the server gets %s with X-Original-URI: %q", seen.URI, seen.Header("X-Original-URI"))
		}
	}
	if got := status(t, client, "http://shop.test/", "X-Large: "+strings.Repeat("a", 50<<10)); got != http.StatusOK {
		t.Errorf("a header of 50 KiB is answered by %d", got)
	}
	secure := s.Client()
	secure.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	secure.Transport.(*http.Transport).ForceAttemptHTTP2 = true
	for range 7 { // a connection of HTTP/2 is replaced without a request that fails
		if answer, _ := request(t, secure, "https://shop.test/"); answer.StatusCode != http.StatusOK || answer.ProtoMajor != 2 {
			t.Errorf("%s %s", answer.Proto, answer.Status)
		}
	}
}

// TestStreamSettings: a connection that is silent ends, and nothing is written of it.
func TestStreamSettings(t *testing.T) {
	t.Parallel()
	port := freePorts(t, 1)[0]
	s := Start(t, Backend("app", Echo(t, "app"))+Backend("db", lineServer(t, "db"))+Ingress("web", "shop.test", "app", nil)+
		"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: tcp}\ndata: {\""+port+"\": \"default/db:80\"}\n"+
		settings("proxy-stream-timeout: 1s", `disable-stream-access-log: "true"`),
		"http://shop.test/", "--configmap", "default/settings", "--tcp-services-configmap", "default/tcp")
	expectLine(t, s, port, "hello\n", "db hello")
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	start := time.Now()
	if _, err := conn.Read(make([]byte, 1)); err == nil || time.Since(start) > 8*time.Second {
		t.Errorf("a silent connection is there after %s: %v", time.Since(start), err)
	}
	status(t, s.Client(), "http://shop.test/last-line")
	s.Await(func() bool { return strings.Contains(s.Log(), "/last-line") })
	if strings.Contains(s.Log(), "tcp:"+port) {
		t.Errorf("connections are logged:\n%s", s.Log())
	}
}

// TestSameForAll: what another value would do is told.
func TestSameForAll(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+
		Ingress("web", "shop.test", "app", []string{"http2-push-preload: maybe", `ssl-prefer-server-ciphers: "false"`, `proxy-http-version: "1.0"`})+
		Ingress("asks", "asks.test", "app", []string{"auth-url: http://127.0.0.1:1/", "auth-keepalive-share-vars: maybe"})+
		settings(`server-tokens: "true"`, "client-header-buffer-size: many", "grpc-buffer-size-kb: many", `http2-max-requests: "5"`, `ssl-session-tickets: "false"`),
		"http://shop.test/", "--configmap", "default/settings")
	answer, _ := request(t, s.Client(), "http://unknown.test/")
	if got := answer.Header.Get("Server"); got != "" {
		t.Errorf("Server: %q", got)
	}
	for _, want := range []string{"auth-keepalive-share-vars: ", "http2-push-preload: The value is ignored", "ssl-prefer-server-ciphers: The order", "proxy-http-version: Servers are asked",
		"server-tokens: Answers never", "client-header-buffer-size: The value is ignored", "grpc-buffer-size-kb: The value is ignored", "ssl-session-tickets: Clients get"} {
		if !strings.Contains(s.Log(), want) {
			t.Errorf("the log lacks %q", want)
		}
	}
	if strings.Contains(s.Log(), "http2-max-requests") {
		t.Error("a key that does nothing in ingress-nginx either is reported")
	}
}
