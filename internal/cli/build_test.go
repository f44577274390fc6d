package cli

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/haproxy/process"
)

func TestALowLimitOfOpenFilesIsReported(t *testing.T) {
	for files, reported := range map[uint64]bool{1024: true, 50: true, 1_048_576: false} {
		var log bytes.Buffer
		n := roomFor(process.FDLimit{Soft: files, Hard: files}, 3, slog.New(slog.NewTextHandler(&log, nil)))
		if got := strings.Contains(log.String(), "few connections"); got != reported || n < 0 || uint64(2*n) > files {
			t.Errorf("%d files: %d connections, %q", files, n, log.String())
		}
	}
}
