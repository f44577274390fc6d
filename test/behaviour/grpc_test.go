package behaviour

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/testcert"
)

// streamServer answers each line of a request with its name and that line, over HTTP/2 alone, and ends with a trailer.
func streamServer(t *testing.T, name string, secured bool) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(!secured)
	protocols.SetHTTP2(secured)
	server := &http.Server{Protocols: &protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			fmt.Fprintf(w, "%s %s\n", name, lines.Text())
			_ = http.NewResponseController(w).Flush()
		}
		w.Header().Set("Grpc-Status", "0")
	})}
	if secured {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{testcert.Must(testcert.SelfSigned(name)).TLS()}}
		go func() { _ = server.ServeTLS(l, "", "") }()
	} else {
		go func() { _ = server.Serve(l) }()
	}
	t.Cleanup(func() { server.Close() })
	return l.Addr().String()
}

// dialogue is a stream in both directions.
type dialogue struct {
	t      *testing.T
	write  *io.PipeWriter
	answer *http.Response
	lines  *bufio.Reader
}

func openDialogue(t *testing.T, client *http.Client, url string) *dialogue {
	t.Helper()
	body, write := io.Pipe()
	request, err := http.NewRequest(http.MethodPost, url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	answer, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return &dialogue{t, write, answer, bufio.NewReader(answer.Body)}
}

func (d *dialogue) say(text, want string) {
	d.t.Helper()
	fmt.Fprintf(d.write, "%s\n", text)
	if got, err := d.lines.ReadString('\n'); err != nil || got != want+" "+text+"\n" {
		d.t.Fatalf("%s is answered by %q, %v", text, got, err)
	}
}

// TestGRPCStreams: a stream lives on while endpoints change and the configuration is reloaded, and ends with its trailer.
func TestGRPCStreams(t *testing.T) {
	t.Parallel()
	for protocol, secured := range map[string]bool{"GRPC": false, "GRPCS": true} {
		t.Run(protocol, func(t *testing.T) {
			one, two := streamServer(t, "one", secured), streamServer(t, "two", secured)
			ingress := Ingress("web", "web.test", "app", []string{"backend-protocol: " + protocol})
			other := Backend("other", Echo(t, "other")) + Ingress("other", "other.test", "other", nil)
			s := Start(t, other+ingress+Backend("app", one), "http://other.test/", "--reload-interval", "10ms")
			client := s.Client()
			client.Timeout = time.Minute
			transport := client.Transport.(*http.Transport)
			transport.TLSClientConfig, transport.ForceAttemptHTTP2 = &tls.Config{InsecureSkipVerify: true}, true
			defer transport.CloseIdleConnections()
			old := openDialogue(t, client, "https://web.test/service/method")
			old.say("hello", "one")

			s.Write(other + ingress + Backend("app", two))
			s.Await(func() bool {
				d := openDialogue(t, client, "https://web.test/service/method")
				defer d.write.Close()
				fmt.Fprintln(d.write, "who")
				line, _ := d.lines.ReadString('\n')
				return line == "two who\n"
			})
			old.say("after other endpoints", "one")

			loaded := strings.Count(s.Log(), "Configuration is live")
			s.Write(other + ingress + Backend("app", two) + Ingress("closed", "closed.test", "other", []string{"auth-tls-secret: default/absent"}))
			s.Await(func() bool { return strings.Count(s.Log(), "Configuration is live") > loaded })
			old.say("after a reload", "one")
			fresh := openDialogue(t, client, "https://web.test/service/method")
			fresh.say("hello", "two")
			for _, d := range []*dialogue{old, fresh} {
				d.write.Close()
				if _, err := io.Copy(io.Discard, d.lines); err != nil || d.answer.Trailer.Get("Grpc-Status") != "0" {
					t.Errorf("the stream ends with %v, %v", d.answer.Trailer, err)
				}
			}
		})
	}
}
