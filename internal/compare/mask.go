package compare

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// masks are what two controllers may say differently without meaning anything else.
type masks struct {
	headers []string      // in lower case: only whether they are there counts
	swaps   []replacement // what is one side's own, and the name that stands for it
}

type replacement struct {
	text string
	port bool // text is a port: it counts behind a colon, or alone
	name string
}

// volatile lists headers whose values vary from answer to answer.
func volatile() []string { return []string{"x-request-id", "x-req-id", "age"} }

// framing lists headers that belong to a connection, or follow from the length of a body, which is compared itself; and
// Date, which HAProxy does not add to what it answers itself.
func framing() []string {
	return []string{"date", "connection", "keep-alive", "content-length", "transfer-encoding", "proxy-connection", "te", "trailer"}
}

// of makes the masks for one answer: ports and addresses have names where the two sides have others.
func (m masks) of(a, other answer) masks {
	m.swaps = nil
	for i, name := range []string{"{http-port}", "{https-port}"} {
		if a.ports[i] != "" && a.ports[i] != other.ports[i] {
			m.swaps = append(m.swaps, replacement{a.ports[i], true, name})
		}
	}
	if a.local.IsValid() && other.local.IsValid() && a.local != other.local {
		m.swaps = append(m.swaps, replacement{a.local.String(), false, "{client}"})
	}
	return m
}

// text replaces what is one side's own.
func (m masks) text(s string) string {
	for _, r := range m.swaps {
		switch {
		case s == r.text:
			return r.name
		case r.port:
			s = replacePort(s, r.text, ":"+r.name)
		default:
			s = replaceWhole(s, r.text, r.name)
		}
	}
	return s
}

// replacePort replaces ":port" where no digit follows.
func replacePort(s, port, name string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, ":"+port)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if after != "" && after[0] >= '0' && after[0] <= '9' {
			b.WriteString(":" + port)
		} else {
			b.WriteString(name)
		}
		s = after
	}
}

// replaceWhole replaces a word of a list.
func replaceWhole(s, word, name string) string {
	parts := strings.Split(s, ", ")
	for i, p := range parts {
		if p == word {
			parts[i] = name
		}
	}
	return strings.Join(parts, ", ")
}

// header gives the values of a header as they are compared; false for one that is not.
func (m masks) header(name string, values []string) (string, bool) {
	switch {
	case slices.Contains(framing(), name):
		return "", false
	case slices.Contains(volatile(), name) || slices.Contains(m.headers, name):
		return "<varies>", true
	case name == "set-cookie":
		return m.cookies(values), true
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = m.text(v)
	}
	return strings.Join(out, " | "), true
}

// cookies are compared by name and attributes, in any order: values are made for each client.
func (m masks) cookies(values []string) string {
	var out []string
	for _, v := range values {
		parts := strings.Split(v, ";")
		name, value, _ := strings.Cut(parts[0], "=")
		attributes := parts[1:]
		for i, a := range attributes {
			a = strings.TrimSpace(a)
			if key, date, ok := strings.Cut(a, "="); ok && strings.EqualFold(key, "expires") {
				if at, err := http.ParseTime(date); err == nil && at.Year() > 1970 {
					a = "Expires=<date>"
				}
			}
			attributes[i] = a
		}
		slices.Sort(attributes)
		if value != "" {
			value = "<varies>"
		}
		out = append(out, strings.Join(append([]string{name + "=" + value}, attributes...), "; "))
	}
	slices.Sort(out)
	return strings.Join(out, " | ")
}

var (
	nginxPage = regexp.MustCompile(`^<html>\s*<head><title>(\d{3}) [^<]*</title></head>\s*<body[^>]*>\s*(?:<center>(?:<h1>)?[^<]*(?:</h1>)?</center>\s*)+` +
		`(?:<hr><center>[^<]*</center>\s*)?</body>\s*</html>\s*(?:<!-- a padding to disable MSIE and Chrome friendly error page -->\s*)*$`)
	haproxyPage = regexp.MustCompile(`^<html><body><h1>(\d{3}) [^<]*</h1>[^<]*</body></html>\s*$`)
)

// ownPage recognises the page that nginx, HAProxy or Hawser writes for a status when nobody else wrote one.
func ownPage(body []byte) bool {
	return len(body) < 4096 && (nginxPage.Match(body) || haproxyPage.Match(body))
}
