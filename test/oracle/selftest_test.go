package oracle

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func recorded(t testing.TB) []*Case {
	t.Helper()
	cases, err := Load(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(cases) != len(files) || len(cases) < 400 {
		t.Fatalf("%d cases of %d files, %v", len(cases), len(files), err)
	}
	return cases
}

// TestRecordingEqualsItself feeds the comparer with what was recorded: nothing may differ.
func TestRecordingEqualsItself(t *testing.T) {
	for _, c := range recorded(t) {
		for _, a := range c.Answers {
			if d := Compare(a, played(a)); len(d) > 0 {
				t.Errorf("%s %q: %v", c.Name, a.Name, d)
			}
		}
	}
}

// played is an answer that a perfect replacement would give: "~" is filled with something.
func played(a Answer) Answer {
	a.ByServer, a.ByStatus = middle(a.ByServer), middle(a.ByStatus)
	a.Upstream.List = slices.Clone(a.Upstream.List)
	for i, s := range a.Upstream.List {
		if s.Server == "~" {
			s.Server = "a3"
		}
		if s.URI == "~" {
			s.URI = "/any"
		}
		a.Upstream.List[i] = s
	}
	if a.Body == "~" {
		a.Body = "@echo a3"
	}
	return a
}

func middle(in map[string]Count) map[string]Count {
	if in == nil {
		return nil
	}
	out := map[string]Count{}
	for k, c := range in {
		n := (c.Low + c.High) / 2
		out[k] = Count{Low: n, High: n}
	}
	return out
}

// TestMutationsDiffer changes one thing at a time in every recorded answer: each change must be noticed.
func TestMutationsDiffer(t *testing.T) {
	tried := map[string]int{}
	for _, c := range recorded(t) {
		for _, a := range c.Answers {
			for _, m := range mutations() {
				changed := played(a)
				if !m.apply(&changed) {
					continue
				}
				tried[m.name]++
				if len(Compare(a, changed)) == 0 {
					t.Errorf("%s %q: changed %s and nothing differs", c.Name, a.Name, m.name)
				}
			}
		}
	}
	for _, m := range mutations() {
		if tried[m.name] == 0 {
			t.Errorf("no recorded answer allows the mutation %q", m.name)
		}
	}
}

// TestEveryPlaceholderMeansSomething fills every case and reads its objects.
func TestEveryPlaceholderMeansSomething(t *testing.T) {
	pki, err := NewPKI()
	if err != nil {
		t.Fatal(err)
	}
	p := Place{Namespace: "ns-1", Block: testBlock(), PKI: pki}
	for _, c := range recorded(t) {
		for _, text := range []string{c.Manifests, c.Update, c.ConfigMap} {
			filled, err := p.fill(text)
			if err != nil {
				t.Errorf("%s: %v", c.Name, err)
			}
			if left := placeholder().FindString(filled); left != "" {
				t.Errorf("%s: %s is left", c.Name, left)
			}
		}
		filled, _ := p.fill(c.Manifests)
		if all, err := objects(filled, "ns-1", time.Unix(0, 0)); err != nil || len(all) == 0 {
			t.Errorf("%s: %d objects, %v", c.Name, len(all), err)
		}
	}
}

// TestPlanKeepsHostsApart checks that no two cases of a batch name the same host, and that every case is in one batch.
func TestPlanKeepsHostsApart(t *testing.T) {
	cases := recorded(t)
	batches, err := Plan(cases)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, b := range batches {
		owner := map[string]string{}
		for _, c := range b.Cases {
			seen[c.Name]++
			hosts, err := c.hosts()
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range hosts {
				if o, ok := owner[h]; ok {
					t.Errorf("batch %s: %s and %s both have host %q", b.Name, o, c.Name, h)
				}
				owner[h] = c.Name
			}
			alone := c.Alone || c.ConfigMap != "" || c.Update != "" || len(c.Flags) > 0
			if alone && len(b.Cases) > 1 {
				t.Errorf("%s shares a batch", c.Name)
			}
		}
	}
	for _, c := range cases {
		if seen[c.Name] != 1 {
			t.Errorf("%s is in %d batches", c.Name, seen[c.Name])
		}
	}
	if first := len(batches[0].Cases); first < 300 {
		t.Errorf("the first batch has only %d cases: %v", first, fmt.Sprint(len(batches)))
	}
}
