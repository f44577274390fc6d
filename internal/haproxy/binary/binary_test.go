package binary

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hawser-ingress/hawser/internal/haproxy/runtime"
)

func haproxy() string {
	if b := os.Getenv("HAWSER_HAPROXY"); b != "" {
		return b
	}
	return "haproxy"
}

func TestInspect(t *testing.T) {
	info, err := Inspect(t.Context(), haproxy())
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(info.Path) || !strings.HasPrefix(info.TLSRunning, "OpenSSL 3.") || info.BufSize != 16384 ||
		!info.Version.AtLeast(2, 6) || info.Version.AtLeast(9, 0) || !info.PCRE2JIT || !info.Features["LUA"] || info.Features["KQUEUE"] {
		t.Errorf("%+v", info)
	}
}

func TestInspectSaysWhatIsWrong(t *testing.T) {
	good := "HAProxy version 2.6.0 2022/05/31 - https://haproxy.org/\n" +
		"Built with OpenSSL version : OpenSSL 3.0.2\nRunning on OpenSSL version : OpenSSL 3.0.2\nBuilt with PCRE2 version : 10.39\n"
	cases := []struct {
		name, script string
		want         error
	}{
		{"good", "cat <<'E'\n" + good + "E", nil},
		{"too old", "cat <<'E'\n" + strings.Replace(good, "2.6.0", "2.5.14-x", 1) + "E", ErrTooOld},
		{"much too old", "echo 'HA-Proxy version 1.8.30 2021'", ErrTooOld},
		{"no OpenSSL", "cat <<'E'\n" + strings.ReplaceAll(good, "OpenSSL", "nothing") + "E", ErrNoOpenSSL},
		{"no PCRE2", "cat <<'E'\n" + strings.ReplaceAll(good, "PCRE2", "PCRE") + "E", ErrNoPCRE2},
		{"another program", "echo hello", ErrNotRun},
		{"fails", "exit 3", ErrNotRun},
	}
	for _, c := range cases {
		path := filepath.Join(t.TempDir(), "haproxy")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+c.script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		if _, err := Inspect(t.Context(), path); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	plain := filepath.Join(t.TempDir(), "haproxy")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{plain: ErrNotRun, "/nowhere/haproxy": ErrNotFound, "no-such-haproxy": ErrNotFound} {
		if _, err := Inspect(t.Context(), path); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}

// What these releases do was measured with a client of its own, see the package's documentation of Probe.
func TestProbe(t *testing.T) {
	info, err := Inspect(t.Context(), haproxy())
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	found, err := Probe(t.Context(), haproxy())
	isolated := found.Isolated
	took := time.Since(begin)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: isolated %t, in %v", info.Version, isolated, took)
	v := info.Version
	fixed := v.AtLeast(3, 3) || v.AtLeast(3, 2) && v.Patch >= 23
	known := map[string]bool{"2.6.12-1+deb12u4": false, "3.0.11-1+deb13u4": false}
	if want, ok := known[v.Text]; ok && isolated != want {
		t.Errorf("isolated %t", isolated)
	}
	if fixed && !isolated {
		t.Error("not isolated")
	}
	if missing := found.Abilities.String(); missing != "all but add server … max-reuse" { // measured, 2.6 to 3.2
		t.Errorf("it can do %s", missing)
	}
	if took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestProbeThatFailsIsNotIsolated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "haproxy")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho broken >&2; exit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	found, err := Probe(t.Context(), path)
	if found.Isolated || found.Abilities.Lacks(runtime.AddMap("m", "k", "v")) == "" || !errors.Is(err, ErrNotRun) || !strings.Contains(err.Error(), "broken") {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err := Probe(t.Context(), "/nowhere"); found.Isolated || err == nil {
		t.Errorf("%+v, %v", found, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("HAProxy version 2.6.12-1+deb12u4 2026/10/17\nFeature list : -A +B\n  bufsize = 16384, maxrewrite = 1024\n")
	f.Add("HAProxy version \nFeature list : \n bufsize = x\n")
	f.Fuzz(func(t *testing.T, text string) {
		info, err := parse(text)
		if err == nil && (info.TLSRunning == "" || !info.Version.AtLeast(2, 6)) {
			t.Errorf("accepted %+v", info)
		}
	})
}
