package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryFeatureHasTests: a new feature needs a test that looks at it.
func TestEveryFeatureHasTests(t *testing.T) {
	known := map[string]bool{}
	for _, m := range features() {
		known[m.name] = true
		if len(m.tests) == 0 {
			t.Errorf("no test looks at the feature %s", m.name)
		}
	}
	for name := range targets() {
		if !known[name] {
			t.Errorf("there is no feature %s", name)
		}
	}
	if len(annotations()) < 110 {
		t.Errorf("%d annotations are served", len(annotations()))
	}
}

func TestTestsAreThere(t *testing.T) {
	functions := map[string][]string{}
	for feature, tests := range targets() {
		for _, one := range tests {
			if functions[one.folder] == nil {
				functions[one.folder] = testFunctions(t, one.folder)
			}
			name := regexp.MustCompile("^(" + one.run + ")$")
			if !slices.ContainsFunc(functions[one.folder], name.MatchString) {
				t.Errorf("%s: no test is called %s", feature, one)
			}
			for glob := range strings.SplitSeq(one.cases, ",") {
				found, err := filepath.Glob(path.Join("../oracle/testdata", glob+".txtar"))
				if one.cases != "" && (err != nil || len(found) == 0) {
					t.Errorf("%s: no recording is called %s", feature, glob)
				}
			}
		}
	}
}

// TestSourcesCanBeChanged: what is replaced is where it is expected.
func TestSourcesCanBeChanged(t *testing.T) {
	l := &lab{root: "../..", dir: t.TempDir()}
	if _, err := l.overlay(); err != nil {
		t.Error(err)
	}
}

func TestComplaint(t *testing.T) {
	got := complaint("=== RUN TestA\n--- FAIL: TestA (1.2s)\n    a_test.go:12: it is: wrong\n    a_test.go:13: and more\nFAIL\n")
	if got != "a_test.go:13: and more" {
		t.Error(got)
	}
}

func testFunctions(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(path.Join("../..", folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				out = append(out, f.Name.Name)
			}
		}
	}
	return out
}
