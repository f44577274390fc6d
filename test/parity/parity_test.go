// Package parity sends the same requests to nginx, configured as ingress-nginx
// configures it, and to Hawser, and compares what the client and the upstream
// see. A difference fails unless differences_test.go lists it, says why, and
// says what Hawser does instead; a listed difference that doesn't occur fails, too.
package parity

import (
	"crypto/tls"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hawser-ingress/hawser/test/rig"
)

// workers is how many cases run at once; the proxies and the upstreams share
// the cores with them.
const workers = 8

// shown is how many differences of a class are printed in full.
const shown = 8

func TestParity(t *testing.T) {
	pki, err := rig.NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	hosts := rig.Hosts()
	var nginx, hawser *rig.Proxy
	nginx = rig.Nginx(t, hosts, pki)
	hawser = rig.Hawser(t, hosts, pki)
	version := haproxyVersion(t)
	t.Logf("HAProxy %s", version)

	cases := allCases(hosts, pki)
	pairs := runAll(cases, nginx, hawser)
	rules := differences(version)
	used := make([]int, len(rules))
	failures, resumed := 0, 0
	for i, c := range cases {
		resumed += pairs[i].nginxResumed
		for n := range pairs[i].nginx {
			want := pairs[i].nginx[n]
			for r, rule := range rules {
				if !rule.applies(c, want) {
					continue
				}
				if next := rule.expect(c, want.clone()); next.String() != want.String() {
					want = next
					used[r]++
				}
			}
			if got := pairs[i].hawser[n]; got.String() != want.String() {
				failures++
				if failures <= shown*5 {
					t.Errorf("%s, connection %d\n  nginx:  %s\n  expect: %s\n  hawser: %s", c, n+1, pairs[i].nginx[n], want, got)
				}
			}
		}
	}
	if failures > 0 {
		t.Errorf("%d of %d cases differ without being listed", failures, len(cases))
		summary(t, cases, pairs)
	}
	for r, rule := range rules {
		t.Logf("%6d × %s", used[r], rule.class)
		if used[r] == 0 {
			t.Errorf("difference %q is listed and doesn't occur: take it out", rule.class)
		}
	}
	if resumed == 0 {
		t.Error("nginx resumed no session: the resumed cases compare nothing")
	}
	t.Logf("%d cases, %d sessions resumed by nginx", len(cases), resumed)
}

// pair is what both proxies did with one case.
type pair struct {
	nginx, hawser []outcome
	nginxResumed  int
}

func runAll(cases []testCase, nginx, hawser *rig.Proxy) []pair {
	pairs := make([]pair, len(cases))
	indices := make(chan int)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			for i := range indices {
				token := rig.Token(i)
				pairs[i].nginx, pairs[i].nginxResumed = cases[i].run(nginx, token)
				pairs[i].hawser, _ = cases[i].run(hawser, token)
			}
		})
	}
	for i := range cases {
		indices <- i
	}
	close(indices)
	wait.Wait()
	return pairs
}

// summary counts the raw differences by host and client, to see the pattern of
// a failure at a glance.
func summary(t *testing.T, cases []testCase, pairs []pair) {
	t.Helper()
	counts := map[string]int{}
	for i, c := range cases {
		for n := range pairs[i].nginx {
			a, b := pairs[i].nginx[n], pairs[i].hawser[n]
			if a.String() != b.String() {
				counts[fmt.Sprintf("%s %s %s: %s -> %s", c.group, c.host, c.client.Name, a.short(), b.short())]++
			}
		}
	}
	var lines []string
	for line, n := range counts {
		lines = append(lines, fmt.Sprintf("%s ×%d", line, n))
	}
	slices.Sort(lines)
	t.Logf("raw differences, listed ones included:\n%s", strings.Join(lines[:min(len(lines), 400)], "\n"))
}

// haproxyVersion is the branch of the HAProxy under test, such as "2.6".
func haproxyVersion(t *testing.T) string {
	t.Helper()
	out, err := exec.Command(rig.HAProxyBinary(), "-v").Output()
	if err != nil {
		t.Fatalf("ask HAProxy for its version: %v", err)
	}
	fields := strings.Fields(string(out))
	if len(fields) < 3 {
		t.Fatalf("unexpected version line %q", out)
	}
	parts := strings.SplitN(fields[2], ".", 3)
	if len(parts) < 2 {
		t.Fatalf("unexpected version %q", fields[2])
	}
	return parts[0] + "." + parts[1]
}

// versionName is how a TLS version is written in a failure.
func versionName(v uint16) string {
	if v == tls.VersionTLS12 {
		return "TLS1.2"
	}
	return "TLS1.3"
}
