package oracle

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/hawser-ingress/hawser/internal/cli" // what the built command consists of, so that a cached result is never that of an older one
)

var (
	rewrite  = flag.Bool("update", false, "rewrite pending.txt")
	caseGlob = flag.String("case", "", "replay only the cases that match one of these globs, separated by commas, and print every difference")
)

const (
	// sharing is how many cases of a batch run at a time; most of their time is spent waiting.
	sharing = 4
	// alone is how many Hawsers with a single case run at a time.
	alone = 3
)

// TestReplay sends every recorded request to Hawser and compares.
func TestReplay(t *testing.T) {
	cases := chosen(t, recorded(t))
	start := time.Now()
	findings := replayAll(t, newReplayer(t), cases)
	t.Logf("%d cases replayed in %s", len(cases), time.Since(start).Round(time.Second))
	if *caseGlob != "" {
		for _, f := range findings {
			t.Logf("%s %q: %s: want %.300q, got %.300q", f.Case, f.Request, f.Field, f.Want, f.Got)
		}
		unlisted, _, _ := Sort(findings, append(entries(t, "differences.txt"), entries(t, "pending.txt")...))
		for _, f := range unlisted {
			t.Errorf("%s %q: %s is on no list", f.Case, f.Request, f.Field)
		}
		return
	}
	reasoned := entries(t, "differences.txt")
	if *rewrite {
		unlisted, _, _ := Sort(findings, reasoned)
		writePending(t, unlisted)
	}
	check(t, cases, findings, reasoned, entries(t, "pending.txt"))
}

func chosen(t *testing.T, all []*Case) []*Case {
	t.Helper()
	if *caseGlob == "" {
		return all
	}
	matches := func(c *Case) bool {
		return slices.ContainsFunc(strings.Split(*caseGlob, ","), func(glob string) bool {
			ok, err := path.Match(glob, c.Name)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		})
	}
	out := slices.DeleteFunc(slices.Clone(all), func(c *Case) bool { return !matches(c) })
	if len(out) == 0 {
		t.Fatalf("no case matches %s", *caseGlob)
	}
	return out
}

func newReplayer(t *testing.T) *Replayer {
	t.Helper()
	dir := t.TempDir()
	r := &Replayer{Dir: dir, Binary: filepath.Join(dir, "hawser"), HAProxy: cmp.Or(os.Getenv("HAWSER_HAPROXY"), "haproxy")}
	if given := os.Getenv("HAWSER_BINARY"); given != "" {
		r.Binary = given
	} else if out, err := exec.Command("go", "build", "-o", r.Binary, "../../cmd/hawser").CombinedOutput(); err != nil {
		t.Fatalf("build hawser: %v\n%s", err, out)
	}
	var err error
	if r.PKI, err = NewPKI(); err != nil {
		t.Fatal(err)
	}
	for range sharing {
		f, err := StartFarm(r.PKI)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
		r.Farms = append(r.Farms, f)
	}
	return r
}

// replayAll runs the shared batches one after the other and the others side by side.
func replayAll(t *testing.T, r *Replayer, cases []*Case) []Finding {
	t.Helper()
	batches, err := Plan(cases)
	if err != nil {
		t.Fatal(err)
	}
	results := make([][]Result, len(batches))
	run := func(i int, farms []*Farm) {
		var err error
		if results[i], err = r.Run(context.Background(), batches[i], farms); err != nil {
			t.Errorf("batch %s: %v", batches[i].Name, err)
		}
	}
	queue := make(chan int, len(batches))
	for i, b := range batches {
		if len(b.Cases) > 1 {
			run(i, r.Farms)
			continue
		}
		queue <- i
	}
	close(queue)
	var group sync.WaitGroup
	for n := range alone {
		group.Go(func() {
			for i := range queue {
				run(i, r.Farms[n:n+1])
			}
		})
	}
	group.Wait()
	var findings []Finding
	for _, list := range results {
		for _, one := range list {
			findings = append(findings, one.Findings...)
		}
	}
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(a.Case, b.Case) })
	return findings
}

func entries(t *testing.T, name string) []Entry {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	all, err := ParseEntries(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, e := range all {
		if (e.Class == Pending) != (name == "pending.txt") {
			t.Errorf("%s, line %d: class %s belongs to the other file", name, e.Line, e.Class)
		}
	}
	return all
}

func writePending(t *testing.T, findings []Finding) {
	t.Helper()
	var out strings.Builder
	out.WriteString("# Differences that are not accepted, only known. Written by: go test ./test/oracle -run TestReplay -update\n")
	for _, e := range PendingEntries(findings) {
		out.WriteString(e.String() + "\n")
	}
	if err := os.WriteFile("pending.txt", []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// check fails on differences that aren't listed and on entries that nothing needs, and prints the balance.
func check(t *testing.T, cases []*Case, findings []Finding, reasoned, pending []Entry) {
	t.Helper()
	unlisted, _, classes := Sort(findings, append(slices.Clone(reasoned), pending...))
	for _, f := range unlisted {
		t.Errorf("%s %q: %s: want %.200q, got %.200q", f.Case, f.Request, f.Field, f.Want, f.Got)
	}
	_, stale, _ := Sort(findings, reasoned)
	for _, s := range stale {
		t.Errorf("differences.txt, %s", s)
	}
	_, stale, _ = Sort(findings, pending)
	for _, s := range stale {
		t.Errorf("pending.txt, %s; rewrite it with -update", s)
	}
	t.Log("\n" + balance(cases, unlisted, classes))
}

// balance counts the requests of each area: equal, different for a reason, pending, unlisted.
func balance(cases []*Case, unlisted []Finding, classes map[Class][]Finding) string {
	type row struct{ total, reason, pending, unlisted int }
	rows := map[string]*row{}
	worst := map[[2]string]int{}
	mark := func(list []Finding, rank int) {
		for _, f := range list {
			key := [2]string{f.Case, f.Request}
			worst[key] = max(worst[key], rank)
		}
	}
	mark(classes[Safer], 1)
	mark(classes[Chosen], 1)
	mark(classes[HAProxy], 1)
	mark(classes[Pending], 2)
	mark(unlisted, 3)
	for _, c := range cases {
		area, _, _ := strings.Cut(c.Name, "/")
		for _, key := range []string{area, "all"} {
			if rows[key] == nil {
				rows[key] = &row{}
			}
			for _, q := range c.Requests {
				rows[key].total++
				switch worst[[2]string{c.Name, q.Name}] {
				case 1:
					rows[key].reason++
				case 2:
					rows[key].pending++
				case 3:
					rows[key].unlisted++
				}
			}
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%-15s %8s %8s %8s %8s %8s\n", "requests", "total", "equal", "reason", "pending", "unlisted")
	for _, area := range slices.Sorted(maps.Keys(rows)) {
		r := rows[area]
		fmt.Fprintf(&out, "%-15s %8d %8d %8d %8d %8d\n", area, r.total, r.total-r.reason-r.pending-r.unlisted, r.reason, r.pending, r.unlisted)
	}
	return out.String()
}
