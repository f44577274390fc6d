package cfg

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Only constants become keywords: the same program compiles with a constant and not with a variable.
func TestVariablesDoNotBecomeKeywords(t *testing.T) {
	const program = "package main\n\nimport \"github.com/hawser-ingress/hawser/internal/haproxy/cfg\"\n\nfunc main() {\n\t%s k = \"mode\"\n%s}\n"
	uses := []string{"Kw(k)", "L(k)", "Fetch(k)", `Str("").Conv(k)`, "Opt(k)", "Call(k)", "LogVar(k)", "CrtOpt(k)"}
	var body strings.Builder
	for _, use := range uses {
		fmt.Fprintf(&body, "\t_ = cfg.%s\n", use)
	}
	if out, err := build(t, fmt.Sprintf(program, "const", body.String())); err != nil {
		t.Errorf("constants: %v\n%s", err, out)
	}
	out, err := build(t, fmt.Sprintf(program, "var", body.String()))
	if err == nil || strings.Count(out, "cannot use k (variable of type string)") != len(uses) {
		t.Errorf("variables: %v\n%s", err, out)
	}
}

// build compiles a program. Go lets only packages inside the module import this one, so its source is laid over it.
func build(t *testing.T, source string) (string, error) {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, overlay := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json")
	replace := fmt.Sprintf(`{"Replace":{%q:%q}}`, filepath.Join(here, "keywordprogram", "main.go"), file)
	for name, text := range map[string]string{file: source, overlay: replace} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", os.DevNull, "./keywordprogram").CombinedOutput()
	return string(out), err
}
