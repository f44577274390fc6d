package golden_test

import (
	"bytes"
	"flag"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hawser-ingress/hawser/internal/compile"
	"github.com/hawser-ingress/hawser/internal/dialect"
	"github.com/hawser-ingress/hawser/internal/dialect/haproxyorg"
	"github.com/hawser-ingress/hawser/internal/dialect/nginx"
	"github.com/hawser-ingress/hawser/internal/golden"
	"github.com/hawser-ingress/hawser/internal/haproxy"
	"github.com/hawser-ingress/hawser/internal/haproxy/render"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/pki"
	"github.com/hawser-ingress/hawser/internal/snapshot"
	"github.com/hawser-ingress/hawser/internal/source/dir"
)

var update = flag.Bool("update", false, "rewrite the sections of testdata that are output")

const input = "in.yaml"

// dialects are where the features and their testdata are.
func dialects() map[string][]*dialect.Feature {
	return map[string][]*dialect.Feature{"nginx": nginx.Features(), "haproxyorg": haproxyorg.Features()}
}

// TestGolden compiles in.yaml of each txtar and compares issues, model and what HAProxy reads; HAProxy has to accept it.
// A ConfigMap ingress/settings is the controller's; the comment # --enable-ssl-passthrough gives that flag.
func TestGolden(t *testing.T) {
	fixtures := golden.NewFixtures()
	plain := compiled(t, fixtures, "")
	for _, name := range slices.Sorted(maps.Keys(dialects())) {
		files, err := filepath.Glob("../dialect/" + name + "/testdata/*.txtar")
		if err != nil || len(files) == 0 {
			t.Fatalf("the dialect %s has no testdata: %v", name, err)
		}
		for _, file := range files {
			t.Run(name+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
				t.Parallel()
				run(t, fixtures, plain, file)
			})
		}
	}
}

func run(t *testing.T, fixtures *golden.Fixtures, plain result, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	in := section(archive, input)
	got := compiled(t, fixtures, in)
	out := &txtar.Archive{Comment: archive.Comment, Files: []txtar.File{
		{Name: input, Data: []byte(in)},
		{Name: "issues", Data: []byte(got.issues)},
		{Name: "model", Data: []byte(golden.Model(got.model, plain.model))},
	}}
	for _, f := range golden.Bundle(got.bundle, plain.bundle, isMain(file)) {
		out.Files = append(out.Files, txtar.File{Name: f.Name, Data: []byte(f.Text)})
	}
	accepted(t, got.bundle)
	if *update {
		if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(txtar.Format(archive)), string(txtar.Format(out))); diff != "" {
		t.Errorf("%s is something else (go test ./internal/golden -update rewrites it):\n%s", file, diff)
	}
}

// isMain holds for the testdata that has the name of a feature, which shows the frontends, too.
func isMain(file string) bool {
	base := strings.TrimSuffix(filepath.Base(file), ".txtar")
	return slices.ContainsFunc(compile.Registry().Features, func(f *dialect.Feature) bool { return f.Name == base })
}

func section(a *txtar.Archive, name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

type result struct {
	issues string
	model  *model.Model
	bundle *haproxy.Bundle
}

func compiled(t *testing.T, fixtures *golden.Fixtures, manifests string) result {
	t.Helper()
	text, err := fixtures.Expand(manifests + golden.Common)
	if err != nil {
		t.Fatal(err)
	}
	source, err := dir.Open([]string{"-"}, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	objects, issues, err := source.Load()
	if err != nil {
		t.Fatal(err)
	}
	settings := snapshot.DefaultSettings()
	settings.AssumeClass, settings.ReportForeign = true, true
	settings.Passthrough = strings.Contains(manifests, "# --enable-ssl-passthrough")
	if strings.Contains(manifests, "kind: ConfigMap") {
		settings.ConfigMap.Namespace, settings.ConfigMap.Name = "ingress", "settings"
	}
	snap, more := snapshot.Build(*objects, settings)
	cert, err := pki.Example()
	if err != nil {
		t.Fatal(err)
	}
	m, rest := compile.Compile(snap, compile.Options{DefaultCert: cert})
	b, err := render.Render(m, render.Options{
		HTTP: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:8080")}, HTTPS: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:8443")},
	})
	if err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	if err := issue.WriteText(&printed, slices.Concat(issues, more, rest)); err != nil {
		t.Fatal(err)
	}
	return result{strings.ReplaceAll(printed.String(), "<stdin>", input), m, b}
}

// accepted asks HAProxy to check the configuration; it must not even warn.
func accepted(t *testing.T, b *haproxy.Bundle) {
	t.Helper()
	folder := t.TempDir()
	for name, file := range b.Files() {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	binary := os.Getenv("HAWSER_HAPROXY")
	if binary == "" {
		binary = "haproxy"
	}
	check := exec.Command(binary, "-c", "-dW", "-f", haproxy.ConfigFile)
	check.Dir = folder
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("HAProxy refuses the configuration: %v\n%s", err, out)
	}
}

// TestEveryFeatureIsListedOnceAndHasTestdata also finds testdata of nothing, and keys that no testdata sets.
func TestEveryFeatureIsListedOnceAndHasTestdata(t *testing.T) {
	listed := map[string]bool{}
	for name, features := range dialects() {
		for _, f := range features {
			if listed[f.Name] {
				t.Errorf("the feature %s is listed again by %s", f.Name, name)
			}
			listed[f.Name] = true
			files, err := filepath.Glob("../dialect/" + name + "/testdata/" + f.Name + "*.txtar")
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(files, func(p string) bool { return filepath.Base(p) == f.Name+".txtar" }) {
				t.Errorf("the feature %s has no internal/dialect/%s/testdata/%s.txtar", f.Name, name, f.Name)
			}
			covered(t, f, files)
		}
		strays(t, name, features)
	}
	for _, f := range compile.Registry().Features {
		if !listed[f.Name] {
			t.Errorf("the feature %s is compiled and belongs to no dialect that is tested here", f.Name)
		}
		delete(listed, f.Name)
	}
	for name := range listed {
		t.Errorf("the feature %s is listed and not compiled", name)
	}
}

// covered reports keys that are served and that no testdata of the feature sets.
func covered(t *testing.T, f *dialect.Feature, files []string) {
	t.Helper()
	var text string
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text += section(archive, input)
	}
	for _, spec := range f.Keys {
		d := spec.Describe()
		for _, key := range append([]string{d.Key}, d.Aliases...) {
			if d.Support != dialect.None && !strings.Contains(text, key+":") {
				t.Errorf("no testdata of the feature %s sets %s", f.Name, key)
			}
		}
	}
}

// strays reports testdata that is named for no feature: "feature.txtar" and "feature-case.txtar" are.
func strays(t *testing.T, name string, features []*dialect.Feature) {
	t.Helper()
	files, err := filepath.Glob("../dialect/" + name + "/testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		base := strings.TrimSuffix(filepath.Base(file), ".txtar")
		known := slices.ContainsFunc(features, func(f *dialect.Feature) bool { return base == f.Name || strings.HasPrefix(base, f.Name+"-") })
		if !known {
			t.Errorf("%s belongs to no feature", file)
		}
	}
}
