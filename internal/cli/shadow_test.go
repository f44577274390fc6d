package cli

import (
	"strings"
	"testing"
)

// TestShadowHasNoWebhook: a trial must not decide about what others write.
func TestShadowHasNoWebhook(t *testing.T) {
	status, _, errs := runWith("", "run", "--manifests", t.TempDir(), "--shadow", "--validating-webhook=:0",
		"--validating-webhook-certificate=a", "--validating-webhook-key=b")
	if status != 2 || !strings.Contains(errs, "--shadow and --validating-webhook exclude each other") {
		t.Errorf("exit status %d: %s", status, errs)
	}
}
