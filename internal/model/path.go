package model

import (
	"errors"
	"regexp"
	"strings"
)

// NestedDots is how many "/../" within one another are resolved; a path with more is refused.
const NestedDots = 8

// Matches reports whether a normalised path satisfies the match.
func (m Match) Matches(path string) bool {
	switch m.Kind {
	case Exact:
		return path == m.Path
	case Start:
		return strings.HasPrefix(path, m.Path)
	case Regex:
		matched, _ := m.MatchesExpression(path)
		return matched
	}
	return path == m.Path || strings.HasPrefix(path, strings.TrimSuffix(m.Path, "/")+"/")
}

var (
	oddPath  = regexp.MustCompile(`%|//|/\.`)
	goodPath = regexp.MustCompile(`^(?:[^%]|%[0-9A-Fa-f]{2})*$`)
)

// NormalPath gives the path that routes are compared with: percent-decoded, slashes merged, dot segments resolved. An
// error is a request that is answered with 400: no absolute path, a broken escape, NUL, or dots above the root.
func NormalPath(raw string) (string, error) {
	if !strings.HasPrefix(raw, "/") {
		return "", errors.New("the path does not begin with a slash")
	}
	if !oddPath.MatchString(raw) {
		return raw, nil
	}
	if !goodPath.MatchString(raw) || strings.Contains(raw, "%00") {
		return "", errors.New("the path has an escape that stands for nothing")
	}
	segments := strings.Split(strings.TrimPrefix(mergeSlashes(unescape(raw)), "/"), "/")
	segments = dropSelf(segments)
	for range NestedDots {
		segments = dropParents(segments)
	}
	for _, s := range segments {
		if s == ".." {
			return "", errors.New("the path leads above the root, or has too many dot segments within one another")
		}
	}
	return "/" + strings.Join(segments, "/"), nil
}

func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' {
			b.WriteByte(hexDigit(s[i+1])<<4 | hexDigit(s[i+2]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// hexDigit is the value of a digit that goodPath let through.
func hexDigit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

func mergeSlashes(s string) string {
	for strings.Contains(s, "//") {
		s = strings.ReplaceAll(s, "//", "/")
	}
	return s
}

// dropSelf removes "." segments; at the end one stands for the folder.
func dropSelf(segments []string) []string {
	var out []string
	for i, s := range segments {
		switch {
		case s != ".":
			out = append(out, s)
		case i == len(segments)-1:
			out = append(out, "")
		}
	}
	return out
}

// dropParents removes each name with the ".." behind it, once: those within another and at the end are left to the
// next round, but for one at the end that this round laid bare.
func dropParents(segments []string) []string {
	var out []string
	for i := 0; i < len(segments); i++ {
		if i+2 < len(segments) && segments[i] != ".." && segments[i+1] == ".." {
			i++
			continue
		}
		out = append(out, segments[i])
	}
	if n := len(out); n >= 2 && out[n-1] == ".." && out[n-2] != ".." {
		out = append(out[:n-2], "")
	}
	return out
}
