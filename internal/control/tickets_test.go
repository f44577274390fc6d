package control

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/haproxy"
)

// TestEachStartHasKeysOfItsOwn: a worker that is started anew from the same configuration reads other keys of tickets.
func TestEachStartHasKeysOfItsOwn(t *testing.T) {
	b := haproxy.NewBundle()
	b.Trust.Tickets = "tickets.keys"
	f := files{dir: t.TempDir()}
	f.want(b)
	seen := map[string]bool{}
	for n := range 3 {
		if err := f.flush(); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(f.dir, "tickets.keys"))
		if err != nil {
			t.Fatal(err)
		}
		keys := strings.Fields(string(data))
		for _, key := range keys {
			seen[key] = true
		}
		if len(keys) != 3 || len(seen) != 3*(n+1) {
			t.Errorf("start %d: %d keys, and %d in all", n, len(keys), len(seen))
		}
	}
}
