package render_test

import (
	"flag"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
)

var update = flag.Bool("update", false, "rewrite the expected output")

// TestStreams compares the sections of TCP ports with testdata/stream.cfg.
func TestStreams(t *testing.T) {
	cert, err := pki.Example()
	if err != nil {
		t.Fatal(err)
	}
	db := model.BackendID{Namespace: "a", Service: "db", Port: "5432"}
	m := &model.Model{
		Global: model.Global{DefaultCert: cert, Timeouts: model.Timeouts{Connect: 5 * time.Second, Stream: 10 * time.Minute}},
		Backends: []*model.Backend{{ID: db, Endpoints: []model.Endpoint{
			{Addr: netip.MustParseAddr("10.0.0.1"), Port: 15432}, {Addr: netip.MustParseAddr("fd00::1"), Port: 15432},
		}}},
		Streams: []*model.Stream{{Port: 9000, Backend: db}, {Port: 9001, Backend: db, AcceptProxy: true, SendProxy: true}},
	}
	b, err := render.Render(m, render.Options{
		HTTP:  []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:80"), netip.MustParseAddrPort("[::1]:80")},
		HTTPS: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:443")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, section := range strings.Split(string(b.Config().Bytes), "\n\n") {
		head, _, _ := strings.Cut(strings.TrimSpace(section), "\n")
		if strings.Contains(head, "tcp") {
			got.WriteString(strings.TrimSpace(section) + "\n\n")
		}
	}
	const path = "testdata/stream.cfg"
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the sections are not those of %s; run with -update and read the difference:\n%s", path, got.String())
	}
	if len(b.Ports) != 4 {
		t.Errorf("the bundle notes the ports %v, want two addresses for each of two", b.Ports)
	}
}

// TestEndingServersGetRequestsOnlyWithoutOthers writes the servers of a rolling update, and of a Service that ends.
func TestEndingServersGetRequestsOnlyWithoutOthers(t *testing.T) {
	cert, err := pki.Example()
	if err != nil {
		t.Fatal(err)
	}
	id := model.BackendID{Namespace: "a", Service: "db", Port: "80"}
	ending := model.Endpoint{Addr: netip.MustParseAddr("10.0.0.1"), Port: 80, Draining: true}
	ready := model.Endpoint{Addr: netip.MustParseAddr("10.0.0.2"), Port: 80}
	for want, endpoints := range map[string][]model.Endpoint{
		"10.0.0.2:80": {ending, ready}, "10.0.0.1:80": {ending},
	} {
		b, err := render.Render(&model.Model{
			Global:   model.Global{DefaultCert: cert},
			Backends: []*model.Backend{{ID: id, Endpoints: endpoints}},
			Streams:  []*model.Stream{{Port: 9000, Backend: id}},
		}, render.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if s := b.Backends[0].Servers; len(s) != 1 || s[0].Name != want {
			t.Errorf("servers %v, want %s", s, want)
		}
	}
}
