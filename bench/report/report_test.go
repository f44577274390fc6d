package report

import (
	"encoding/xml"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

func sample() *Report {
	return &Report{
		Machine: "2 cores", Date: "2026-01-02", HAProxy: "2.6.12", Kernel: "6.1", Version: "v1",
		Rows: []Row{
			{"a", "first", "<= 1 s", []Limit{{"seconds", 1}, {"reloads", 0}}},
			{"b", "second", "<= 2 s", []Limit{{"seconds", 2}}},
			{"c", "third", "", nil},
			{"d", "never measured", "<= 1", []Limit{{"x", 1}}},
		},
		Cells: []Cell{
			{"a", "folder", "0.9 s", map[string]float64{"seconds": 0.9, "reloads": 0}},
			{"a", "cluster", "1.0 s", map[string]float64{"seconds": 1, "reloads": 0}},
			{"b", "cluster", "1.9 s", map[string]float64{"seconds": 1.9}},
			{"b", "folder", "2.1 s", map[string]float64{"seconds": 2.1}},
			{"c", "folder", "7", map[string]float64{"x": 7}},
		},
	}
}

func TestTheTable(t *testing.T) {
	want := `| what | target | cluster | folder | |
|---|---|---|---|---|
| first | <= 1 s | 1.0 s | 0.9 s | pass |
| second | <= 2 s | 1.9 s | 2.1 s | fail |
| third |  | | 7 | |

2 cores, Linux 6.1, HAProxy 2.6.12, Hawser v1, 2026-01-02.
`
	r := sample()
	if got := r.Markdown(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if failed := r.Failed(); !slices.Equal(failed, []string{"b"}) {
		t.Error(failed)
	}
}

func TestOneCellThatFailsFailsTheRowWhateverTheOrder(t *testing.T) {
	r := sample()
	slices.Reverse(r.Cells)
	if failed := r.Failed(); !slices.Equal(failed, []string{"b"}) {
		t.Error(failed)
	}
	row := r.Rows[0]
	for name, c := range map[string]Cell{
		"a value too large": {Values: map[string]float64{"seconds": 0.5, "reloads": 1}},
		"a value missing":   {Values: map[string]float64{"seconds": 0.5}},
	} {
		if row.Judge(c) != Fail {
			t.Errorf("%s passes", name)
		}
	}
}

func TestQuoteReplacesWhatIsBetweenTheMarks(t *testing.T) {
	begin, end := marks("x")
	got, err := Quote("a\n"+begin+"old\n"+end+"b\n", "x", "new\n")
	if err != nil || got != "a\n"+begin+"new\n"+end+"b\n" {
		t.Errorf("%q, %v", got, err)
	}
	for _, bad := range []string{"", begin, end, end + begin, begin + end + begin + end} {
		if got, err := Quote(bad, "x", "new\n"); err == nil {
			t.Errorf("%q becomes %q", bad, got)
		}
	}
}

func TestThePlotIsTheSameEachTimeAndIsXML(t *testing.T) {
	sizes := []Size{
		{"cluster", 100, 0.5, 0.2, 40, 30, 20}, {"cluster", 10_000, 5, 3, 200, 400, 21},
		{"a <b>", 100, 0.4, 0.3, 45, 31, 0}, {"a <b>", 10_000, 6, 4, 210, 410, 0},
	}
	plot := Plot(sizes)
	if plot != Plot(sizes) {
		t.Error("two plots differ")
	}
	d := xml.NewDecoder(strings.NewReader(plot))
	circles := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
			circles++
		}
	}
	if want := 4*4 + 2 + 2; circles != want { // points of four panels and a fifth with half of them, and the legend
		t.Errorf("%d circles, not %d", circles, want)
	}
}

func TestAnAxisEndsAtPowersOfTen(t *testing.T) {
	a := newAxis([]float64{100, 1000, 5000}, 0, 100)
	if a.at(100) != 0 || a.at(10_000) != 100 || a.at(1000) != 50 || len(a.ticks()) != 3 {
		t.Error(a, a.at(1000), a.ticks())
	}
	if a := newAxis([]float64{10}, 0, 1); a.high != 100 {
		t.Error(a)
	}
}

// TestTheDocumentsHaveThePlace that the table is written to.
func TestTheDocumentsHaveThePlace(t *testing.T) {
	for _, path := range []string{"../../README.md", "../../docs/performance.md"} {
		document, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Quote(string(document), "bench", "x"); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}
