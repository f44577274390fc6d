package cfg

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// The functions here read what the package writes, by the rules of the manual and independently of the writer. They
// know nothing but what the manual promises: anything else is an error.

// readWords cuts a line into words (2.2). A second line, a comment or a variable is an error.
func readWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	open, quoted := false, false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '\n' || c == '\r' || c == 0:
			return nil, fmt.Errorf("control byte %#x at %d", c, i)
		case c == '\\':
			n, b, err := readEscape(line[i:])
			if err != nil {
				return nil, err
			}
			word.WriteByte(b)
			open = true
			i += n - 1
		case c == '"':
			quoted, open = !quoted, true
		case quoted && c == '$', !quoted && (c == '#' || c == '\''):
			return nil, fmt.Errorf("active %q at %d", c, i)
		case !quoted && (c == ' ' || c == '\t'):
			if open {
				words = append(words, word.String())
			}
			word.Reset()
			open = false
		default:
			word.WriteByte(c)
			open = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("quotes left open")
	}
	if open {
		words = append(words, word.String())
	}
	return words, nil
}

// readEscape reads the escape at the beginning of s and tells its length.
func readEscape(s string) (int, byte, error) {
	if len(s) < 2 {
		return 0, 0, fmt.Errorf("backslash at the end")
	}
	switch c := s[1]; c {
	case ' ', '#', '\\', '\'', '"', '$':
		return 2, c, nil
	case 'x':
		if len(s) < 4 {
			return 0, 0, fmt.Errorf("short \\x")
		}
		b, err := strconv.ParseUint(s[2:4], 16, 8)
		if err != nil || b == 0 {
			return 0, 0, fmt.Errorf("bad \\x%s", s[2:4])
		}
		return 4, byte(b), nil
	default:
		return 0, 0, fmt.Errorf("unknown escape \\%c", c)
	}
}

type refCall struct {
	Name string
	Args []string
}

// readSample reads an expression up to its end and returns what follows it.
func readSample(s string) ([]refCall, string, error) {
	var calls []refCall
	for {
		n := 0
		for n < len(s) && (isAlnum(s[n]) || strings.IndexByte("-_.:", s[n]) >= 0) {
			n++
		}
		if n == 0 {
			return nil, "", fmt.Errorf("no keyword at %q", s)
		}
		call := refCall{Name: s[:n]}
		s = s[n:]
		if strings.HasPrefix(s, "(") {
			var err error
			if call.Args, s, err = readParams(s[1:]); err != nil {
				return nil, "", err
			}
		}
		calls = append(calls, call)
		if !strings.HasPrefix(s, ",") {
			return calls, s, nil
		}
		s = s[1:]
	}
}

// readParams reads arguments up to and with the closing parenthesis (2.2, the second level).
func readParams(s string) (args []string, rest string, err error) {
	var arg strings.Builder
	quoted := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\\':
			if i+1 == len(s) || s[i+1] != '\\' && s[i+1] != '"' {
				return nil, "", fmt.Errorf("unknown escape in an argument: %q", s[i:])
			}
			i++
			arg.WriteByte(s[i])
		case !quoted && (c == ',' || c == ')'):
			args = append(args, arg.String())
			arg.Reset()
			if c == ')' {
				return args, s[i+1:], nil
			}
		case !quoted && c == '\'':
			return nil, "", fmt.Errorf("active quote in an argument")
		default:
			arg.WriteByte(c)
		}
	}
	return nil, "", fmt.Errorf("parenthesis left open")
}

// readFormat reads a log-format (8.2.6): literal text and expressions; a variable is an error.
func readFormat(s string) (text string, samples [][]refCall, err error) {
	var b strings.Builder
	for s != "" {
		before, after, found := strings.Cut(s, "%")
		b.WriteString(before)
		switch {
		case !found:
			s = ""
		case strings.HasPrefix(after, "%"):
			b.WriteByte('%')
			s = after[1:]
		case strings.HasPrefix(after, "["):
			sample, rest, err := readSample(after[1:])
			if err != nil {
				return "", nil, err
			}
			if !strings.HasPrefix(rest, "]") {
				return "", nil, fmt.Errorf("bracket left open at %q", rest)
			}
			samples = append(samples, sample)
			s = rest[1:]
		default:
			return "", nil, fmt.Errorf("active %% before %q", after)
		}
	}
	return b.String(), samples, nil
}

// mustRead reads one written argument, which must be exactly one word.
func mustRead(t *testing.T, a Arg) string {
	t.Helper()
	if err := a.check(); err != nil {
		t.Fatalf("refused: %v", err)
	}
	words, err := readWords(a.text)
	if err != nil || len(words) != 1 || a.n != 1 {
		t.Fatalf("%s reads as %q (%v), counted as %d words", a.text, words, err, a.n)
	}
	return words[0]
}
