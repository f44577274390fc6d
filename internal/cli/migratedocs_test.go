package cli

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/model"
	"github.com/hawser-ingress/hawser/internal/testcert"
)

func migratePage(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/migrate.md")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(page), "\\\n", " ")
}

// TestCommandsOfTheMove: what needs no cluster is run, in a folder that has what the commands name; of the rest, command
// and flags exist. The commands about client certificates are run by test/migrate.
func TestCommandsOfTheMove(t *testing.T) {
	commands := regexp.MustCompile(`(?m)^    hawser ([^>\n]*)`).FindAllStringSubmatch(migratePage(t), -1)
	if len(commands) < 16 {
		t.Fatalf("%d commands are found", len(commands))
	}
	t.Chdir(t.TempDir())
	cert, err := testcert.SelfSigned("alice")
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string]string{"fleet.yaml": shop, "alice.crt": string(cert.CertPEM())} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ran := 0
	for _, c := range commands {
		words := strings.Fields(c[1])
		parses(t, words)
		local := words[0] == "assess" || words[0] == "explain" || strings.Contains(c[1], "--list")
		if !local || !strings.Contains(c[1], "--manifests") {
			continue
		}
		ran++
		if status, out, errs := run(words...); status != 0 && status != 3 || out == "" {
			t.Errorf("%s: status %d: %s", c[1], status, errs)
		}
	}
	if ran < 6 {
		t.Errorf("%d commands were run", ran)
	}
}

func parses(t *testing.T, words []string) *cobra.Command {
	t.Helper()
	command, rest, err := newRoot(Streams{}).Find(words)
	if err != nil || command.Name() != words[0] {
		t.Errorf("%s is no command: %v", words[0], err)
		return nil
	}
	if err := command.ParseFlags(rest); err != nil {
		t.Errorf("%s: %v", strings.Join(words, " "), err)
	}
	return command
}

// TestValuesOfTheMove: the chart has each value that --set names, and run each flag in extraArgs.
func TestValuesOfTheMove(t *testing.T) {
	content, err := os.ReadFile("../../charts/hawser/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(content, &values); err != nil {
		t.Fatal(err)
	}
	page := migratePage(t)
	sets := regexp.MustCompile(`controller\.([A-Za-z.-]+)=`).FindAllStringSubmatch(page, -1)
	if len(sets) < 15 {
		t.Fatalf("%d values are found", len(sets))
	}
	flags := newRun(Streams{}).Flags()
	for _, set := range sets {
		if name, ok := strings.CutPrefix(set[1], "extraArgs."); ok {
			if flags.Lookup(name) == nil {
				t.Errorf("run has no --%s", name)
			}
			continue
		}
		var at any = values["controller"]
		for _, key := range strings.Split(set[1], ".") {
			inner, _ := at.(map[string]any)
			value, there := inner[key]
			if !there {
				t.Errorf("the chart has no controller.%s", set[1])
				break
			}
			at = value
		}
	}
}

// TestNamesOfTheMove: codes, figures, recordings and files that the page names are there.
func TestNamesOfTheMove(t *testing.T) {
	page := migratePage(t)
	decisions, recordings, _ := strings.Cut(page, "\n## What ingress-nginx did that surprises\n")
	all := func(page, expression string, least int) (found []string) {
		for _, m := range regexp.MustCompile(expression).FindAllStringSubmatch(page, -1) {
			found = append(found, m[1])
		}
		if len(found) < least {
			t.Fatalf("%d of %s are found", len(found), expression)
		}
		return found
	}
	for _, name := range all(recordings, "`([a-z-]+/[a-z0-9-]+)` \\|\n", 20) {
		exists(t, "../../test/oracle/testdata/"+name+".txtar")
	}
	for _, link := range all(page, `\]\(([a-z./-]+)[#)]`, 10) {
		exists(t, "../../docs/"+link)
	}
	codes := map[string]bool{}
	for _, d := range issue.Docs() {
		group, _, _ := strings.Cut(string(d.Code), "/")
		codes[string(d.Code)], codes[group+"/*"] = true, true
	}
	for _, code := range all(decisions, "`((?:snippet|client-cert|basic-auth|external-auth|annotation|configmap|ingress|tls)/[a-z*-]+)`", 9) {
		if !codes[strings.Replace(code, "certificate-*", "*", 1)] {
			t.Errorf("%s is no code", code)
		}
	}
	figures, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range all(decisions, "`(hawser_[a-z_]+)", 4) {
		if !strings.Contains(string(figures), "`"+name+"`") {
			t.Errorf("there is no %s", name)
		}
	}
}

func exists(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// TestVerifyCodesOfTheMove: the errors that optional_no_ca lets through are those of the page, and each number, name and
// text belong together.
func TestVerifyCodesOfTheMove(t *testing.T) {
	page := migratePage(t)
	known := map[model.VerifyCode]model.VerifyError{}
	for _, e := range model.VerifyErrors() {
		known[e.Code] = e
	}
	rows := regexp.MustCompile("(?m)^\\| (\\d+) \\| `X509_V_ERR_(\\w+)` \\| `FAILED:([^`]*)` \\|$").FindAllStringSubmatch(page, -1)
	if len(rows) != len(model.UnknownAuthority()) {
		t.Fatalf("%d rows are found", len(rows))
	}
	for i, code := range model.UnknownAuthority() {
		e := known[code]
		if got := rows[i][1:]; got[0] != strconv.Itoa(int(e.Code)) || got[1] != e.Name || got[2] != e.Text {
			t.Errorf("row %d is %q, code %v", i+1, got, e)
		}
	}
	named := regexp.MustCompile("(\\d+)\\s`([A-Z][A-Z_]+)`").FindAllStringSubmatch(page, -1)
	if len(named) < 6 {
		t.Fatalf("%d codes are named", len(named))
	}
	for _, n := range named {
		number, err := strconv.Atoi(n[1])
		if err != nil || known[model.VerifyCode(number)].Name != n[2] {
			t.Errorf("%s is not %s", n[1], n[2])
		}
	}
}
