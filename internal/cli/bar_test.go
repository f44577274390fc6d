package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBar(t *testing.T) {
	var out bytes.Buffer
	b := &bar{out: &out, start: time.Now().Add(-10 * time.Second)}
	b.show(30, 120, "2 different")
	b.show(31, 120, "3 different") // too soon
	b.show(120, 120, "4 different")
	b.end()
	want := "\r[=======                       ] 30/120, 2 different, 30s left\x1b[K\r[" + strings.Repeat("=", 30) + "] 120/120, 4 different, 0s left\x1b[K\r\x1b[K"
	if out.String() != want {
		t.Errorf("%q", out.String())
	}
}

func TestBarIsForTerminals(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := newBar(f)
	b.show(1, 1, "")
	b.end()
	if info, err := f.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("a file got %d bytes, %v", info.Size(), err)
	}
}
