package accesslog

import (
	"regexp"
)

// hawserLine is Hawser's own text:
//
//	client:port [date] "method" "host" "target" version status bytes ingress=… … tls=version
var hawserLine = regexp.MustCompile(`\[[^\]]+\] "([A-Z_-]+)" "?([^" ]*)"? "((?:[^"\\]|\\.)*)" HTTP/\S+ -?\d+ \+?\d+ ingress=.* tls=(\S+)\s*$`)

func parseHawser(line string) (Entry, bool) {
	m := hawserLine.FindStringSubmatch(line)
	if m == nil {
		return Entry{}, false
	}
	target, ok := unescape(m[3], true)
	if !ok {
		return Entry{}, false
	}
	scheme := "https"
	if m[4] == "-" {
		scheme = "http"
	}
	return newEntry(m[1], scheme, m[2], target)
}
