package dir

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/snapshot"
)

var update = flag.Bool("update", false, "rewrite the wanted output in testdata")

// TestGolden runs testdata/*.txtar. Files below 1/, 2/ … are the folder "in" at the first, second … load;
// N.objects and N.issues are what that load gives, N.yaml (if it is there) the objects in full.
func TestGolden(t *testing.T) {
	names, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatal("no testdata", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			abs, err := filepath.Abs(name)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, abs)
		})
	}
}

func golden(t *testing.T, name string) {
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir("in", 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := Open([]string{"in"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := txtar.Archive{Comment: a.Comment}
	want := map[string]string{}
	for _, f := range a.Files {
		if strings.Contains(f.Name, "/") {
			out.Files = append(out.Files, f)
		} else {
			want[f.Name] = string(f.Data)
		}
	}
	for step := 1; place(t, a, step); step++ {
		objects, issues, err := s.Load()
		if err != nil {
			t.Fatal(err)
		}
		check := func(section, got string) {
			section = fmt.Sprintf("%d.%s", step, section)
			if w, ok := want[section]; (ok || !strings.HasSuffix(section, "yaml")) && !*update {
				if diff := gocmp.Diff(w, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", section, diff)
				}
			} else if ok || !strings.HasSuffix(section, "yaml") {
				out.Files = append(out.Files, txtar.File{Name: section, Data: []byte(got)})
			}
		}
		check("objects", listing(objects))
		check("issues", printed(t, issues))
		check("yaml", dump(t, objects))
	}
	if *update {
		if err := os.WriteFile(name, txtar.Format(&out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// place makes the folder what it is at a step; false if there is no such step.
func place(t *testing.T, a *txtar.Archive, step int) bool {
	prefix := fmt.Sprintf("%d/", step)
	some := false
	if err := os.RemoveAll("in"); err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Files {
		rel, ok := strings.CutPrefix(f.Name, prefix)
		if !ok {
			continue
		}
		some = true
		path := filepath.Join("in", rel)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, path, string(f.Data))
	}
	return some
}

// named is an object with where it stands.
type named struct {
	key   snapshot.Key
	value any
}

func all(o *snapshot.Objects) []named {
	var out []named
	v := reflect.ValueOf(*o)
	for n := range v.NumField() {
		if v.Field(n).Kind() != reflect.Slice {
			continue
		}
		for i := range v.Field(n).Len() {
			x := v.Field(n).Index(i).Interface()
			meta := x.(interface {
				GetName() string
				GetNamespace() string
			})
			kind := reflect.TypeOf(x).Elem().Name()
			out = append(out, named{snapshot.Key{Kind: kind, Namespace: meta.GetNamespace(), Name: meta.GetName()}, x})
		}
	}
	slices.SortStableFunc(out, func(a, b named) int {
		p, _ := o.Position(a.key)
		q, _ := o.Position(b.key)
		return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line))
	})
	return out
}

func listing(o *snapshot.Objects) string {
	var b strings.Builder
	for _, x := range all(o) {
		p, _ := o.Position(x.key)
		fmt.Fprintf(&b, "%s:%d %s %s/%s\n", p.File, p.Line, x.key.Kind, x.key.Namespace, x.key.Name)
	}
	return b.String()
}

func dump(t *testing.T, o *snapshot.Objects) string {
	var b strings.Builder
	for _, x := range all(o) {
		text, err := sigsyaml.Marshal(x.value)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "---\n%s", text)
	}
	return b.String()
}

func printed(t *testing.T, l issue.List) string {
	var b strings.Builder
	if err := issue.WriteText(&b, l); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
