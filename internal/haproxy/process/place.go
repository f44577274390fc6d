package process

import (
	"regexp"
	"strconv"
	"strings"
)

// place moves "parsing [file:4]" or "Binding [file:4]" out of the text.
func (d *Diagnostic) place() {
	text := strings.TrimPrefix(d.Text, "config : ")
	for _, start := range []string{"parsing [", "[", "Binding ["} {
		rest, ok := strings.CutPrefix(text, start)
		if !ok {
			continue
		}
		at, rest, ok := strings.Cut(rest, "]")
		if !ok {
			continue
		}
		i := strings.LastIndexByte(at, ':')
		if i <= 0 {
			continue
		}
		n, err := strconv.Atoi(at[i+1:])
		if err != nil || n <= 0 {
			continue
		}
		d.File, d.Line = at[:i], n
		d.Text = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rest), ":"))
		d.Inner = innerPlace(d.Text)
		return
	}
	d.Text = text
	d.Proxy = proxyOf(text)
}

// innerPlace finds "line 3 of file '/x/map'", as maps and pattern files are reported, and "parsing [/x/list:3]", as
// crt-lists are.
func innerPlace(text string) Location {
	m := regexp.MustCompile(`line (\d{1,9}) (?:in|of) file '([^']+)'`).FindStringSubmatch(text)
	if m == nil {
		if m = regexp.MustCompile(`parsing \[([^\]]+):(\d{1,9})\]`).FindStringSubmatch(text); m == nil {
			return Location{}
		}
		m[1], m[2] = m[2], m[1]
	}
	n, err := strconv.Atoi(m[1])
	if err != nil || n == 0 {
		return Location{}
	}
	return Location{File: m[2], Line: n}
}

// proxyOf finds the name in "Proxy 'web': unable to find …", the messages that have no line.
func proxyOf(text string) string {
	m := regexp.MustCompile(`^(?i:proxy|frontend|backend|listen) '([^']+)'`).FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1]
}

// Mentions says that the text names the file, as messages about certificates and CAs do, which have no line of
// their own.
func (d Diagnostic) Mentions(file string) bool {
	for rest := d.Text; file != ""; {
		i := strings.Index(rest, file)
		if i < 0 {
			return false
		}
		before, after := rest[:i], rest[i+len(file):]
		if !endsInPath(before) && !startsWithPath(after) {
			return true
		}
		rest = after
	}
	return false
}

func endsInPath(s string) bool { return s != "" && pathByte(s[len(s)-1]) }

// startsWithPath takes a dot at the end of a sentence for one.
func startsWithPath(s string) bool {
	return s != "" && pathByte(s[0]) && !(s[0] == '.' && (len(s) == 1 || s[1] == ' '))
}

func pathByte(c byte) bool {
	return c == '/' || c == '.' || c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}
