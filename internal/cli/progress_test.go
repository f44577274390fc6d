package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestBar(t *testing.T) {
	var out bytes.Buffer
	p := &progress{out: &out, start: time.Now().Add(-10 * time.Second)}
	p.bar(30, 120, "2 different")
	p.bar(31, 120, "3 different") // too soon
	p.bar(120, 120, "4 different")
	want := "\r\x1b[K[=======                       ] 30/120, 2 different, 30s left\r\x1b[K[" + strings.Repeat("=", 30) + "] 120/120, 4 different, 0s left"
	if out.String() != want {
		t.Errorf("%q", out.String())
	}
}
