package compare

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/internal/compare/probe"
)

// TestDocumentationIsComplete: every member of the JSON form and every kind of request is written down.
func TestDocumentationIsComplete(t *testing.T) {
	doc, err := os.ReadFile("../../docs/compare.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("probe/request.go")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	for _, m := range regexp.MustCompile(`Kind = "([a-z-]+)"`).FindAllStringSubmatch(string(source), -1) {
		words[m[1]] = true
	}
	if len(words) < 40 {
		t.Fatalf("%d kinds are found", len(words))
	}
	delete(words, string(probe.Replayed))
	for _, v := range []any{Report{}, Side{}, Group{}, Result{}, Difference{}, Log{}, probe.LeftOut{}, probe.Request{}, Entry{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
			if tag, _, _ := strings.Cut(f.Tag.Get("json"), ","); tag != "" {
				words[tag] = true
			}
		}
	}
	code := map[string]bool{}
	for line := range strings.Lines(string(doc)) {
		if strings.HasPrefix(line, "    ") {
			line = "`" + line + "`"
		}
		for i, part := range strings.Split(line, "`") {
			for _, word := range strings.FieldsFunc(part, func(c rune) bool { return c != '-' && (c < 'A' || c > 'z') }) {
				code[word] = code[word] || i%2 == 1
			}
		}
	}
	for word := range words {
		if !code[word] {
			t.Errorf("docs/compare.md does not name %s", word)
		}
	}
}
