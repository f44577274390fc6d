package chart_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

var update = flag.Bool("update", false, "write the table of values into the chart's README")

const begin, end = "<!-- values: begin -->\n", "<!-- values: end -->\n"

// TestReadme holds that the README's table says what values.yaml says, and that every value is described there.
func TestReadme(t *testing.T) {
	path := filepath.Join(chartDir(t), "README.md")
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(readme), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s lacks the marks of the table", path)
	}
	want := before + begin + table(t) + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(readme) != want {
		t.Error("the table of values is old: run `go test ./chart -run TestReadme -update` in test/e2e")
	}
}

func table(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(chartDir(t), "values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	if err := yaml.UnmarshalStrict(data, &values); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	out.WriteString("\n| Value | Default | Meaning |\n|---|---|---|\n")
	described := map[string]bool{}
	for _, d := range descriptions(string(data)) {
		described[d.path] = true
		value, err := json.Marshal(lookup(values, d.path))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "| `%s` | `%s` | %s |\n", d.path, value, strings.ReplaceAll(d.text, "|", `\|`))
	}
	undescribed(t, values, "", described)
	out.WriteString("\n")
	return out.String()
}

type description struct{ path, text string }

// descriptions reads the comments that start with "--" and the keys they stand above.
func descriptions(source string) []description {
	var found []description
	var parents []string // by depth; two blanks make a level
	text, open := "", false
	for _, line := range strings.Split(source, "\n") {
		trimmed := strings.TrimLeft(line, " ")
		depth := (len(line) - len(trimmed)) / 2
		if comment, ok := strings.CutPrefix(trimmed, "# -- "); ok {
			text, open = comment, true
			continue
		}
		if comment, ok := strings.CutPrefix(trimmed, "# "); ok && open {
			text += " " + comment
			continue
		}
		key, _, isKey := strings.Cut(trimmed, ":")
		if !isKey || depth > len(parents) || strings.HasPrefix(trimmed, "-") {
			continue
		}
		parents = append(parents[:depth:depth], key)
		if open {
			found = append(found, description{strings.Join(parents, "."), text})
		}
		open = false
	}
	return found
}

func lookup(values map[string]any, path string) any {
	first, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return values[first]
	}
	below, _ := values[first].(map[string]any)
	return lookup(below, rest)
}

// undescribed complains about every value that has no description, nor anything above it.
func undescribed(t *testing.T, values map[string]any, above string, described map[string]bool) {
	t.Helper()
	for key, value := range values {
		path := strings.TrimPrefix(above+"."+key, ".")
		if described[path] {
			continue
		}
		if below, ok := value.(map[string]any); ok && len(below) > 0 {
			undescribed(t, below, path, described)
			continue
		}
		t.Errorf("%s has no description in values.yaml", path)
	}
}
