package render

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
)

// TestServicesByNameFollowDNS: what needs a nameserver is nowhere else in the tests of the configuration.
func TestServicesByNameFollowDNS(t *testing.T) {
	cert, err := pki.Example()
	if err != nil {
		t.Fatal(err)
	}
	text := func(o Options, s model.AuthService) string {
		id := model.BackendID{Namespace: "a", Service: "app", Port: "80"}
		ref := issue.Ref{Kind: "Ingress", Namespace: "a", Name: "app"}
		route := &model.Route{
			Match: model.Match{Kind: model.Prefix, Path: "/"}, Action: model.Forward{Backend: id}, Ingress: ref,
			Policy: model.Policy{ExternalAuth: &model.ExternalAuth{Service: s, Host: model.Text("x"), URI: model.Text("/"), Method: "GET"}},
		}
		m := &model.Model{
			Hosts:    []*model.Host{{Name: "a.test", Routes: []*model.Route{route}, Origins: []issue.Ref{ref}}},
			Backends: []*model.Backend{{ID: id}},
			Global:   model.Global{DefaultCert: cert, RedirectCode: 308, Timeouts: model.Timeouts{Connect: time.Second, Server: time.Hour}},
		}
		o.HTTP, o.Socket = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:80")}, "/run/hawser/run.sock"
		b, err := Render(m, o)
		if err != nil {
			t.Fatal(err)
		}
		return string(b.Config().Bytes)
	}
	named := model.AuthService{TLS: true, Name: "auth.test", Port: 443, KeepAlive: model.KeepAlive{Idle: 3, Timeout: time.Minute}}
	for _, c := range []struct {
		o       Options
		s       model.AuthService
		want    []string
		without string
	}{
		{Options{Nameservers: true, MaxConn: 1000}, named, []string{
			"server service auth.test:443 maxconn 512 ssl verify none sni str(auth.test) pool-max-conn 3 pool-purge-delay 60s init-addr last,libc,none resolvers hawser-dns\n",
			"bind unix@/run/hawser/auth.sock mode 600\n", "timeout server 60s\n", "    maxconn 800\n", "resolvers hawser-dns\n", "lua.hawser_ask hawser-auth-https-auth.test-443-3-60 GET , , 68\n",
		}, "do-resolve"},
		{Options{}, named, []string{"init-addr last,libc,none\n"}, "resolvers"},
		{Options{Nameservers: true}, model.AuthService{TLS: true, Port: 8443}, []string{
			"http-request do-resolve(txn.addr,hawser-dns) var(txn.name)\n", `http-request return status 503`, "http-request set-dst var(txn.addr)\n",
			"http-request set-dst-port int(8443)\n", "server asked 0.0.0.0:0 maxconn 512 ssl verify none sni var(txn.name)\n", "resolvers hawser-dns\n",
		}, "maxconn 8"},
		{Options{Nameservers: true}, model.AuthService{}, []string{
			"http-request set-dst-port int(80)\n", `http-request set-dst-port req.fhdr(host),field(2,:) if { req.fhdr(host) -m reg ":[0-9]{1,5}\$" }`,
		}, "ssl verify"},
		{Options{}, model.AuthService{Port: 80}, []string{"return status 503"}, "server asked"},
	} {
		got := text(c.o, c.s)
		for _, line := range c.want {
			if !strings.Contains(got, line) {
				t.Errorf("%+v lacks %q:\n%s", c.s, line, got)
			}
		}
		if strings.Contains(got, c.without) {
			t.Errorf("%+v has %q:\n%s", c.s, c.without, got)
		}
	}
}
