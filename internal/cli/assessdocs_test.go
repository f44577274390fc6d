package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestCommandsOfTheDocumentation runs every command of docs/assess.md and of the help, in a folder that has what they name.
// Those for a cluster get as far as asking for one.
func TestCommandsOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/assess.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(page) + "\n" + newAssess(Streams{}).Example
	commands := regexp.MustCompile(`(?m)^ +(?:kubectl [^|\n]*\| )?hawser (assess [^|>\n]*)`).FindAllStringSubmatch(text, -1)
	if len(commands) < 18 {
		t.Fatalf("%d commands are found", len(commands))
	}
	t.Chdir(t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("KUBECONFIG", "")
	plain, services, _ := strings.Cut(shop, "---")
	inner := strings.ReplaceAll(moving, "edge", "ingress-nginx")
	for file, content := range map[string]string{
		"ingresses/a.yaml": plain, "ingresses.yaml": plain, "services.json": `{"apiVersion": "v1", "kind": "List", "items": []}`, "all.yaml": inner + services,
	} {
		if err := os.MkdirAll("ingresses", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range commands {
		status, out, errs := runWith(moving, strings.Fields(c[1])...)
		switch cluster := strings.Contains(c[1], "--context") || strings.Contains(c[1], "--kubeconfig"); {
		case cluster && (status != 1 || !strings.Contains(errs, "find the API server")):
			t.Errorf("%s: status %d: %s", c[1], status, errs)
		case !cluster && (status != 0 && status != 3 || out == ""):
			t.Errorf("%s: status %d: %s", c[1], status, errs)
		}
	}
}

// TestHelpTeaches the outcomes, what is assumed, and the exit status.
func TestHelpTeaches(t *testing.T) {
	_, out, _ := run("assess", "--help")
	for _, want := range []string{"withheld", "served with a difference", "settings ignored", "exit status", "--assume-present", "kubectl get ingress", "not checked"} {
		if !strings.Contains(out, want) {
			t.Errorf("the help says nothing of %q", want)
		}
	}
}
