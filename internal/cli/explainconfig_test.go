package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/haproxy/origin"
)

func TestExplainConfigShowsWhatRenderWrites(t *testing.T) {
	dir := t.TempDir()
	if status, out, errs := run("render", "--manifests", "-", "--out", dir); status != 1 || !strings.Contains(out, "withheld") {
		t.Fatalf("status %d: %s%s", status, out, errs)
	}
	status, out, errs := run("explain", "--manifests", "-", "--config", "-o", "json")
	var lines []origin.Line
	if err := json.Unmarshal([]byte(out), &lines); err != nil || status != 0 {
		t.Fatalf("status %d, %v: %s", status, err, errs)
	}
	files := map[string]string{}
	for _, l := range lines {
		if l.Number > 0 {
			files[l.File] += l.Text + "\n"
		}
	}
	if len(files) < 5 {
		t.Errorf("only %d files are listed", len(files))
	}
	for name, text := range files {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || string(want) != text {
			t.Errorf("%s is listed as\n%s\nwritten is (%v)\n%s", name, text, err, want)
		}
	}
}

func TestExplainConfigFilters(t *testing.T) {
	status, out, errs := run("explain", "--manifests", "-", "--config", "--object", "Ingress/a/shop")
	if status != 0 || errs != "" {
		t.Fatalf("status %d: %s", status, errs)
	}
	for _, want := range []string{"maps/host.map\n     1 | shop.test shop.test | Ingress a/shop", "maps/route.map\n     1 | shop.test/ =|a:shop:shop:80 | Ingress a/shop"} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		if strings.Contains(line, " | ") && !strings.Contains(line, "Ingress a/shop") {
			t.Errorf("listed is %q", line)
		}
	}
	if _, out, _ := run("explain", "--manifests", "-", "--config", "--line", "1"); strings.Count(out, "\n") != 2 || !strings.HasPrefix(out, "haproxy.cfg\n     1 | ") {
		t.Errorf("line 1 is %q", out)
	}
	if _, out, _ := run("explain", "--manifests", "-", "--config", "--object", "Ingress/a/other", "-o", "json"); out != "[]\n" {
		t.Errorf("an object that is not there has lines: %s", out)
	}
}

func TestExplainConfigShowsNoKey(t *testing.T) {
	_, out, _ := run("explain", "--manifests", "-", "--config")
	if strings.Contains(out, "PRIVATE KEY") || !strings.Contains(out, "a certificate with its key, not shown") {
		t.Error("a key is listed, or its file is not")
	}
}

func TestExplainConfigRefusesWhatCannotBeMeant(t *testing.T) {
	for _, args := range [][]string{
		{"--config", "https://shop.test/"}, {}, {"--line", "1", "https://shop.test/"}, {"--config", "--line", "-1"},
		{"--config", "--object", "shop"}, {"--config", "--object", "Ingress//shop"}, {"--config", "--object", "a/b/c/d"},
	} {
		if status, out, _ := run(slices.Concat([]string{"explain", "--manifests", "-"}, args)...); status != 2 || out != "" {
			t.Errorf("%v: status %d, %q", args, status, out)
		}
	}
	if status, _, errs := run("explain", "--manifests", "-", "--config", "--file", "maps/none.map"); status != 1 || !strings.Contains(errs, "maps/none.map") {
		t.Errorf("a file that is not there: status %d, %q", status, errs)
	}
}
