package render

import (
	"slices"
	"testing"

	"github.com/hawser-ingress/hawser/internal/haproxy"
)

// TestSparesGoToWhatIsUsedMost: each kind gets some, as long as there are any.
func TestSparesGoToWhatIsUsedMost(t *testing.T) {
	tests := map[string]struct {
		uses map[string]int // rules -> backends
		all  int
		want []int // spares, the most used first
	}{
		"few kinds":          {map[string]int{"a": 1, "b": 3}, 256, []int{16, 16}},
		"as many as in use":  {map[string]int{"a": 40, "b": 3}, 256, []int{40, 16}},
		"no more than most":  {map[string]int{"a": 400, "b": 3}, 256, []int{64, 16}},
		"few for each first": {map[string]int{"a": 60, "b": 1, "c": 2}, 30, []int{14, 8, 8}},
		"not enough":         {map[string]int{"a": 60, "b": 1, "c": 2}, 10, []int{8, 2, 0}},
		"plain ones aside":   {map[string]int{"": 60, "b": 1}, 10, []int{10}},
	}
	for name, test := range tests {
		var all []*haproxy.Backend
		for rules, n := range test.uses {
			for range n {
				all = append(all, &haproxy.Backend{Name: "x:y", Movable: true, Rules: haproxy.Text{Bytes: []byte("backend x:y from d\n" + rules)}})
			}
		}
		all = append(all, &haproxy.Backend{Name: "fixed", Rules: haproxy.Text{Bytes: []byte("backend fixed from d\nfixed\n")}})
		all = append(all, &haproxy.Backend{Name: "own", Movable: true, Rules: haproxy.Text{Bytes: []byte("backend own from d\nuse own\n")}})
		var got []int
		for _, k := range kindsOf(all, haproxy.Backend{Name: "p", Rules: haproxy.Text{Bytes: []byte("backend p from d\n")}}, test.all) {
			got = append(got, k.spares)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// TestCopiesHaveListsOfTheirOwn: what a copy compares with is not what the original does.
func TestCopiesHaveListsOfTheirOwn(t *testing.T) {
	b := haproxy.Backend{Name: "x:y", Lists: []string{"lists/x:y.allowed"}, Rules: haproxy.Text{Bytes: []byte("backend x:y from d\n    acl allowed src -f lists/x:y.allowed\n")}}
	c := b.Copy("spare")
	if want := "backend spare from d\n    acl allowed src -f lists/spare.allowed\n"; string(c.Rules.Bytes) != want || !slices.Equal(c.Lists, []string{"lists/spare.allowed"}) {
		t.Errorf("%q with %v, want %q", c.Rules.Bytes, c.Lists, want)
	}
	if string(c.Body()) != string(b.Body()) {
		t.Errorf("the rules are others: %q, %q", c.Body(), b.Body())
	}
}
