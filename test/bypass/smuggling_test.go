package bypass

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/test/rig"
)

// framings are heads of requests whose length two parsers may see differently.
// %d is the length of what follows the head.
func framings() []string {
	const start = "POST / HTTP/1.1\r\nHost: plain.test\r\n"
	var all []string
	for _, encoding := range []string{
		"Transfer-Encoding: chunked", "Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: identity, chunked",
		"Transfer-Encoding: identity", "Transfer-Encoding:\tchunked", "Transfer-Encoding: Chunked", "Transfer-Encoding : chunked", "Transfer_Encoding: chunked",
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: x", "Transfer-Encoding: x\r\nTransfer-Encoding: chunked", "Transfer-Encoding:\x0bchunked",
		"Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked;x=y", "X: y\nTransfer-Encoding: chunked", "Transfer-Encoding:\r\n chunked", "TE: chunked",
	} {
		all = append(all, start+encoding+"\r\nContent-Length: %d\r\n\r\n0\r\n\r\n", start+"Content-Length: 5\r\n"+encoding+"\r\n\r\n0\r\n\r\n", start+encoding+"\r\n\r\n0\r\n\r\n")
	}
	for _, length := range []string{
		"Content-Length: 0\r\nContent-Length: %d", "Content-Length: %d\r\nContent-Length: 0", "Content-Length: 0, %d", "Content-Length: +%d", "Content-Length: 0x%x",
		"Content-Length: -1", "Content-Length: %d, %[1]d", "Content_Length: %d", "Content-Length : %d", "Content-Length: 0 %d", "Content-Length:\r\n %d", "Content-Length: 0%d",
		"Content-Length: 18446744073709551616", "Content-Length:", "Content-Length: 0\r\nExpect: 100-continue", "X: y\rContent-Length: %d",
	} {
		all = append(all, start+length+"\r\n\r\n")
	}
	for _, chunks := range []string{"0;x\n\r\n", "0\n\n", "0\r\nX: y\r\n\r\n", "00000000000000000000\r\n\r\n", "0x0\r\n\r\n", "-1\r\n\r\n", "1\r\nab\r\n0\r\n\r\n", "1;\na\r\n0\r\n\r\n", "0\r\n\n", " 0\r\n\r\n", "FFFFFFFFFFFFFFFF0\r\n\r\n"} {
		all = append(all, start+"Transfer-Encoding: chunked\r\n\r\n"+chunks)
	}
	return all
}

// smuggling hides a request to a protected host in the body of another one. It
// succeeds if any server takes the hidden request for one of its own.
func (l *lab) smuggling(t *testing.T) {
	var attacks []attack
	for _, framing := range framings() {
		for _, a := range l.approaches() {
			attacks = append(attacks, attack{fmt.Sprintf("%s, %q", a.name, framing), func(token string) {
				hidden := fmt.Sprintf("GET /%s HTTP/1.1\r\nHost: on.test\r\nssl-client-verify: SUCCESS\r\n\r\n", token)
				head := framing
				if strings.Contains(framing, "%") {
					_, body, _ := strings.Cut(framing, "\r\n\r\n")
					head = fmt.Sprintf(framing, len(body)+len(hidden))
				}
				l.raw(a.dial, head+hidden)
			}})
		}
	}
	for i, seen := range l.launch(attacks) {
		for _, s := range seen {
			if strings.Contains(s.Target, "token") {
				t.Errorf("SMUGGLED by %s: server %s got %s", attacks[i].name, s.Service, show(s))
			}
		}
	}
	t.Logf("%d attacks", len(attacks))
	l.mustReach(t, []attack{{"a second request on the same connection", func(token string) {
		first := "POST / HTTP/1.1\r\nHost: on.test\r\nContent-Length: 1\r\n\r\nx"
		l.raw(rig.Dialing{SNI: onHost, Client: l.pki.Client("good")}, first+fmt.Sprintf("GET /%s HTTP/1.1\r\nHost: on.test\r\n\r\n", token))
	}}})
}

// h2Forms are field lists that become something else as HTTP/1.1. %s is the token.
func h2Forms() [][][2]string {
	hidden := " HTTP/1.1\r\nHost: on.test\r\n\r\nGET /%s HTTP/1.1\r\nHost: on.test\r\n\r\n"
	base := func(authority, path string, more ...[2]string) [][2]string {
		return append([][2]string{{":method", "GET"}, {":scheme", "https"}, {":authority", authority}, {":path", path}}, more...)
	}
	return [][][2]string{
		base("on.test", "/%s"),
		base("plain.test", "/%s", [2]string{"host", "on.test"}),
		base("on.test", "/%s", [2]string{"host", "plain.test"}),
		base("plain.test", "/%s", [2]string{"Host", "on.test"}),
		base("plain.test", "/%s", [2]string{":authority", "on.test"}),
		base("plain.test\r\nHost: on.test", "/%s"),
		base("plain.test on.test", "/%s"),
		base("plain.test, on.test", "/%s"),
		base("plain.test@on.test", "/%s"),
		base("on.test@plain.test", "/%s"),
		base("https://on.test", "/%s"),
		base("plain.test", "https://on.test/%s"),
		base("plain.test", "//on.test/%s"),
		base("plain.test", "/x"+hidden),
		base("plain.test", "/%s HTTP/1.1\r\nHost: on.test\r\nX: y"),
		base("plain.test", "/x", [2]string{"x", "y\r\nHost: on.test\r\n\r\nGET /%s HTTP/1.1\r\nHost: on.test\r\n"}),
		base("plain.test", "/x", [2]string{"x\r\nhost: on.test\r\n\r\nGET /%s HTTP/1.1\r\nhost", "on.test"}),
		base("plain.test", "/x", [2]string{"x: y\r\nhost", "on.test/%s"}),
		base("plain.test", "/%s", [2]string{"connection", "upgrade"}, [2]string{"upgrade", "h2c"}),
		base("on.test", "/%s", [2]string{"connection", "ssl-client-verify"}),
		{{":method", "GET"}, {":scheme", "https"}, {":path", "/%s"}, {"host", "on.test"}},
		{{":method", "GET"}, {":scheme", "https"}, {":path", "/%s"}, {"host", "plain.test"}, {"host", "on.test"}},
		{{":method", "GET"}, {":scheme", "https"}, {":path", "/%s"}, {"host", "on.test"}, {":authority", "plain.test"}},
		{{":method", "GET / HTTP/1.1\r\nHost: on.test\r\n\r\nGET"}, {":scheme", "https"}, {":authority", "plain.test"}, {":path", "/%s"}},
		{{":method", "GET"}, {":scheme", "https://on.test/%s?"}, {":authority", "plain.test"}, {":path", "/x"}},
		{{":method", "GET"}, {":scheme", "http"}, {":authority", "on.test"}, {":path", "/%s"}},
		{{":method", "CONNECT"}, {":authority", "on.test:443"}, {"x", "%s"}},
		{{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"}, {":authority", "on.test"}, {":path", "/%s"}},
		{{":method", "POST"}, {":scheme", "https"}, {":authority", "plain.test"}, {":path", "/x"}, {"transfer-encoding", "chunked"}, {"body", hidden}},
		{{":method", "POST"}, {":scheme", "https"}, {":authority", "plain.test"}, {":path", "/x"}, {"content-length", "0"}, {"body", hidden}},
		{{":method", "POST"}, {":scheme", "https"}, {":authority", "plain.test"}, {":path", "/x"}, {"content-length", "1"}, {"content-length", "99"}, {"body", hidden}},
	}
}

func (l *lab) rawHTTP2(t *testing.T) {
	var attacks []attack
	for _, form := range h2Forms() {
		for _, a := range l.approaches() {
			if a.dial.Plain {
				continue
			}
			attacks = append(attacks, attack{fmt.Sprintf("%s, %q", a.name, form), func(token string) { l.fields(a.dial, form, token) }})
		}
	}
	for i, seen := range l.launch(attacks) {
		for _, s := range seen {
			if s.Service == rig.ServiceB || strings.Contains(s.Target, "token") && strings.Contains(strings.Join(s.Host, ","), "on.test") {
				t.Errorf("BYPASS by %s: server %s got %s", attacks[i].name, s.Service, show(s))
			}
		}
	}
	t.Logf("%d attacks", len(attacks))
	right := rig.Dialing{SNI: onHost, Client: l.pki.Client("good")}
	l.mustReach(t, []attack{
		{"an ordinary request", func(token string) { l.fields(right, h2Forms()[0], token) }},
		{"host instead of :authority", func(token string) {
			l.fields(right, [][2]string{{":method", "GET"}, {":scheme", "https"}, {":path", "/%s"}, {"host", onHost}}, token)
		}},
	})
}

// fields sends a form; a field named body is the body.
func (l *lab) fields(d rig.Dialing, form [][2]string, token string) {
	d.H2 = true
	conn, err := l.proxy.Dial(d)
	if err != nil {
		return
	}
	defer conn.Close()
	var fields [][2]string
	body := ""
	for _, f := range form {
		name, value := strings.ReplaceAll(f[0], "%s", token), strings.ReplaceAll(f[1], "%s", token)
		if name == "body" {
			body = value
			continue
		}
		fields = append(fields, [2]string{name, value})
	}
	conn.Fields(fields, body)
}
