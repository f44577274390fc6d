package cfg

import (
	"slices"
	"strings"
	"testing"
)

func addHostile(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s, "x")
		f.Add("a", s)
	}
	f.Add("\x00", "a")
}

// FuzzWord: what is written reads back as one word with the same bytes.
func FuzzWord(f *testing.F) {
	addHostile(f)
	f.Fuzz(func(t *testing.T, s, _ string) {
		if s == "" || hasNUL(s) {
			return
		}
		if got := mustRead(t, Word(s)); got != s {
			t.Fatalf("%q reads back as %q", s, got)
		}
	})
}

// FuzzFormat: text and samples of a format read back as they were, in one word.
func FuzzFormat(f *testing.F) {
	addHostile(f)
	f.Fuzz(func(t *testing.T, a, b string) {
		if hasNUL(a) || hasNUL(b) {
			return
		}
		word := mustRead(t, Format(Text(a), Print(Str(b).Conv("concat", a, "", b)), Text(b)))
		text, samples, err := readFormat(word)
		if err != nil || text != a+b || len(samples) != 1 {
			t.Fatalf("%q reads as %q, %q (%v)", word, text, samples, err)
		}
		want := []refCall{{"str", []string{b}}, {"concat", []string{a, "", b}}}
		if !slices.EqualFunc(samples[0], want, equalCalls) {
			t.Fatalf("%q reads as %q", word, samples)
		}
	})
}

// FuzzExpr: the arguments of an expression read back as they were, and nothing follows it.
func FuzzExpr(f *testing.F) {
	addHostile(f)
	f.Fuzz(func(t *testing.T, a, b string) {
		if hasNUL(a) || hasNUL(b) {
			return
		}
		word := mustRead(t, Expr(Fetch("req.hdr", a).Conv("regsub", a, b, "g").Conv("lower")))
		calls, rest, err := readSample(word)
		want := []refCall{{"req.hdr", []string{a}}, {"regsub", []string{a, b, "g"}}, {"lower", nil}}
		if err != nil || rest != "" || !slices.EqualFunc(calls, want, equalCalls) {
			t.Fatalf("%q reads as %q and %q (%v)", word, calls, rest, err)
		}
	})
}

// FuzzLine: a line of hostile values is one line with the words it was made of, and so is a file around it.
func FuzzLine(f *testing.F) {
	addHostile(f)
	f.Fuzz(func(t *testing.T, a, b string) {
		line := L("http-request set-header", Word(a), Format(Text(b))).If(And(Match(Str(a), Exact, b), Not(Match(Str(b), Regex, a))))
		file := File{[]Section{{Header: L("frontend", Name("f")), Lines: []Line{line}}}}
		text, _, err := file.Render()
		if a == "" || hasNUL(a) || hasNUL(b) {
			if err == nil {
				t.Fatalf("accepted: %s", text)
			}
			return
		}
		lines := strings.Split(string(text), "\n")
		if err != nil || len(lines) != 3 || lines[2] != "" {
			t.Fatalf("got %q, %v", lines, err)
		}
		words, err := readWords(lines[1])
		n := 0
		for _, arg := range line.Args {
			n += arg.n
		}
		if err != nil || len(words) != n || words[0] != "http-request" || words[2] != a || words[4] != "if" {
			t.Fatalf("%s reads as %q (%v), counted as %d words", lines[1], words, err, n)
		}
	})
}

func equalCalls(a, b refCall) bool { return a.Name == b.Name && slices.Equal(a.Args, b.Args) }
