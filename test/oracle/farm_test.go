package oracle

import (
	"context"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seen is what a request straight to an upstream server shows.
type seen struct {
	Status int
	Fields string // one header of the answer, by name
	Server string
	URI    string
	Body   int
	Proto  string
}

// A directRequest goes to the upstream server named in to, without a proxy between.
type directRequest struct {
	name, to string
	q        Request
	header   string
	want     seen
}

func direct() []directRequest {
	return []directRequest{
		{"odd target", "a", Request{Path: "/a//b/../%2f?x|y", Host: "h.test"}, "Content-Type", seen{200, "application/json", "a", "/a//b/../%2f?x|y", 0, "HTTP/1.1"}},
		{"status in path", "b", Request{Path: "/x/status/404?y", Host: "h.test"}, "Content-Type", seen{404, "application/json", "b", "/x/status/404?y", 0, "HTTP/1.1"}},
		{"status by header", "a2", Request{Path: "/", Headers: []string{"X-Echo-Status: a=500,a2=503"}}, "Content-Type", seen{503, "application/json", "a2", "/", 0, "HTTP/1.1"}},
		{"set header", "a", Request{Path: "/", Headers: []string{"X-Echo-Set-Header: Location: http://x/"}}, "Location", seen{200, "http://x/", "a", "/", 0, "HTTP/1.1"}},
		{"body", "a", Request{Path: "/", Method: "POST", BodySize: 70000}, "Content-Type", seen{200, "application/json", "a", "/", 70000, "HTTP/1.1"}},
		{"chunked body", "a", Request{Path: "/", Method: "POST", BodySize: 70000, Chunked: true}, "Content-Type", seen{200, "application/json", "a", "/", 70000, "HTTP/1.1"}},
		{"expect", "a", Request{Path: "/", Method: "POST", BodySize: 3, Headers: []string{"Expect: 100-continue"}}, "Content-Type", seen{200, "application/json", "a", "/", 3, "HTTP/1.1"}},
		{"1.0", "a", Request{Path: "/", Host: "-", HTTP: "1.0"}, "Connection", seen{200, "close", "a", "/", 0, "HTTP/1.0"}},
		{"auth", "auth", Request{Path: "/status/500", Headers: []string{"X-Echo-Status: 503"}}, "X-Auth-User", seen{500, "", "auth", "/status/500", 0, "HTTP/1.1"}},
		{"auth refuses", "auth", Request{Path: "/", Headers: []string{"X-Echo-Status: auth=401"}}, "WWW-Authenticate", seen{401, `Bearer realm="auth service"`, "auth", "/", 0, "HTTP/1.1"}},
		{"error page", "errors", Request{Path: "/", Headers: []string{"X-Code: 404", "X-Format: text/html"}}, "Content-Type", seen{404, "text/html", "errors", "/", 0, "HTTP/1.1"}},
		{"tls", "tls-a", Request{Path: "/", Scheme: "https", Host: "upstream.test", Cert: "good"}, "Content-Type", seen{200, "application/json", "tls-a", "/", 0, "HTTP/1.1"}},
		{"grpc", "grpc-a", Request{Path: "/S/M", Method: "POST", HTTP: "2", BodySize: 5, Host: "g.test", Headers: []string{"Content-Type: application/grpc", "X-Echo-Grpc-Status: 5"}}, "Content-Type", seen{200, "application/grpc", "grpc-a", "/S/M", 5, "HTTP/2.0"}},
		{"grpcs", "grpcs-a", Request{Path: "/x?y", Scheme: "https", HTTP: "2", Host: "upstream.test"}, "Content-Type", seen{200, "application/json", "grpcs-a", "/x?y", 0, "HTTP/2.0"}},
	}
}

// TestClientAndFarm sends requests straight to the upstream servers: what one side sends, the other has to see.
func TestClientAndFarm(t *testing.T) {
	pki, err := NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	farm, err := StartFarm(pki)
	if err != nil {
		t.Fatal(err)
	}
	defer farm.Close()
	at := func(name string) string {
		i := slices.IndexFunc(servers(), func(s server) bool { return s.name == name })
		s := servers()[i]
		return netip.AddrPortFrom(farm.Block.addr(s), s.port).String()
	}
	for _, tt := range direct() {
		t.Run(tt.name, func(t *testing.T) {
			client := &Client{HTTP: at(tt.to), HTTPS: at(tt.to), PKI: pki}
			raw := client.Send(context.Background(), tt.q, "", "id-1")
			if raw.err != nil {
				t.Fatal(raw.err)
			}
			list := farm.log.take("id-1")
			if len(list) != 1 {
				t.Fatalf("%d sightings", len(list))
			}
			s := list[0]
			got := seen{raw.status, first(raw.fields, tt.header), s.Server, s.URI, s.BodyLen, s.Proto}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if echoOf(raw.body) != tt.to {
				t.Errorf("body %.80s", raw.body)
			}
			if tt.q.Cert != "" && (s.TLS == nil || s.TLS.ClientCert != "CN=good,O=Oracle,C=AT") {
				t.Errorf("upstream TLS %+v", s.TLS)
			}
			if tt.name == "grpc" && first(raw.trailers, "Grpc-Status") != "5" {
				t.Errorf("trailers %v", raw.trailers)
			}
			if tt.name == "expect" && !slices.Equal(raw.interim, []int{100}) {
				t.Errorf("interim %v", raw.interim)
			}
		})
	}
	t.Run("cut", func(t *testing.T) {
		client := &Client{HTTP: at("a"), PKI: pki}
		if raw := client.Send(context.Background(), Request{Path: "/", Headers: []string{"X-Echo-Close: a=1"}}, "", "id-2"); raw.err == nil {
			t.Errorf("answered %d", raw.status)
		}
	})
	t.Run("two farms", func(t *testing.T) {
		other, err := StartFarm(pki)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		if other.Block == farm.Block {
			t.Errorf("both on %v", farm.Block)
		}
	})
}
