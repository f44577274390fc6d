package explain_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-ingress/hawser/internal/explain"
)

var update = flag.Bool("update", false, "rewrite testdata")

// TestForms shows what a reader sees and what a program reads. The manifests are those of the comparison.
func TestForms(t *testing.T) {
	f := fixtures(t)
	s := serve(t, f, manifests)
	alice, err := f.Client("clients", "alice, with a comma")
	if err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]question{
		"backend":   {url: "https://cn.test/", cert: alice},
		"refused":   {url: "https://page.test/x", cert: nil},
		"closed":    {url: "https://denied.test/"},
		"redirect":  {url: "http://tls.test/a//%61/?x=1"},
		"otherhost": {url: "https://on.test/", sni: "cn.test", cert: alice},
		"nobody":    {url: "http://plain.test/nowhere/x"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := s.world.Explain(s.request(q))
			var text, js bytes.Buffer
			if err := errors.Join(explain.WriteText(&text, answer), explain.WriteJSON(&js, answer)); err != nil {
				t.Fatal(err)
			}
			same(t, name+".txt", s.mask(text.String()))
			same(t, name+".json", s.mask(js.String()))
			var back explain.Answer
			if err := json.Unmarshal(js.Bytes(), &back); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(*answer, back); diff != "" {
				t.Errorf("JSON reads back as something else:\n%s", diff)
			}
		})
	}
}

// mask replaces the ports of the backends.
func (s *server) mask(text string) string {
	for _, b := range s.world.Model.Backends {
		for _, e := range b.Endpoints {
			text = strings.ReplaceAll(text, e.Addr.String()+":"+strconv.Itoa(int(e.Port)), "127.0.0.1:("+b.ID.Service+")")
		}
	}
	return text
}

func same(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is something else (go test -update rewrites it):\n%s", path, diff)
	}
}

func TestManifestTextCannotDriveATerminal(t *testing.T) {
	var out bytes.Buffer
	a := &explain.Answer{Request: explain.Asked{Method: "GET", Scheme: "http", Host: "a\x1b[2J\u202e\n", Target: "/"}, Host: explain.Host{Match: "none"}}
	if err := explain.WriteText(&out, a); err != nil {
		t.Fatal(err)
	}
	if first, _, _ := strings.Cut(out.String(), "\n"); first != `Request       GET http://a\x1b[2J\u202e\n/` {
		t.Errorf("%q", first)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorsAreReturned(t *testing.T) {
	if explain.WriteText(full{}, &explain.Answer{}) == nil || explain.WriteJSON(full{}, &explain.Answer{}) == nil {
		t.Error("a failed write was not returned")
	}
}
