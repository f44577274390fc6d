package nginx

import (
	"os"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/dialect"
)

// TestEveryKeyIsKnown: each annotation and each key of the ConfigMap of ingress-nginx v1.15 is declared; of the
// annotations most are served, and a key that is not says why or what to use.
func TestEveryKeyIsKnown(t *testing.T) {
	registry := dialect.NewRegistry(Features())
	for file, wrong := range map[string]dialect.Scope{"annotations.txt": dialect.Setting, "settings.txt": dialect.Annotation} {
		text, err := os.ReadFile("testdata/keys/" + file)
		if err != nil {
			t.Fatal(err)
		}
		names, served := strings.Fields(string(text)), 0
		for _, name := range names {
			d, known := registry.Lookup(name)
			switch {
			case !known || d.Scope == wrong:
				t.Errorf("%s: %s is not declared", file, name)
			case d.Support != dialect.None:
				served++
			case d.Doc == "" && d.Instead == "":
				t.Errorf("%s: nothing is said of why %s is not served", file, name)
			}
		}
		if file == "annotations.txt" && (len(names) != 138 || served < 110) {
			t.Errorf("%d of %d annotations are served", served, len(names))
		}
	}
}
