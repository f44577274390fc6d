package cfg

import "testing"

func TestCLIWord(t *testing.T) {
	cases := []struct{ in, want string }{
		{"a", "a"}, {"a b", `a\ b`}, {"a\tb", "a\\\tb"}, {"a;b", `a\;b`}, {`a\b`, `a\\b`}, {`\`, `\\`}, {`a\`, `a\\`},
		{"<<", `\<\<`}, {`"a"`, `"a"`}, {"a;show env", `a\;show\ env`}, {`\;`, `\\\;`},
	}
	for _, c := range cases {
		if got, err := CLIWord(c.in); err != nil || got != c.want {
			t.Errorf("CLIWord(%q) = %q, %v; want %q", c.in, got, err, c.want)
		}
	}
	for _, in := range []string{"", "a\nb", "\n", "a\r", "a\x00b"} {
		if got, err := CLIWord(in); err == nil {
			t.Errorf("CLIWord(%q) = %q, want an error", in, got)
		}
	}
}

// FuzzCLIWord cuts a line of three words as the socket does: at blanks, semicolons and line ends without a backslash.
func FuzzCLIWord(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, err := CLIWord(s)
		if err != nil {
			return
		}
		line := "add " + w + " end"
		words := []string{""}
		for i := 0; i < len(line); i++ {
			switch c := line[i]; c {
			case '\n', ';':
				t.Fatalf("%q ends the command", line)
			case ' ', '\t':
				words = append(words, "")
			case '\\':
				i++
				words[len(words)-1] += line[i : i+1]
			default:
				words[len(words)-1] += line[i : i+1]
			}
		}
		if len(words) != 3 || words[1] != s {
			t.Fatalf("%q reads as %q", line, words)
		}
	})
}
