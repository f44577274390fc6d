package dir_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/source/dir"
)

func TestLinesOfKeys(t *testing.T) {
	const manifests = `apiVersion: v1
kind: ConfigMap
metadata: {name: one}
data:
  of-two-x: "1"
  of-two : "2"
  'quoted': x
  text: "of-three: 4"
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two, annotations: {a/b: c, "d/e": f}}
data: {of-three: x}
`
	file := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(file, []byte(manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := dir.Open([]string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	objects, _, err := source.Load()
	if err != nil {
		t.Fatal(err)
	}
	lines := dir.NewLines(objects)
	for _, c := range []struct {
		object, key string
		want        int
	}{
		{"one", "of-two", 6}, {"one", "of-two-x", 5}, {"one", "quoted", 7}, {"one", "of-four", 0},
		{"one", "d/e", 0}, // of the next object
		{"two", "a/b", 12}, {"two", "d/e", 12}, {"two", "of-three", 13}, {"two", "of-two", 0}, {"two", "", 0},
	} {
		if got := lines.Of(objects.Ref("ConfigMap", "default", c.object), c.key); got != c.want {
			t.Errorf("%s of %s stands on line %d, want %d", c.key, c.object, got, c.want)
		}
	}
	if lines.Of(issue.Ref{Kind: "ConfigMap", File: file + ".gone", Line: 1}, "x") != 0 {
		t.Error("a file that is gone has lines")
	}
}
