// Package internal_test holds the shape of the program: which package may know which, and how large a file may be.
package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/hawser-ingress/hawser/"

// forbidden lists what a package must not import, not even through others. A name that ends in a slash stands for
// everything below.
var forbidden = []struct {
	packages []string
	imports  []string
	reason   string
}{
	{[]string{"internal/issue"}, []string{"k8s.io/", "sigs.k8s.io/", module}, "a diagnostic knows nothing of what it is about"},
	{[]string{"internal/model"}, []string{"k8s.io/", "sigs.k8s.io/", module + "internal/snapshot", module + "internal/dialect/", module + "internal/haproxy/"},
		"the model is neutral: no Kubernetes, no dialect, no HAProxy"},
	{[]string{"internal/haproxy/cfg"}, []string{"k8s.io/", "sigs.k8s.io/", module + "internal/model", module + "internal/snapshot", module + "internal/dialect/"},
		"the configuration language knows nothing of what is configured"},
	{[]string{"internal/haproxy/render", "internal/haproxy", "internal/haproxy/runtime", "internal/haproxy/process", "internal/haproxy/binary"},
		[]string{"k8s.io/", "sigs.k8s.io/", module + "internal/dialect/", module + "internal/snapshot", module + "internal/compile"},
		"HAProxy is driven from the model alone"},
	{[]string{"internal/dialect", "internal/dialect/nginx", "internal/dialect/haproxyorg"}, []string{module + "internal/haproxy/", module + "internal/compile"},
		"a dialect says what is meant, not how it is done"},
	{[]string{"internal/compile"}, []string{module + "internal/haproxy/", module + "internal/source/", module + "internal/control"},
		"a compile is pure: no source, no HAProxy"},
	{[]string{"internal/pki"}, []string{"k8s.io/", "sigs.k8s.io/", module + "internal/dialect/", module + "internal/haproxy/"}, "certificates are plain values"},
	{[]string{"internal/explain"}, []string{module + "internal/haproxy/", module + "internal/control", module + "internal/source/"},
		"explain evaluates the model without HAProxy"},
	{[]string{"internal/assess"}, []string{module + "internal/haproxy/", module + "internal/control", module + "internal/source/"},
		"an assessment is made of objects, wherever they come from"},
}

// onlyCLI are the packages that nothing but the command line may import.
var onlyCLI = []string{module + "internal/cli", "github.com/spf13/cobra"}

func TestImportsGoOneWay(t *testing.T) {
	for _, rule := range forbidden {
		for _, pkg := range rule.packages {
			deps := list(t, "-deps", "-f", "{{.ImportPath}}", module+pkg)
			for _, dep := range deps {
				if dep != module+pkg && slices.ContainsFunc(rule.imports, func(p string) bool { return covers(p, dep) }) {
					t.Errorf("%s imports %s, directly or not: %s", pkg, strings.TrimPrefix(dep, module), rule.reason)
				}
			}
		}
	}
}

func TestNothingImportsTheCommandLine(t *testing.T) {
	for _, line := range list(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"internal/...") {
		fields := strings.Fields(line)
		if fields[0] == module+"internal/cli" {
			continue
		}
		for _, dep := range fields[1:] {
			if slices.Contains(onlyCLI, dep) {
				t.Errorf("%s imports %s, which only the command line may", strings.TrimPrefix(fields[0], module), dep)
			}
		}
	}
}

// TestTestHelpersStayInTests: what tests are made with must not be part of the program.
func TestTestHelpersStayInTests(t *testing.T) {
	for _, dep := range list(t, "-deps", "-f", "{{.ImportPath}}", module+"cmd/hawser") {
		if dep == module+"internal/testcert" || dep == module+"internal/golden" || dep == "testing" {
			t.Errorf("cmd/hawser imports %s", dep)
		}
	}
}

func covers(pattern, path string) bool {
	if strings.HasSuffix(pattern, "/") {
		return strings.HasPrefix(path, pattern) || path+"/" == pattern
	}
	return path == pattern
}

func list(t *testing.T, args ...string) []string {
	t.Helper()
	c := exec.Command("go", append([]string{"list"}, args...)...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) == 0 {
		t.Fatalf("go list %v lists nothing", args)
	}
	return lines
}

// The budget of the code.
const (
	maxFile     = 500 // lines of a file
	maxFunction = 80  // lines of a function
	medianFile  = 120
	ninetieth   = 250
)

// TestFilesAndFunctionsFitTheBudget counts the lines of everything but tests and tables of data: a function that is one
// return of a literal is such a table.
func TestFilesAndFunctionsFitTheBudget(t *testing.T) {
	var sizes []int
	for _, root := range []string{"../cmd", "."} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			sizes = append(sizes, measure(t, path))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(sizes)
	if m := sizes[len(sizes)/2]; m > medianFile {
		t.Errorf("the median file has %d lines, %d are allowed", m, medianFile)
	}
	if p := sizes[len(sizes)*9/10]; p > ninetieth {
		t.Errorf("one file in ten has more than %d lines, %d are allowed", p, ninetieth)
	}
}

func measure(t *testing.T, path string) int {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	length := func(n ast.Node) int { return files.Position(n.End()).Line - files.Position(n.Pos()).Line + 1 }
	lines := files.File(file.Pos()).LineCount()
	if lines > maxFile {
		t.Errorf("%s has %d lines, %d are allowed", path, lines, maxFile)
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && length(f) > maxFunction && !isTable(f) {
			t.Errorf("%s: %s has %d lines, %d are allowed", path, f.Name.Name, length(f), maxFunction)
		}
	}
	return lines
}

func isTable(f *ast.FuncDecl) bool {
	if f.Body == nil || len(f.Body.List) != 1 {
		return false
	}
	result, ok := f.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(result.Results) != 1 {
		return false
	}
	_, ok = result.Results[0].(*ast.CompositeLit)
	return ok
}
