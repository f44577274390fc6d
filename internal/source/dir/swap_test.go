package dir

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestWhatIsSwappedIsWhatAllFilesSay changes a folder at random. What Load makes of the changes is what it makes of all
// files, whether it is told where something changed or finds it by itself.
func TestWhatIsSwappedIsWhatAllFilesSay(t *testing.T) {
	folder := t.TempDir()
	r := rand.New(rand.NewPCG(5, 6))
	manifest := func() string {
		var b strings.Builder
		for range r.IntN(3) {
			b.WriteString("---\n" + configMap(fmt.Sprint("c", r.IntN(90)), fmt.Sprint(r.IntN(3))))
		}
		switch r.IntN(25) {
		case 0:
			b.WriteString("---\nkind: [\n")
		case 1:
			b.WriteString("---\napiVersion: v1\nkind: Endpoints\nmetadata: {name: e}\nsubsets: [{addresses: [{ip: 192.0.2.1}], ports: [{port: 80}]}]\n")
		case 2:
			b.WriteString("---\napiVersion: batch/v1\nkind: Job\nmetadata: {name: j}\n")
		case 3, 4, 5, 6:
			fmt.Fprintf(&b, "---\napiVersion: v1\nkind: Service\nmetadata: {name: s%d}\nspec: {ports: [{port: %d}]}\n", r.IntN(9), 1+r.IntN(9))
		}
		return b.String()
	}
	write(t, filepath.Join(folder, "z.yaml"), "")
	told, alone := open(t, folder), open(t, folder)
	told.known.set(walk([]string{folder}))
	swapped, touched := 0, 0
	for round := range 300 {
		var paths []string
		for range 1 + r.IntN(3) {
			path := filepath.Join(folder, fmt.Sprintf("f%d.yaml", r.IntN(12)))
			paths = append(paths, path)
			if r.IntN(5) == 0 {
				_ = os.Remove(path)
			} else {
				write(t, path, manifest())
			}
		}
		if told.known.touch(paths) {
			touched++
		} else {
			told.known.set(walk([]string{folder}))
		}
		for _, s := range []*Source{told, alone} {
			before := s.whole
			got, issues := load(t, s)
			if before != nil && before == s.whole {
				swapped++
			}
			scratch := assemble(s.sorted())
			want := scratch.out
			if listing(got) != listing(want) || dump(t, got) != dump(t, want) || !reflect.DeepEqual(got.ConfigMaps, want.ConfigMaps) || !reflect.DeepEqual(got.Services, want.Services) {
				t.Fatalf("round %d:\n%s\nand not\n%s", round, listing(got), listing(want))
			}
			if printed(t, issues) != printed(t, scratch.issues.Sorted()) {
				t.Fatalf("round %d:\n%s\nand not\n%s", round, printed(t, issues), printed(t, scratch.issues.Sorted()))
			}
			if s.whole.plain != scratch.plain {
				t.Fatalf("round %d: plain is %v", round, s.whole.plain)
			}
		}
		a, _ := load(t, told)
		b, _ := load(t, alone)
		if listing(a) != listing(b) || dump(t, a) != dump(t, b) {
			t.Fatalf("round %d: who is told sees\n%s\nwho looks\n%s", round, listing(a), listing(b))
		}
	}
	if swapped < 50 || touched < 200 {
		t.Errorf("of 300 changes %d were swapped, %d told", swapped, touched)
	}
}
