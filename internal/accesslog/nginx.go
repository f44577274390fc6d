package accesslog

import (
	"regexp"
)

// nginxLine is log-format-upstream of ingress-nginx, and the combined format that it begins with:
//
//	$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"
//	$request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] …
//
// nginx writes quotes and bytes that do not print as \xNN, so that no quote is within the quotes.
var nginxLine = regexp.MustCompile(`(?:^|\s)[0-9a-fA-F.:]+ - (?:\S+|.*?) \[[^\]]+\] "([^"]*)" \d{3} \d+ "[^"]*" "[^"]*"(?: \d+ [\d.]+ \[([^\]]*)\] \[[^\]]*\])?`)

func parseNginx(line string) (Entry, bool) {
	m := nginxLine.FindStringSubmatch(line)
	if m == nil {
		return Entry{}, false
	}
	request, ok := unescape(m[1], false)
	if !ok {
		return Entry{}, false
	}
	e, ok := fromRequestLine(request)
	if m[2] != "-" {
		e.Upstream = m[2]
	}
	return e, ok
}

// unescape turns \xNN, and with backslashes also a backslash in front of itself and of a quote, into what it stands for.
func unescape(s string, backslashes bool) (string, bool) {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		switch {
		case i+3 < len(s) && s[i+1] == 'x' && isHex(s[i+2]) && isHex(s[i+3]):
			out = append(out, hex(s[i+2])<<4|hex(s[i+3]))
			i += 3
		case backslashes && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			out = append(out, s[i+1])
			i++
		default:
			return "", false
		}
	}
	return string(out), true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

func hex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
