package chart_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/hawser-ingress/hawser/test/e2e/cluster"
)

const release = "hawser"

// chartDir is where the chart lies.
func chartDir(t testing.TB) string {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, "charts", "hawser")
}

// helm runs Helm with a home of its own and returns what it prints, or an error that holds what it complains about.
func helm(t testing.TB, args ...string) (string, error) {
	t.Helper()
	binary, err := cluster.Helm()
	if err != nil {
		t.Fatal(err)
	}
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(t.Context(), binary, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "KUBECONFIG=/dev/null")
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("helm %s: %w: %s", strings.Join(args, " "), err, complaint.String())
	}
	return out.String(), nil
}

// variants are the names of the values files.
func variants(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/values/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no values files: %v", err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".yaml")
	}
	return files
}

func valuesFile(variant string) string { return filepath.Join("testdata", "values", variant+".yaml") }

// rendered is what one variant installs, in Helm's order.
type rendered []*unstructured.Unstructured

// render renders a variant as Helm would install it into a namespace.
func render(t testing.TB, variant, namespace string, more ...string) rendered {
	t.Helper()
	args := append([]string{"template", release, chartDir(t), "--namespace", namespace, "--values", valuesFile(variant)}, more...)
	out, err := helm(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	var objects rendered
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(out), 4096)
	for {
		content := map[string]any{}
		if err := decoder.Decode(&content); errors.Is(err, io.EOF) {
			return objects
		} else if err != nil {
			t.Fatalf("the chart renders YAML that does not parse: %v", err)
		}
		if len(content) > 0 {
			objects = append(objects, &unstructured.Unstructured{Object: content})
		}
	}
}

// kinds are the kinds of the objects, sorted, each as often as it occurs.
func (r rendered) kinds() []string {
	var kinds []string
	for _, o := range r {
		kinds = append(kinds, o.GetKind())
	}
	slices.Sort(kinds)
	return kinds
}

// has tells whether an object of the kind is there; with a name, whether that one is.
func (r rendered) has(kind string, name ...string) bool {
	return slices.ContainsFunc(r, func(o *unstructured.Unstructured) bool {
		return o.GetKind() == kind && (len(name) == 0 || o.GetName() == name[0])
	})
}

// object reads the object of a kind and name into a typed one.
func (r rendered) object(t testing.TB, kind, name string, into any) {
	t.Helper()
	for _, o := range r {
		if o.GetKind() == kind && o.GetName() == name {
			if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, into, true); err != nil {
				t.Fatalf("%s %s: %v", kind, name, err)
			}
			return
		}
	}
	t.Fatalf("there is no %s %s among %v", kind, name, r.kinds())
}
