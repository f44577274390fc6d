package hack_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The list of dependencies and go.mod are kept in step by this test.
func TestEveryDirectDependencyIsExplained(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	required := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^(?:require )?\s*(\S+\.\S+/\S+) v\S+(.*)$`).FindAllStringSubmatch(string(mod), -1) {
		required[m[1]] = !strings.Contains(m[2], "// indirect")
	}
	if len(required) < 10 {
		t.Fatalf("read %d modules from go.mod", len(required))
	}
	explained := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(\\S+)` \\|").FindAllStringSubmatch(string(page), -1) {
		explained[m[1]] = true
	}
	for module, direct := range required {
		if direct && !explained[module] {
			t.Errorf("docs/dependencies.md doesn't say what %s saves and costs", module)
		}
	}
	for module := range explained {
		if _, ok := required[module]; !ok {
			t.Errorf("docs/dependencies.md explains %s, which go.mod doesn't name", module)
		}
	}
}
