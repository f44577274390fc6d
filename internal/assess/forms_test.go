package assess_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hawser-ingress/hawser/internal/assess"
	"github.com/hawser-ingress/hawser/internal/issue"
	"github.com/hawser-ingress/hawser/internal/source/dir"
)

func forms() map[string]func(io.Writer, *assess.Report) error {
	return map[string]func(io.Writer, *assess.Report) error{
		"text": assess.WriteText, "json": assess.WriteJSON, "sarif": assess.WriteSARIF, "markdown": assess.WriteMarkdown, "html": assess.WriteHTML,
	}
}

func written(t testing.TB, form string, r *assess.Report) string {
	t.Helper()
	var out bytes.Buffer
	if err := forms()[form](&out, r); err != nil {
		t.Fatalf("%s: %v", form, err)
	}
	return out.String()
}

// whole is a report with something in each of its parts.
func whole(t testing.TB) *assess.Report {
	in := input(t, fleet(80)+web("a", "a.test", `auth-tls-secret: shop/gone`)+"---\napiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: many}\n")
	in.Settings.ConfigMap = types.NamespacedName{Namespace: "ingress-nginx", Name: "ingress-nginx-controller"}
	in.Workload = &issue.Ref{Kind: "Deployment", Namespace: "ingress-nginx", Name: "ingress-nginx-controller", File: "<stdin>", Line: 5}
	in.Flags = []assess.Flag{
		{Name: "configmap", Value: "ingress-nginx/ingress-nginx-controller", Outcome: assess.Served},
		{Name: "udp-services-configmap", Value: "a/b", Outcome: assess.Ignored, Message: "It has no effect."},
	}
	in.Notes = []string{"A note."}
	return report(t, in)
}

func valid(t *testing.T, schema, document string) {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(schema)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(value); err != nil {
		t.Errorf("it is not what %s wants: %v", schema, err)
	}
}

func TestJSONIsWhatItsSchemaSays(t *testing.T) {
	for name, r := range map[string]*assess.Report{"whole": whole(t), "plain": report(t, input(t, webService+web("a", "a.test"))), "hostile": hostile(t)} {
		text := written(t, "json", r)
		valid(t, "../../docs/assess.schema.json", text)
		var back assess.Report
		if err := json.Unmarshal([]byte(text), &back); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if name == "whole" {
			if diff := cmp.Diff(r, &back); diff != "" {
				t.Errorf("%s reads back differently:\n%s", name, diff)
			}
		}
	}
}

// TestTheSchemaKnowsEveryField: a report without a field, or with one too many, is refused.
func TestTheSchemaKnowsEveryField(t *testing.T) {
	c := jsonschema.NewCompiler()
	s, err := c.Compile("../../docs/assess.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	text := written(t, "json", whole(t))
	for _, change := range [][2]string{
		{`"worst": "withheld"`, `"worst": "foreign"`}, {`"guard": true`, `"guarded": true`}, {`"format": 1`, `"format": 2`}, {`"consequence"`, `"consequences"`},
		{`"notes": [`, `"remarks": [`},
	} {
		changed := strings.Replace(text, change[0], change[1], 1)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(changed))
		if err != nil || changed == text {
			t.Fatalf("%s: %v", change[0], err)
		}
		if s.Validate(value) == nil {
			t.Errorf("the schema takes %s", change[1])
		}
	}
}

func TestSARIFIsValid(t *testing.T) {
	for _, r := range []*assess.Report{whole(t), report(t, input(t, webService+web("a", "a.test"))), hostile(t)} {
		valid(t, "testdata/sarif-2.1.0.schema.json", written(t, "sarif", r))
	}
}

// sarif is what a scanner reads.
type sarif struct {
	Runs []struct {
		Tool struct {
			Driver struct{ Rules []struct{ ID string } }
		}
		Results []struct {
			RuleID    string
			RuleIndex int
			Level     string
			Message   struct{ Text string }
			Locations []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine int }
				}
			}
		}
	}
}

func TestSARIFNamesFileAndLine(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "with blank #1")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(folder, "a.yaml")
	if err := os.WriteFile(file, []byte(webService+web("a", "a.test", "proxy-read-timeout: soon")), 0o644); err != nil {
		t.Fatal(err)
	}
	source, err := dir.Open([]string{folder}, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := input(t, webService)
	if in.Objects, in.Issues, err = source.Load(); err != nil {
		t.Fatal(err)
	}
	in.Line = dir.NewLines(in.Objects).Of
	var s sarif
	if err := json.Unmarshal([]byte(written(t, "sarif", report(t, in))), &s); err != nil {
		t.Fatal(err)
	}
	results := s.Runs[0].Results
	if len(results) != 1 {
		t.Fatalf("%d results", len(results))
	}
	r := results[0]
	place := r.Locations[0].PhysicalLocation
	u, err := url.Parse(place.ArtifactLocation.URI)
	if err != nil || u.Scheme != "file" || u.Path != file {
		t.Errorf("the file is %q, want %s: %v", place.ArtifactLocation.URI, file, err)
	}
	if place.Region.StartLine != 18 {
		t.Errorf("the line of the annotation is %d", place.Region.StartLine)
	}
	if rule := s.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID; rule != r.RuleID || rule != string(issue.BadValue) || r.Level != "warning" {
		t.Errorf("the rule is %s, %s, level %s", r.RuleID, rule, r.Level)
	}
}

// evil is text that wants to be something else in each form.
const evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)> [link](https://evil.test) ![x](https://evil.test/x.png) " +
	"@everyone #12 **bold** `code` | cell | www.evil.test {0} ${x} \x1b[31mred\x1b]0;title\x07 \u202eback \u2028 \\"

// hostile has evil text wherever an object can carry it.
func hostile(t testing.TB) *assess.Report {
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	value := string(quoted)
	in := input(t, webService+web("a", value, `whitelist-source-range: `+value, `server-alias: `+value)+
		strings.Replace(strings.Replace(web("b", "b.test"), "ingressClassName: nginx", "ingressClassName: "+value, 1), "path: /,", "path: "+value+",", 1)+
		strings.Replace(web("c", "c.test"), "    example.com/owner: web", `    ? `+strings.Replace(value, `"`, `"nginx.ingress.kubernetes.io/`, 1)+"\n    : x", 1)+
		settingsMap("  ? "+value+"\n  : "+value+"\n  whitelist-source-range: "+value+"\n"))
	in.Settings.ConfigMap = types.NamespacedName{Namespace: "shop", Name: "settings"}
	in.Workload = &issue.Ref{Kind: "Deployment", Namespace: evil, Name: evil, File: evil, Line: 1}
	in.Flags = []assess.Flag{{Name: evil, Value: evil, Outcome: assess.Difference, Message: evil}}
	in.Notes = []string{evil}
	r := report(t, in)
	r.Other = append(r.Other, assess.Finding{
		Outcome: assess.Withheld, Code: issue.ManifestParse, Severity: issue.Error, Object: issue.Ref{Kind: evil, Name: evil, File: evil, Line: 2},
		Field: evil, Message: evil, Suggestion: evil + "\n" + evil,
	})
	r.Unchecked = append(r.Unchecked, assess.Unchecked{Kind: "Secret", Namespace: evil, Name: evil, Ingresses: []string{evil}, Consequence: "x"})
	return r
}

func TestHostileTextStaysText(t *testing.T) {
	r := hostile(t)
	if got := fmt.Sprint(r.Ingresses); strings.Count(got, "<script>") < 5 {
		t.Fatalf("the report has little of the text: %s", got)
	}
	for form := range forms() {
		out := written(t, form, r)
		if !strings.Contains(out, "evil") {
			t.Errorf("%s: the text is not there", form)
		}
		for n, c := range out {
			if !unicode.IsPrint(c) && c != '\n' {
				t.Errorf("%s: %U stands in %q", form, c, out[max(0, n-40):n])
				break
			}
		}
	}
	if found := regexp.MustCompile(`<script>alert|<img|href="https?:`).FindString(written(t, "html", r)); found != "" {
		t.Errorf("the page has %q", found)
	}
	var s sarif
	if err := json.Unmarshal([]byte(written(t, "sarif", r)), &s); err != nil {
		t.Fatal(err)
	}
	for _, result := range s.Runs[0].Results {
		if found := regexp.MustCompile(`(^|[^\\])\[link\]`).FindString(result.Message.Text); found != "" {
			t.Errorf("a message of SARIF has a link: %s", result.Message.Text)
		}
	}
}

// TestMarkdownHasNothingButItsOwnMarks takes away what is code or escaped; nothing that acts may be left.
func TestMarkdownHasNothingButItsOwnMarks(t *testing.T) {
	for line := range strings.Lines(written(t, "markdown", hostile(t))) {
		if strings.HasPrefix(line, "|") {
			if cells := len(regexp.MustCompile(`(^|[^\\])\|`).FindAllString(line, -1)); cells != 4 && cells != 5 && cells != 6 {
				t.Errorf("%d cell borders in %s", cells, line)
			}
		}
		line = codeSpans(line)
		line = regexp.MustCompile(`\\[[:punct:]]`).ReplaceAllString(line, "")
		line = strings.NewReplacer("<br>", "", "<!-- -->", "\x00", "**", "").Replace(line)
		if found := regexp.MustCompile("[<>`*\\[\\]]|@[a-z]|#[0-9]|www\\.|https?:").FindString(line); found != "" && !strings.HasPrefix(line, "#") {
			t.Errorf("%q acts in %s", found, line)
		}
	}
}

// codeSpans takes code spans away, as CommonMark finds them: a run of backticks to the next run of the same length.
func codeSpans(line string) string {
	runs := regexp.MustCompile("`+")
	var out strings.Builder
	for {
		open := runs.FindStringIndex(line)
		if open == nil {
			return out.String() + line
		}
		for open[0] > 0 && line[open[0]-1] == '\\' { // escaped: it opens nothing
			open[0]++
		}
		width, rest := open[1]-open[0], line[open[1]:]
		end := -1
		for _, closing := range runs.FindAllStringIndex(rest, -1) {
			if closing[1]-closing[0] == width {
				end = closing[1]
				break
			}
		}
		out.WriteString(line[:open[0]])
		if end < 0 || width <= 0 {
			line = rest
			continue
		}
		line = rest[end:]
	}
}

func TestMarkdownFitsIntoAComment(t *testing.T) {
	if n := len(written(t, "markdown", report(t, input(t, fleet(5000))))); n > 65_536 {
		t.Errorf("a pull request takes no comment of %d bytes", n)
	}
}

func TestTextOfAReport(t *testing.T) {
	in := input(t, web("guard", "d.test", `whitelist-source-range: office`, `auth-tls-secret: shop/ca`)+web("asis", "a.test"))
	got := written(t, "text", report(t, in))
	want := `1 of 2 Ingresses (50.0 %) would be served, 1 (50.0 %) exactly as they are.

                             Ingresses     hosts
withheld                             1         1
served with a difference             0         0
settings ignored                     0         0
served as is                         1         1
left to another controller           0         0

1 of 2 routes are open.

withheld: Ingress shop/guard (<stdin>:2), 1 of 1 routes closed
  withheld   nginx.ingress.kubernetes.io/whitelist-source-range [annotation/bad-value]
             What it protects is closed: "office" is neither an address nor a network.
             Write instead: nginx.ingress.kubernetes.io/whitelist-source-range: addresses and networks, separated by commas, such as 10.0.0.0/8, 192.0.2.7

support    Ingresses findings  annotation
full               1        1  nginx.ingress.kubernetes.io/whitelist-source-range
full               1        0  nginx.ingress.kubernetes.io/auth-tls-secret

Not checked: 2 objects are named and were not among the manifests; they were taken for good.
  Secret shop/ca: Without it, or without a usable ca.crt, the hosts are closed.
  Service shop/web: Without it, or without the port, its routes answer 503.
  To check them: ` + assess.Export + ` | hawser assess --manifests -

`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorsAreReturned(t *testing.T) {
	for form, write := range forms() {
		if write(full{}, whole(t)) == nil {
			t.Errorf("%s: a failed write was not returned", form)
		}
	}
}

// TestFiveThousandIngresses counts the time of the processor, on all cores: other programs may be busy beside it. Less than
// that has passed on a machine that does nothing else.
func TestFiveThousandIngresses(t *testing.T) {
	manifests := fleet(5000)
	start := processorTime(t)
	written(t, "html", report(t, input(t, manifests)))
	if took := processorTime(t) - start; took > 3*time.Second {
		t.Errorf("5,000 Ingresses take %s, from the manifests to the page", took)
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkFiveThousandIngresses(b *testing.B) {
	manifests := fleet(5000)
	for b.Loop() {
		written(b, "html", report(b, input(b, manifests)))
	}
}
