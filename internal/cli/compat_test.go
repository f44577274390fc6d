package cli

import (
	"bytes"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "rewrite the list of flags in the documentation")

func runFlags() *pflag.FlagSet { return newRun(Streams{}).Flags() }

// TestEveryFlagOfIngressNginxIsAccepted takes the names and types of ingress-nginx v1.15.
func TestEveryFlagOfIngressNginxIsAccepted(t *testing.T) {
	data, err := os.ReadFile("testdata/ingress-nginx-flags.tsv")
	if err != nil {
		t.Fatal(err)
	}
	example := map[string]string{
		"bool": "true", "int": "7", "duration": "90s", "float32": "0.5", "float64": "1.5", "uint32": "9",
		"ip": "127.0.0.2", "stringslice": "a,b", "float64slice": "1,2", "string": "x/y",
	}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		name, kind, _ := strings.Cut(line, "\t")
		value, known := example[kind]
		if !known {
			t.Fatalf("%s is of the type %q", name, kind)
		}
		if err := runFlags().Parse([]string{"--" + name + "=" + value}); err != nil {
			t.Errorf("--%s=%s: %v", name, value, err)
		}
		if kind == "bool" {
			if err := runFlags().Parse([]string{"--" + name}); err != nil {
				t.Errorf("--%s: %v", name, err)
			}
		}
	}
}

func TestFlagsOfKlogAreAccepted(t *testing.T) {
	for _, args := range [][]string{
		{"-v=2"}, {"--v=5"}, {"--logtostderr"}, {"--logtostderr=false"}, {"--alsologtostderr=true"}, {"--stderrthreshold=0"},
		{"--vmodule=reflector=4"}, {"--log_dir=/tmp"}, {"--one_output"}, {"--skip_headers"}, {"--log_file_max_size=10"},
	} {
		if err := runFlags().Parse(args); err != nil {
			t.Errorf("%v: %v", args, err)
		}
	}
	if err := runFlags().Parse([]string{"--watch-namespaces=x"}); err == nil {
		t.Error("a flag that does not exist is accepted")
	}
}

func TestFlagsWithoutEffectAreTold(t *testing.T) {
	for line, want := range map[string]string{
		"--maxmind-license-key=secret":                  "GeoIP",
		"--udp-services-configmap=a/b":                  "UDP",
		"--shutdown-grace-period=5":                     "",
		"--status-port=1 --status-port=10246":           "",
		"--enable-ssl-chain-completion --profiling=off": "error",
	} {
		f := runFlags()
		var log bytes.Buffer
		if err := f.Parse(strings.Fields(line)); err != nil {
			fmt.Fprintln(&log, "error")
		}
		warnCompat(f, slog.New(slog.NewTextHandler(&log, nil)))
		if want == "" && log.Len() > 0 || !strings.Contains(log.String(), want) {
			t.Errorf("%s: the log is %q, want %q", line, log.String(), want)
		}
		if strings.Contains(log.String(), "secret") {
			t.Errorf("%s: the log has the value: %s", line, log.String())
		}
	}
}

// TestFlagsInTheDocumentation holds the list of docs/cluster.md against the code.
func TestFlagsInTheDocumentation(t *testing.T) {
	const path, begin, end = "../../docs/cluster.md", "<!-- flags: go test ./internal/cli -update -->\n", "<!-- end of flags -->"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the list", path)
	}
	var table strings.Builder
	table.WriteString("| flag | why it has no effect |\n|---|---|\n")
	f := runFlags()
	for _, c := range compatFlags() {
		if _, none := f.Lookup(c.name).Value.(*unused); none {
			fmt.Fprintf(&table, "| `--%s` | %s |\n", c.name, c.why)
		}
	}
	want := before + begin + table.String() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(data) {
		t.Errorf("the list of %s is not that of the code; run go test ./internal/cli -update", path)
	}
}

func TestWhatIsServed(t *testing.T) {
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	for line, want := range map[string]string{
		"":                             "nothing to serve",
		"--manifests=a --kubeconfig=b": "exclude each other",
		"--kubeconfig=b --watch-namespace=x --watch-namespace-selector=a=b":     "exclude each other",
		"--kubeconfig=b --publish-service=a/b --publish-status-address=1.2.3.4": "exclude each other",
		"--kubeconfig=b --watch-namespace-selector=a=b=c":                       "--watch-namespace-selector",
		"--kubeconfig=b --publish-service=b":                                    "namespace/name",
		"--kubeconfig=b --status-update-interval=1":                             "5 seconds",
		"--kubeconfig=b --certificate-authority=c":                              "--apiserver-host",
		"--kubeconfig=b --health-check-path=x":                                  "--health-check-path",
		"--kubeconfig=b --shutdown-grace-period=-1":                             "negative",
	} {
		var log bytes.Buffer
		if status := Main(append([]string{"run"}, strings.Fields(line)...), Streams{Out: &log, Err: &log}); status != 2 || !strings.Contains(log.String(), want) {
			t.Errorf("%q: status %d, %s", line, status, log.String())
		}
	}
}
