package behaviour

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
)

// unmeasured sends a body without its length and returns the status, 0 if there is no answer.
func unmeasured(t *testing.T, s *Site, method, url string, size int) int {
	t.Helper()
	request, err := http.NewRequest(method, url, io.MultiReader(strings.NewReader(strings.Repeat("x", size))))
	if err != nil {
		t.Fatal(err)
	}
	client := s.Client()
	defer client.CloseIdleConnections()
	answer, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// TestBodiesWithoutLength are counted where a limit is asked for, to the byte.
func TestBodiesWithoutLength(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+
		Ingress("small", "small.test", "app", []string{`proxy-body-size: "10"`})+
		Ingress("large", "large.test", "app", []string{`proxy-body-size: "300k"`})+
		Ingress("any", "any.test", "app", []string{`proxy-body-size: "0"`}), "http://small.test/")
	const large = 300 << 10
	for name, test := range map[string]struct {
		method, url string
		size, want  int
	}{
		"as long as it may":    {"POST", "http://small.test/", 10, 200},
		"a byte more":          {"POST", "http://small.test/", 11, 413},
		"large":                {"POST", "http://large.test/", large, 200},
		"large and a byte":     {"POST", "http://large.test/", large + 1, 413},
		"much more":            {"PUT", "http://large.test/", 10 * large, 413},
		"of GET":               {"GET", "http://small.test/", 11, 413},
		"without a limit":      {"POST", "http://any.test/", 2 << 20, 200},
		"none, over and over":  {"POST", "http://small.test/", 0, 200},
		"after one without it": {"POST", "http://small.test/", 9, 200},
	} {
		got := unmeasured(t, s, test.method, test.url, test.size)
		// HAProxy does not wait for the rest: a client that still sends it may find the connection gone before the answer.
		if cut := got == 0 && test.want == 413 && test.size > large+1; got != test.want && !cut {
			t.Errorf("%s: status %d, want %d", name, got, test.want)
		}
	}
	if got, _ := wire(s, "POST / HTTP/1.1\r\nHost: small.test\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n"); got != 400 {
		t.Errorf("chunks that are none: %d", got)
	}
}

// TestBodiesOfHTTP2 have no length more often than not.
func TestBodiesOfHTTP2(t *testing.T) {
	t.Parallel()
	s := Start(t, Backend("app", Echo(t, "app"))+Ingress("web", "web.test", "app", nil)+settings(`proxy-body-size: "200k"`),
		"http://web.test/", "--configmap", "default/settings")
	client := overHTTP2(s)
	for name, test := range map[string]struct {
		method     string
		size, want int
	}{
		"none":              {"GET", 0, 200},
		"as long as it may": {"POST", 200 << 10, 200},
		"a byte more":       {"POST", 200<<10 + 1, 413},
		"of GET":            {"GET", 200<<10 + 1, 413},
	} {
		var body io.Reader
		if test.size > 0 {
			body = io.MultiReader(strings.NewReader(strings.Repeat("x", test.size)))
		}
		request, err := http.NewRequest(test.method, "https://web.test/", body)
		if err != nil {
			t.Fatal(err)
		}
		got := 0
		if answer, err := client.Do(request); err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			got = answer.StatusCode
			if answer.ProtoMajor != 2 {
				t.Fatalf("it is %s", answer.Proto)
			}
		}
		// HAProxy may reset the stream of a body that it stops reading before the client sees the answer.
		if got != test.want && !(test.want == 413 && got == 0) {
			t.Errorf("%s: status %d, want %d", name, got, test.want)
		}
	}
}

func overHTTP2(s *Site) *http.Client {
	client := s.Client()
	transport := client.Transport.(*http.Transport)
	transport.TLSClientConfig = insecure()
	transport.ForceAttemptHTTP2 = true
	return client
}

// insecure trusts the certificate that the site made for itself.
func insecure() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }
