// Package parity sends the same requests to nginx, configured as ingress-nginx
// configures it, and to Hawser, and compares what the client and the upstream
// see. A difference fails unless it is listed with its reason and with what
// Hawser does instead; a listed difference that doesn't occur fails, too.
package parity

import (
	"crypto/tls"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hawser-ingress/hawser/test/rig"
)

// workers is how many cases run at once; the proxies and the upstreams share
// the cores with them.
const workers = 8

// shown is how many unlisted differences are printed in full.
const shown = 12

func TestMain(m *testing.M) { os.Exit(rig.Main(m)) }

func TestParity(t *testing.T) {
	pki, err := rig.NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	hosts := rig.Hosts()
	nginx := rig.Nginx(t, hosts, pki)
	hawser := rig.Hawser(t, hosts, pki)
	under := inspect(t)
	t.Logf("HAProxy %s, OpenSSL %s", under.haproxy, under.openssl)

	cases := allCases(hosts, pki)
	pairs := runAll(cases, nginx, hawser)
	judge(t, cases, pairs, differences(newTable(hosts, pki, cases, pairs), under))
}

// judge compares, and accounts for every rule.
func judge(t *testing.T, cases []testCase, pairs []pair, rules []difference) {
	t.Helper()
	used := make([]int, len(rules))
	unlisted := map[string]int{}
	failures, resumed := 0, 0
	for i, c := range cases {
		resumed += pairs[i].nginxResumed
		for n, nginx := range pairs[i].nginx {
			want := expected(c, nginx, rules, used)
			got := pairs[i].hawser[n]
			if got.String() == want.String() {
				continue
			}
			failures++
			class := fmt.Sprintf("%s %s %s: nginx %s, expected %s, hawser %s", c.group, c.host, c.client.Name, nginx.short(), want.short(), got.short())
			if unlisted[class]++; unlisted[class] == 1 && len(unlisted) <= shown {
				t.Errorf("%s, connection %d\n  nginx:  %s\n  expect: %s\n  hawser: %s", c, n+1, nginx, want, got)
			}
		}
	}
	if failures > 0 {
		t.Errorf("%d answers differ and aren't listed:\n%s", failures, counted(unlisted))
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

// expected applies the listed differences to nginx's outcome and counts those
// that change it.
func expected(c testCase, want outcome, rules []difference, used []int) outcome {
	for r, rule := range rules {
		if !rule.applies(c, want) {
			continue
		}
		if next := rule.expect(c, want.clone()); next.String() != want.String() {
			want = next
			used[r]++
		}
	}
	return want
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

// counted prints classes with the number of their members, sorted.
func counted(classes map[string]int) string {
	var lines []string
	for class, n := range classes {
		lines = append(lines, fmt.Sprintf("%6d × %s", n, class))
	}
	slices.SortFunc(lines, func(a, b string) int { return strings.Compare(a[7:], b[7:]) })
	return strings.Join(lines[:min(len(lines), 200)], "\n")
}

// build is what the HAProxy under test is made of, as branches such as "3.2".
type build struct{ haproxy, openssl string }

func inspect(t *testing.T) build {
	t.Helper()
	out, err := exec.Command(rig.HAProxyBinary(), "-vv").Output()
	if err != nil {
		t.Fatalf("ask HAProxy for its version: %v", err)
	}
	branch := func(expression string) string {
		found := regexp.MustCompile(expression).FindSubmatch(out)
		if found == nil {
			t.Fatalf("no %q in what HAProxy says of itself:\n%s", expression, out)
		}
		return string(found[1])
	}
	return build{branch(`HAProxy version (\d+\.\d+)`), branch(`Running on (?:SSL library|OpenSSL) version : OpenSSL (\d+\.\d+)`)}
}

// versionName is how a TLS version is written in a failure.
func versionName(v uint16) string {
	if v == tls.VersionTLS12 {
		return "TLS1.2"
	}
	return "TLS1.3"
}
