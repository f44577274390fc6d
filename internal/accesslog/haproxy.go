package accesslog

import (
	"net/netip"
	"regexp"
	"strings"
)

// haproxyLine is option httplog (manual 8.2.3), whatever a syslog server puts in front of it:
//
//	client:port [date] frontend backend/server TR/Tw/Tc/Tr/Ta status bytes cookie cookie state counts queues {…} {…} "request"
//
// A "~" behind the name of the frontend stands for TLS.
var haproxyLine = regexp.MustCompile(`\S+:\d+ \[[^\]]+\] ([^\s~]+)(~?) [^\s/]+/\S+ [-+\d/]+ -?\d+ \+?\d+ \S+ \S+ \S{4} [-+\d/]+ [-+\d/]+ ((?:\{[^}]*\} ?)*)"(.*)"?$`)

func parseHAProxy(line string) (Entry, bool) {
	m := haproxyLine.FindStringSubmatch(line)
	if m == nil {
		return Entry{}, false
	}
	// What follows the request is that of other formats that begin like this one.
	request, _, _ := strings.Cut(strings.TrimSuffix(m[4], `"`), `" `)
	e, ok := fromRequestLine(unhash(request))
	if !ok {
		return Entry{}, false
	}
	if e.Scheme == "" && m[2] == "~" {
		e.Scheme = "https"
	}
	if e.Host == "" {
		e.Host = capturedHost(m[3])
	}
	return e, true
}

// unhash turns #NN, as which HAProxy writes what does not print, into the byte. A "#" is written so too.
func unhash(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '#' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			b.WriteByte(hex(s[i+1])<<4 | hex(s[i+2]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// capturedHost is the first of the captured headers that can only be a Host: a name with a dot, and no number of an
// address or a program.
func capturedHost(braces string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(braces, "{"), "}")
	for part := range strings.SplitSeq(first, "|") {
		name, _, _ := strings.Cut(part, ":")
		if _, err := netip.ParseAddr(name); err == nil {
			continue
		}
		if labels := strings.Split(name, "."); len(labels) > 1 && isHost(part) && !strings.ContainsAny(labels[len(labels)-1], "0123456789") && labels[len(labels)-1] != "" {
			return part
		}
	}
	return ""
}
