package profile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hawser-ingress/hawser/bench/gen"
)

func TestTheProfilesThatAreThereAreRead(t *testing.T) {
	files, err := filepath.Glob("../profiles/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		p, err := Read(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Name != strings.TrimSuffix(filepath.Base(path), ".yaml") {
			t.Errorf("%s is named %s", path, p.Name)
		}
	}
}

// TestTheYardstickServesTheFirstSite: its addresses are written by hand.
func TestTheYardstickServesTheFirstSite(t *testing.T) {
	for _, name := range []string{"haproxy-cfg", "haproxy-cfg-log"} {
		p, err := Read("../profiles/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		state := t.TempDir()
		if err := p.Write(Words{State: state}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(state, "haproxy.cfg"))
		if err != nil {
			t.Fatal(err)
		}
		want := []string{gen.Host(0)}
		for _, a := range gen.Endpoints(0, 0) {
			want = append(want, a.String()+":8000")
		}
		for _, word := range want {
			if !strings.Contains(string(text), word) {
				t.Errorf("%s lacks %s", name, word)
			}
		}
	}
}

func TestParseRefusesWhatWouldMeasureSomethingElse(t *testing.T) {
	good := "name: a\nobjects: folder\nstart: [\"{hawser}\", \"--dir={manifests}/x{state}\"]\nhttp: 127.0.0.1:1\nhttps: 127.0.0.1:2\n"
	p, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	argv, err := p.Argv(Words{Hawser: "/h", Manifests: "/{m}", State: "/s"})
	if err != nil || !slices.Equal(argv, []string{"/h", "--dir=/{m}/x/s"}) {
		t.Error(argv, err)
	}
	for name, replace := range map[string][2]string{
		"no name":         {"name: a", "name: ''"},
		"unknown field":   {"name: a", "name: a\nhost: b"},
		"unknown objects": {"folder", "folders"},
		"no program":      {`["{hawser}", "--dir={manifests}/x{state}"]`, "[]"},
		"unknown word":    {"{hawser}", "{howser}"},
		"open brace":      {"{hawser}", "{hawser}{"},
		"no address":      {"http: 127.0.0.1:1", "http: ''"},
		"no TLS":          {"https: 127.0.0.1:2", ""},
		"half a counter":  {"name: a", "name: a\nreloads: {url: x}"},
	} {
		text := strings.Replace(good, replace[0], replace[1], 1)
		if text == good {
			t.Fatal(name)
		}
		if p, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: read as %+v", name, p)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("name: a\nobjects: none\nstart: [x]\nhttp: a:1\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := Parse(text); err == nil && (p.Name == "" || len(p.Start) == 0) {
			t.Errorf("%q is read as %+v", text, p)
		}
	})
}

func TestSumAddsTheSeriesOfOneFigure(t *testing.T) {
	scrape := []byte(`# HELP reloads_total x
reloads_total{reason="start",result="success"} 1
reloads_total{reason="a } b",result="success"} 2
reloads_total{reason="c",result="failure"} 3
reloads_total_created{reason="c"} 100
plain 4.5
`)
	for _, c := range []struct {
		counter Counter
		want    float64
	}{
		{Counter{Metric: "reloads_total"}, 6},
		{Counter{Metric: "reloads_total", Without: `reason="start"`}, 5},
		{Counter{Metric: "plain"}, 4.5},
		{Counter{Metric: "absent"}, 0},
	} {
		if got, err := c.counter.Sum(scrape); err != nil || got != c.want {
			t.Errorf("%+v: %v, %v", c.counter, got, err)
		}
	}
	if _, err := (&Counter{Metric: "plain"}).Sum([]byte("plain many\n")); err == nil {
		t.Error("a value that is no number is read")
	}
}
