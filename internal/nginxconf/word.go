package nginxconf

import "strings"

// word reads one word, in quotes or not, and removes the backslashes that count.
func (p *parser) word() (string, *Error) {
	quote := p.text[p.at]
	if quote != '"' && quote != '\'' {
		return p.bare()
	}
	start := p.at + 1
	for i := start; i < len(p.text); i++ {
		switch p.text[i] {
		case '\\':
			i++
			if i < len(p.text) && p.text[i] == '\n' {
				p.line++
			}
		case '\n':
			p.line++
		case quote:
			p.at = i + 1
			return p.clean(p.text[start:i], p.ended())
		}
	}
	return "", p.fail("a quote is not closed")
}

// ended holds where a word in quotes may end: another must not begin without a blank.
func (p *parser) ended() bool {
	return p.at == len(p.text) || strings.IndexByte(" \t\r\n;{)", p.text[p.at]) >= 0
}

func (p *parser) clean(s string, ended bool) (string, *Error) {
	switch {
	case !ended:
		return "", p.fail("there is no blank behind a quote")
	case strings.IndexByte(s, 0) >= 0:
		return "", p.fail("it holds a NUL byte")
	default:
		return unescape(s), nil
	}
}

// bare reads a word without quotes; "{" behind "$" belongs to it.
func (p *parser) bare() (string, *Error) {
	start := p.at
	for p.at < len(p.text) {
		c := p.text[p.at]
		if strings.IndexByte(" \t\r\n;", c) >= 0 || c == '{' && (p.at == start || p.text[p.at-1] != '$') {
			break
		}
		if c == '\\' && p.at+1 < len(p.text) {
			p.at++
			if p.text[p.at] == '\n' {
				p.line++
			}
		}
		p.at++
	}
	return p.clean(p.text[start:p.at], true)
}

// unescape removes backslashes as nginx does: before anything but quotes, a backslash, t, r and n they stay.
func unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case '"', '\'', '\\':
			b.WriteByte(s[i])
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'n':
			b.WriteByte('\n')
		default:
			b.WriteString(s[i-1 : i+1])
		}
	}
	return b.String()
}
