package cli

import (
	"strings"
	"testing"
)

// TestTakeoverCommandLines refuses what can't be meant before anything is asked of a cluster.
func TestTakeoverCommandLines(t *testing.T) {
	for line, want := range map[string]string{
		"takeover --yes --dry-run":              "none of the others can be",
		"takeover --traffic pigeon":             "--traffic pigeon is neither service nor address",
		"takeover --through end":                "--through end is none of keep, old-status",
		"preflight --from nginx":                "--from nginx is not namespace/name",
		"shadow -o yaml":                        "-o yaml is neither text nor json",
		"rollback --certificate-authority ca":   "--certificate-authority is for --apiserver-host",
		"rollback --to edge":                    "--to edge is not namespace/name",
		"preflight --kubeconfig no-such-config": "no-such-config",
	} {
		status, out, errs := runWith("", strings.Fields(line)...)
		if status == 0 || status == 3 || !strings.Contains(errs, want) || out != "" {
			t.Errorf("%s: exit status %d: %s%s", line, status, out, errs)
		}
	}
}
