package cfg

import (
	"errors"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// Method says how a text pattern is compared (manual 7.1.3, 7.1.4).
type Method int

const (
	Exact  Method = iota // the whole text
	Prefix               // its beginning
	Suffix               // its end
	Substr               // anywhere in it
	Dir                  // a part between slashes
	Domain               // a part between dots, colons, slashes or question marks
	Regex                // a regular expression (PCRE), anywhere in it unless anchored
)

func (m Method) flag() (string, error) {
	switch m {
	case Exact:
		return "str", nil
	case Prefix:
		return "beg", nil
	case Suffix:
		return "end", nil
	case Substr:
		return "sub", nil
	case Dir:
		return "dir", nil
	case Domain:
		return "dom", nil
	case Regex:
		return "reg", nil
	}
	return "", errors.New("has an unknown matching method")
}

// Match holds when the sample matches one of the patterns; without patterns it never does.
func Match(s Sample, m Method, patterns ...string) Cond { return match(s, m, "", patterns) }

// MatchFold is Match without regard to the case of ASCII letters.
func MatchFold(s Sample, m Method, patterns ...string) Cond { return match(s, m, " -i", patterns) }

// MatchFile is Match with the patterns of a file, one per line (see PatternFile).
func MatchFile(s Sample, m Method, path string) Cond { return matchFile(s, m, "", path) }

// MatchFileFold is MatchFile without regard to the case of ASCII letters.
func MatchFileFold(s Sample, m Method, path string) Cond { return matchFile(s, m, " -i", path) }

// Found holds when the sample exists, even if it is empty.
func Found(s Sample) Cond { return acl(s, "-m found", 2) }

// True holds when a boolean sample is true, or an integer one is not 0.
func True(s Sample) Cond { return acl(s, "-m bool", 2) }

// MatchIP holds when the address is in one of the networks; without networks it never does.
func MatchIP(s Sample, networks ...netip.Prefix) Cond {
	if len(networks) == 0 {
		return Or()
	}
	words := []string{"-m ip"}
	for _, p := range networks {
		if !p.IsValid() {
			return Cond{failed{errors.New("has a network that is none")}}
		}
		words = append(words, p.String())
	}
	return acl(s, strings.Join(words, " "), 2+len(networks))
}

// MatchIPFile is MatchIP with the networks of a file (see NetworkFile).
func MatchIPFile(s Sample, path string) Cond { return fromFile(s, "-m ip -n", 3, path) }

// Range is a set of integers for MatchInt and MatchLen. HAProxy reads the minus of a negative end as a range of its own
// (measured), so negative ends are refused.
type Range struct {
	text string
	err  error
}

// Eq is one integer.
func Eq(n int64) Range { return Between(n, n) }

// AtLeast is n and everything above.
func AtLeast(n int64) Range {
	r := Between(n, math.MaxInt64)
	r.text = strconv.FormatInt(n, 10) + ":"
	return r
}

// AtMost is n and everything below.
func AtMost(n int64) Range {
	r := Between(0, n)
	r.text = ":" + strconv.FormatInt(n, 10)
	return r
}

// Between is both ends and what lies between.
func Between(low, high int64) Range {
	if low < 0 || high < low {
		return Range{err: errors.New("has a range that HAProxy can't read: an end is negative, or they are reversed")}
	}
	if low == high {
		return Range{text: strconv.FormatInt(low, 10)}
	}
	return Range{text: strconv.FormatInt(low, 10) + ":" + strconv.FormatInt(high, 10)}
}

// MatchInt holds when the integer is in one of the ranges; without ranges it never does.
func MatchInt(s Sample, ranges ...Range) Cond { return matchRange(s, "int", ranges) }

// MatchLen is MatchInt for the number of bytes of a text.
func MatchLen(s Sample, ranges ...Range) Cond { return matchRange(s, "len", ranges) }

func matchRange(s Sample, method string, ranges []Range) Cond {
	if len(ranges) == 0 {
		return Or()
	}
	words := []string{"-m", method}
	for _, r := range ranges {
		if r.err != nil {
			return Cond{failed{r.err}}
		}
		if r.text == "" {
			return Cond{failed{errors.New("has an empty range")}}
		}
		words = append(words, r.text)
	}
	return acl(s, strings.Join(words, " "), len(words))
}

func match(s Sample, m Method, fold string, patterns []string) Cond {
	method, err := m.flag()
	if err != nil {
		return Cond{failed{err}}
	}
	var out []Cond
	flags := "-m " + method + fold
	var words []string
	dashed := false
	for _, p := range patterns {
		dashed = dashed || strings.HasPrefix(p, "-")
		switch {
		case hasNUL(p):
			return Cond{failed{errNUL}}
		case p == "" || p == "}":
			out = append(out, unwritable(s, m, p))
		default:
			words = append(words, quoteWord(p))
		}
	}
	if len(words) == 0 {
		return Or(out...)
	}
	if dashed {
		flags += " --"
	}
	n := 1 + strings.Count(flags, " ") + len(words)
	return Or(append(out, acl(s, flags+" "+strings.Join(words, " "), n))...)
}

// unwritable gives an equivalent of the two patterns that can't stand between braces: the empty one ends the list of
// words, and a lone "}" ends the ACL even after "--" (measured).
func unwritable(s Sample, m Method, p string) Cond {
	switch {
	case p == "" && m == Exact:
		return MatchLen(s, Eq(0))
	case p == "" && (m == Prefix || m == Suffix || m == Substr || m == Regex):
		return Found(s)
	case p == "}" && m == Exact:
		return acl(s, "-m bin 7d", 3)
	case p == "}" && m == Prefix:
		return Match(s, Regex, "^[}]")
	case p == "}" && m == Suffix:
		return Match(s, Regex, `[}]\z`)
	case p == "}" && (m == Substr || m == Regex):
		return Match(s, Regex, "[}]")
	}
	return Cond{failed{errors.New(`has "" or "}" as a pattern, which can't be matched as a part of a path or name`)}}
}

func matchFile(s Sample, m Method, fold, path string) Cond {
	method, err := m.flag()
	if err != nil {
		return Cond{failed{err}}
	}
	return fromFile(s, "-m "+method+fold, 2+strings.Count(fold, "-"), path)
}

func fromFile(s Sample, flags string, n int, path string) Cond {
	w := Word(path)
	if w.err != nil {
		return Cond{failed{w.err}}
	}
	if path == "}" {
		return Cond{failed{errors.New("has a file name that can't stand in a condition")}}
	}
	return acl(s, flags+" -f "+w.text, n+2)
}

// acl is an anonymous ACL; rest has n words.
func acl(s Sample, rest string, n int) Cond {
	e := Expr(s)
	if e.err != nil {
		return Cond{failed{e.err}}
	}
	return Cond{term{text: e.text + " " + rest, n: n + 1}}
}
