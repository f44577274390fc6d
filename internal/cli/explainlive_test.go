package cli

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/control"
	"github.com/hawser-ingress/hawser/internal/explain"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/snapshot"
	"github.com/hawser-ingress/hawser/internal/statuspage"
)

func TestExplainAsksTheController(t *testing.T) {
	in := inputs{manifests: []string{"-"}, accessLog: "json", settings: snapshot.DefaultSettings(), httpPort: 80, httpsPort: 443}
	if err := in.resolve(); err != nil {
		t.Fatal(err)
	}
	world, err := in.compile(Streams{In: strings.NewReader(shop)})
	if err != nil {
		t.Fatal(err)
	}
	shown := statuspage.New(statuspage.Options{HAProxy: proxyStatus{process.New(process.Options{})}, Version: "7", Now: time.Now})
	mux := http.NewServeMux()
	if err := shown.Register(mux); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mux)
	defer server.Close()
	ask := func(args ...string) (live explain.Live) {
		t.Helper()
		status, out, errs := run(slices.Concat([]string{"explain", "--manifests", "-", "-o", "json", "--admin", server.URL}, args)...)
		var a explain.Answer
		if err := json.Unmarshal([]byte(out), &a); err != nil || status != 0 || a.Live == nil {
			t.Fatalf("status %d, %v: %s%s", status, err, out, errs)
		}
		return *a.Live
	}
	if live := ask("http://shop.test/"); live.Same || live.State != "starting" || live.Version != "7" {
		t.Errorf("before the start: %+v", live)
	}
	shown.Observe(control.Step{Model: world.Model, Reload: true})
	if live := ask("http://shop.test/x"); !live.Routes || !live.Settings || live.Host != "shop.test" || live.Same || live.State != "down" {
		t.Errorf("the same, without a HAProxy: %+v", live)
	}
	if live := ask("http://shop.test/x", "--http-port", "8080"); !live.Routes || live.Settings {
		t.Errorf("with another flag: %+v", live)
	}
	other := *world.Model
	other.Hosts = []*model.Host{{Name: "shop.test", Routes: world.Model.Hosts[0].Routes, Origins: world.Model.Hosts[0].Origins}}
	shown.Observe(control.Step{Model: &other, Reload: true})
	if live := ask("http://SHOP.test:80/"); live.Routes || !live.Settings || live.Host != "shop.test" {
		t.Errorf("without the client-certificate policy: %+v", live)
	}
	other.Hosts = nil
	shown.Observe(control.Step{Model: &other, Commands: 1})
	if live := ask("http://nobody.test/"); !live.Routes || live.Host != "" {
		t.Errorf("a host that nobody has: %+v", live)
	}
	status, out, _ := run("explain", "--manifests", "-", "--admin", server.URL, "http://shop.test/")
	if status != 0 || !strings.Contains(out, "Live          no: "+server.URL+" (version 7) serves something else: no host") {
		t.Errorf("status %d: %s", status, out)
	}
}

func TestExplainNeedsAnAnswerOfTheController(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	if status, out, errs := run("explain", "--manifests", "-", "--admin", server.URL, "http://shop.test/"); status != 1 || out != "" || !strings.Contains(errs, "404") {
		t.Errorf("status %d, %q, %q", status, out, errs)
	}
	if status, _, _ := run("explain", "--manifests", "-", "--admin", "127.0.0.1:1", "http://shop.test/"); status != 2 {
		t.Errorf("an address that is no URL gives status %d", status)
	}
}
