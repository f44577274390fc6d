package hostile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/process"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
	"github.com/hawser-ingress/hawser/internal/testcert"
)

type pair struct{ cert, key, ca []byte }

func certificates(t testing.TB) pair {
	t.Helper()
	ca := testcert.Must(testcert.NewCA("hostile"))
	leaf := testcert.Must(ca.Server("h.test", nil))
	return pair{leaf.CertPEM(), leaf.KeyPEM(), ca.CertPEM()}
}

// bundle compiles and renders as the controller does: an object that HAProxy can't carry is closed.
func bundle(t testing.TB, o *snapshot.Objects, opts render.Options) *haproxy.Bundle {
	t.Helper()
	settings := snapshot.DefaultSettings()
	settings.AssumeClass, settings.PartialSnippets = true, true
	settings.ConfigMap = types.NamespacedName{Namespace: "default", Name: "settings"}
	snap, _ := snapshot.Build(*o, settings)
	cert := testcert.Must(pki.Example())
	refused := map[issue.Ref]string{}
	for range 10 {
		m, _ := compile.Compile(snap, compile.Options{DefaultCert: cert, LogFormat: model.LogJSON, Refused: refused})
		b, err := render.Render(m, opts)
		var unfit render.Errors
		if before := len(refused); errors.As(err, &unfit) {
			for _, e := range unfit {
				refused[e.Object] = e.Err.Error()
			}
			if len(refused) > before {
				continue
			}
		}
		if err != nil {
			t.Fatalf("render: %v", err)
		}
		return b
	}
	t.Fatal("rendering never ends")
	return nil
}

// FuzzEveryField puts a text into one field; the configuration has no directive but the renderer's.
func FuzzEveryField(f *testing.F) {
	all := places()
	for i := range all {
		for j, text := range texts() {
			if (i+j)%7 == 0 { // the test below tries every pair
				f.Add(uint16(i), text)
			}
		}
	}
	c := certificates(f)
	f.Fuzz(func(t *testing.T, at uint16, text string) {
		p := all[int(at)%len(all)]
		o := objects(1, c.cert, c.key, c.ca)
		p.put(o, text)
		check(t, p.name, text, bundle(t, o, render.Options{Socket: "/run/h.sock"}))
	})
}

func check(t testing.TB, where, text string, b *haproxy.Bundle) {
	t.Helper()
	found, err := unmeant(string(b.Config().Bytes))
	if err != nil || len(found) > 0 {
		t.Errorf("%s = %q: directives %q, error %v\n%s", where, text, found, err, b.Config().Bytes)
	}
	for name := range b.Files() {
		if !filepath.IsLocal(name) || filepath.Clean(name) != name {
			t.Errorf("%s = %q: a file is named %q", where, text, name)
		}
	}
}

// TestEveryFieldAndText serves pairs of place and text at once; a real HAProxy takes them, and has the proxies and
// the tables that were meant.
func TestEveryFieldAndText(t *testing.T) {
	c := certificates(t)
	all := &snapshot.Objects{ConfigMaps: objects(0, c.cert, c.key, c.ca).ConfigMaps}
	for i, p := range places() {
		for j, text := range texts() {
			if (i+j)%8 != 0 {
				continue // each place has some of the texts, each text some of the places; the fuzzer tries the rest
			}
			n := i*len(texts()) + j
			o := objects(n, c.cert, c.key, c.ca)
			p.put(o, text)
			if strings.HasPrefix(p.name, "setting ") || strings.Contains(p.name, "ciphers") || strings.HasPrefix(p.name, "parameter ") || strings.Contains(p.name, "expression") {
				check(t, p.name, text, bundle(t, o, render.Options{Socket: "/run/h.sock"}))
				continue // there is one ConfigMap; and only HAProxy knows the names of ciphers and which expressions are none, for which the controller asks it
			}
			all.Ingresses = append(all.Ingresses, o.Ingresses...)
			all.Services = append(all.Services, o.Services...)
			all.EndpointSlices = append(all.EndpointSlices, o.EndpointSlices...)
			all.Secrets = append(all.Secrets, o.Secrets...)
		}
	}
	dir := t.TempDir()
	paths := process.Paths{
		Config: filepath.Join(dir, haproxy.ConfigFile), Runtime: filepath.Join(dir, "r.sock"), Master: filepath.Join(dir, "m.sock"),
	}
	b := bundle(t, all, render.Options{
		HTTP: []netip.AddrPort{freePort(t)}, HTTPS: []netip.AddrPort{freePort(t)},
		Socket: paths.Runtime, MaxConn: 100,
	})
	check(t, "all places", "all texts", b)
	serve(t, dir, paths, b)
}

// sections are the proxies that the text has: those of the renderer, as none other can be named like them.
func sections(t *testing.T, config string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for line := range strings.Lines(config) {
		words, err := split(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Fatal(err)
		}
		if len(words) > 1 && (words[0] == "frontend" || words[0] == "backend") {
			name := words[1]
			if ours := strings.HasPrefix(name, "hawser-") || name == "http" || name == "https"; !ours && strings.Count(name, ":") < 3 {
				t.Errorf("a section is named %q", name)
			}
			out[name] = true
		}
	}
	return out
}

func freePort(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func serve(t *testing.T, dir string, paths process.Paths, b *haproxy.Bundle) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	files := map[string]process.File{}
	for name, content := range b.Files() {
		files[name] = process.File{Data: content.Data}
	}
	if _, err := process.WriteFiles(dir, files); err != nil {
		t.Fatal(err)
	}
	binary := cmp.Or(os.Getenv("HAWSER_HAPROXY"), "haproxy")
	p := process.New(process.Options{Binary: binary, Paths: paths, BufSize: render.BufferSize})
	if err := p.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer p.Stop(ctx)
	client := testcert.Must(p.Runtime())
	stats, err := client.Stats(ctx, runtime.BackendStat|runtime.FrontendStat)
	if err != nil {
		t.Fatal(err)
	}
	proxies := map[string]bool{}
	for _, s := range stats {
		proxies[s.Proxy] = true
	}
	want := sections(t, string(b.Config().Bytes))
	for _, backend := range b.Backends {
		want[backend.Name] = true
	}
	if len(proxies) < 100 || !maps.Equal(proxies, want) {
		t.Errorf("HAProxy has the proxies %q, wanted are %q", slices.Sorted(maps.Keys(proxies)), slices.Sorted(maps.Keys(want)))
	}
	for name, entries := range b.Maps {
		got, err := client.MapEntries(ctx, name)
		if err != nil {
			t.Fatal(fmt.Errorf("map %s: %w", name, err))
		}
		if len(got) != len(entries) {
			t.Errorf("map %s has %d entries, wanted are %d", name, len(got), len(entries))
		}
		for i := range min(len(got), len(entries)) {
			if got[i].Key != entries[i].Key.String() || got[i].Value != entries[i].Value.String() {
				t.Errorf("map %s: entry %d is %q, wanted is %q %q", name, i, got[i], entries[i].Key, entries[i].Value)
			}
		}
	}
}
